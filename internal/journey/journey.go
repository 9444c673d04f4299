package journey

import (
	"context"
	"sync"
	"sync/atomic"
)

// A Journey is that of one request. Those who stand far out put one into its
// context; those who stand further in tell it what they know. It may be used
// concurrently. Every method may be called on nil, which is what From returns where
// nobody listens.
type Journey struct {
	late      bool // it began inside of handlers that could not tell it anything
	answered  atomic.Bool
	passed    atomic.Uint32 // the stages, one bit each
	misplaced atomic.Pointer[Rule]

	mu     sync.Mutex // guards what follows
	user   User
	scheme string
	route  string
	outage error
}

// A User is a *claims.Principal.
type User interface {
	ID() string
	IsAuthenticated() bool
}

// Key is the key of the *Journey in a context.
type Key struct{}

// From returns the journey of the request that ctx belongs to, or nil.
func From(ctx context.Context) *Journey {
	j, _ := ctx.Value(Key{}).(*Journey)
	return j
}

// Late returns a journey that begins when a request has been on its way for a
// while. The same authenticator may stand further out and further in, so whether one
// should have stood further out shows only when it finds somebody.
func Late() *Journey { return &Journey{late: true} }

// Pass notes that the request goes through a handler, and whether that should
// have stood further out.
func (j *Journey) Pass(s Stage) {
	if j == nil {
		return
	}
	passed := j.passed.Or(s.bit())
	if passed&s.bit() == 0 && !(j.late && s == Authenticate) {
		j.judge(s, passed)
	}
}

func (j *Journey) judge(s Stage, passed uint32) {
	if passed&s.within() != 0 {
		j.misplaced.CompareAndSwap(nil, violated(s, passed))
	}
}

// Follow has a journey begin where another one is, which is that of handlers
// further out.
func (j *Journey) Follow(outer *Journey) {
	if outer != nil {
		j.late = outer.late
		j.passed.Or(outer.passed.Load())
	}
}

// Misplaced returns the first rule that the order of the handlers breaks, or nil.
func (j *Journey) Misplaced() *Rule {
	if j == nil {
		return nil
	}
	return j.misplaced.Load()
}

// Identified notes who the user is, together with what earlier schemes have found,
// and which scheme says so.
func (j *Journey) Identified(user User, scheme string) {
	if j == nil || !user.IsAuthenticated() {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.late && j.user == nil {
		j.judge(Authenticate, j.passed.Load())
	}
	if j.scheme != "" && scheme != "" {
		scheme = j.scheme + "," + scheme
	}
	j.user, j.scheme = user, scheme
}

// User returns the last user that was identified, or nil, and the names of the
// schemes, comma between.
func (j *Journey) User() (user User, scheme string) {
	if j == nil {
		return nil, ""
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.user, j.scheme
}

// Unidentified notes that it cannot be told who the user is, and why. The first
// reason counts.
func (j *Journey) Unidentified(outage error) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.outage == nil {
		j.outage = outage
	}
}

// Outage returns why it cannot be told who the user is, or nil if nobody has said so.
func (j *Journey) Outage() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.outage
}

// Routed notes the pattern of the route that the request took. The first that is
// not empty counts.
func (j *Journey) Routed(pattern string) {
	if j == nil || pattern == "" {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.route == "" {
		j.route = pattern
	}
}

// Route returns the pattern of the route, or "".
func (j *Journey) Route() string {
	if j == nil {
		return ""
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.route
}

// Answer notes that the header of the answer has gone out.
func (j *Journey) Answer() { j.answered.Store(true) }

// Answered reports whether the header of the answer has gone out, as far as
// anybody has told.
func (j *Journey) Answered() bool { return j != nil && j.answered.Load() }
