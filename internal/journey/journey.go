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
	state  atomic.Uint32 // the stages that were passed, one bit each, and what is below
	broken atomic.Uint32 // the first of the rules that the order of the stages breaks, counted from 1

	mu     sync.Mutex // guards what follows
	found  Findings
	outage *error // nil: none, as nearly always
}

// What else is in the state.
const (
	isAnswered   uint32 = 1 << (31 - iota)
	isLate              // it began inside of handlers that could not tell it anything
	isSecret            // its path is
	isIdentified        // somebody has said who the user is
)

// Findings are what has been found out about a request.
type Findings struct {
	User   User   // the last one that was identified, or nil
	Scheme string // the names of the schemes that say so, comma between
	Route  string // the pattern of the route, or ""
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
func Late() *Journey {
	j := new(Journey)
	j.state.Store(isLate)
	return j
}

// Pass notes that the request goes through handlers that stand in their order, and
// whether they should have stood further out.
func (j *Journey) Pass(stages Stage) {
	if j == nil {
		return
	}
	state := j.state.Or(uint32(stages))
	if state&isLate != 0 {
		stages &^= Authenticate
	}
	j.judge(stages&^Stage(state), state)
}

// judge looks for a rule that stages break by coming after those in the state.
func (j *Journey) judge(stages Stage, state uint32) {
	passed, outermost := Stage(state)&allStages, stages&-stages
	if passed > outermost { // which has one that stands further in
		j.broken.CompareAndSwap(0, violated(stages, passed))
	}
}

// Follow has a journey begin where another one is, which is that of handlers
// further out.
func (j *Journey) Follow(outer *Journey) {
	if outer != nil {
		j.state.Or(outer.state.Load() &^ (isAnswered | isIdentified))
	}
}

// Misplaced returns the first rule that the order of the handlers breaks, or nil.
func (j *Journey) Misplaced() *Rule {
	if j == nil {
		return nil
	}
	if broken := j.broken.Load(); broken != 0 {
		return &rules[broken-1]
	}
	return nil
}

// Identified notes who the user is, together with what earlier schemes have found,
// and which scheme says so.
func (j *Journey) Identified(user User, scheme string) {
	if j == nil || !user.IsAuthenticated() {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if state := j.state.Or(isIdentified); state&(isLate|isIdentified) == isLate {
		j.judge(Authenticate, state)
	}
	if j.found.Scheme != "" && scheme != "" {
		scheme = j.found.Scheme + "," + scheme
	}
	j.found.User, j.found.Scheme = user, scheme
}

// HasUser reports whether somebody has said who the user is.
func (j *Journey) HasUser() bool { return j != nil && j.state.Load()&isIdentified != 0 }

// Findings returns what has been found out so far.
func (j *Journey) Findings() Findings { return j.End("") }

// End is Routed and Findings in one.
func (j *Journey) End(pattern string) Findings {
	if j == nil {
		return Findings{}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.found.Route == "" {
		j.found.Route = pattern
	}
	return j.found
}

// Unidentified notes that it cannot be told who the user is, and why. The first
// reason counts.
func (j *Journey) Unidentified(outage error) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.outage == nil && outage != nil {
		j.outage = &outage
	}
}

// Outage returns why it cannot be told who the user is, or nil if nobody has said so.
func (j *Journey) Outage() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.outage == nil {
		return nil
	}
	return *j.outage
}

// Routed notes the pattern of the route that the request took. The first that is
// not empty counts.
func (j *Journey) Routed(pattern string) {
	if pattern != "" {
		j.End(pattern)
	}
}

// Answer notes that the header of the answer has gone out.
func (j *Journey) Answer() { j.state.Or(isAnswered) }

// Answered reports whether the header of the answer has gone out, as far as
// anybody has told.
func (j *Journey) Answered() bool { return j != nil && j.state.Load()&isAnswered != 0 }
