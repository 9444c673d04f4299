package cookieauth

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/internal/contextkey"
	"github.com/sealring/sealring/internal/journey"
)

// A visit is what an Authenticator knows about one request that has a cookie of
// its. It is a context of that request: what few visits need is kept elsewhere, so
// that most take little memory. Visitors without a cookie have no visit.
type visit struct {
	context.Context
	auth   *Authenticator
	ticket ticket.Buffer                    // what the cookie holds, if it is any good
	user   *claims.Principal                // nil for nobody; see principal
	merged atomic.Pointer[claims.Principal] // with what other schemes have found, written last
	rare   atomic.Pointer[rarity]
}

// newVisit returns a visit and the request that it is known to, for handlers
// further in: r itself, where its context takes the visit in, or else a copy.
func (a *Authenticator) newVisit(r *http.Request) (*visit, *http.Request) {
	ctx := r.Context()
	if host, ok := ctx.(journey.Host); ok {
		if around := host.Around(); around != nil {
			v := &visit{Context: around, auth: a}
			host.Mount(v)
			return v, r
		}
	}
	v := &struct { // both are one piece of memory
		visit
		request http.Request
	}{visit: visit{Context: ctx, auth: a}}
	v.request = *r.WithContext(&v.visit) // that copy stays on the stack
	return &v.visit, &v.request
}

// A rarity is what most visits do not have.
type rarity struct {
	outage  error          // why the cookie cannot be judged now
	renewal *ticket.Ticket // to be sent with the response
	changed bool

	mu      sync.Mutex       // guards what follows
	begun   []*ticket.Ticket // what this request has signed in, and not out since
	settled bool             // signed in or out: no renewal any more
	sent    bool             // the header has gone out
}

// rarity returns that of the visit, from the first call on.
func (v *visit) rarity() *rarity {
	if v.rare.Load() == nil {
		v.rare.CompareAndSwap(nil, new(rarity))
	}
	return v.rare.Load()
}

// outage returns why the cookie cannot be judged now, or nil.
func (v *visit) outage() error {
	if rare := v.rare.Load(); rare != nil {
		return rare.outage
	}
	return nil
}

// renewal returns the ticket that is to be sent with the response, or nil.
func (v *visit) renewal() *ticket.Ticket {
	if rare := v.rare.Load(); rare != nil {
		return rare.renewal
	}
	return nil
}

// changed reports whether the renewal has more than other dates.
func (v *visit) changed() bool {
	rare := v.rare.Load()
	return rare != nil && rare.changed
}

// drop forgets the renewal, if there is one.
func (v *visit) drop() {
	if rare := v.rare.Load(); rare != nil {
		rare.renewal = nil
	}
}

// visitKey is the key of a visit in a context. Each Authenticator has its own.
type visitKey struct{ *Authenticator }

// anyVisit is the key of the innermost visit, whoever's it is.
type anyVisit struct{}

// Value makes the visit known to its Authenticator, and the user to everybody.
func (v *visit) Value(key any) any {
	switch key {
	case visitKey{v.auth}:
		return v
	case anyVisit{}:
		return v
	case contextkey.User{}:
		return v.merged.Load()
	}
	return v.Context.Value(key)
}

// principal returns who the request comes from: nil for nobody, and as long as events
// are asked, which may have begun what runs beside them.
func (v *visit) principal() *claims.Principal {
	if v == nil || v.merged.Load() == nil {
		return nil
	}
	return v.user
}

func (a *Authenticator) visit(r *http.Request) *visit {
	v, _ := r.Context().Value(visitKey{a}).(*visit)
	return v
}

// settle says that the user has been signed in or out in this request, which
// decides what the cookie will be.
func (v *visit) settle() {
	rare := v.rarity()
	rare.mu.Lock()
	defer rare.mu.Unlock()
	rare.settled = true
}

// headerSent reports whether the header has gone out, as far as the visits of the
// request know. Each Authenticator with a renewal sees what passes through its own
// writer.
func headerSent(ctx context.Context) bool {
	for {
		v, ok := ctx.Value(anyVisit{}).(*visit)
		if !ok {
			return false
		}
		if v.isSent() {
			return true
		}
		ctx = v.Context
	}
}

// addBegun notes that the request has begun a session.
func (v *visit) addBegun(t *ticket.Ticket) {
	rare := v.rarity()
	rare.mu.Lock()
	defer rare.mu.Unlock()
	rare.begun = append(rare.begun, t)
}

// begun returns the tickets of the sessions that the request has begun and not ended.
func (v *visit) begun() []*ticket.Ticket {
	rare := v.rare.Load()
	if rare == nil {
		return nil
	}
	rare.mu.Lock()
	defer rare.mu.Unlock()
	return slices.Clone(rare.begun)
}

// dropBegun notes that sessions are over.
func (v *visit) dropBegun(ended []*ticket.Ticket) {
	rare := v.rare.Load()
	if rare == nil {
		return
	}
	rare.mu.Lock()
	defer rare.mu.Unlock()
	rare.begun = slices.DeleteFunc(rare.begun, func(t *ticket.Ticket) bool { return slices.Contains(ended, t) })
}

// isSent reports whether the header has gone out, as far as the visit knows.
func (v *visit) isSent() bool {
	rare := v.rare.Load()
	if rare == nil {
		return false
	}
	rare.mu.Lock()
	defer rare.mu.Unlock()
	return rare.sent
}
