package middleware

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/go-chi/chi/v5"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/origin"
)

// A passage is what is known about one request. The outermost handler of this
// package makes it, and it is the context of the request from there on, so that
// the others need no context of their own and what they find out is known outside.
// It has the request itself, too, and room for the security headers: what is one
// piece of memory costs less than what is three.
type passage struct {
	context.Context
	journey journey.Journey
	origin  atomic.Pointer[origin.Origin] // nil: nobody has vouched for any
	client  atomic.Pointer[netip.Addr]    // nil: no proxy has said where the request comes from
	log     *requestLog                   // nil: not logged
	id      string
	nonce   string
	random  string // not yet used
	answer  answer
	values  [5]string // room for those of headers, see takeValues
	taken   bool
	request http.Request // with the passage as its context
}

type passageKey struct{}

// Value makes the passage known, and what it knows to those who ask for that.
func (p *passage) Value(key any) any {
	switch key.(type) {
	case passageKey:
		return p
	case journey.Key:
		return &p.journey
	case origin.Key:
		if o := p.origin.Load(); o != nil {
			return o
		}
	case origin.ClientKey:
		if c := p.client.Load(); c != nil {
			return c
		}
	}
	return p.Context.Value(key)
}

func passageFrom(ctx context.Context) *passage {
	if p, ok := ctx.(*passage); ok { // mostly, and quicker to find
		return p
	}
	p, _ := ctx.Value(passageKey{}).(*passage)
	return p
}

// enter returns the passage of a request, and the request that has it, which is r
// itself if it is on its way already.
func enter(r *http.Request) (*passage, *http.Request) {
	ctx := r.Context()
	if p := passageFrom(ctx); p != nil {
		return p, r
	}
	p := &passage{Context: ctx}
	if user := claims.FromContext(ctx); user.IsAuthenticated() {
		p.journey.Pass(journey.Authenticate)
		p.journey.Identified(user, user.Primary().AuthenticationType)
	}
	p.journey.Follow(journey.From(ctx))
	p.request = *r.WithContext(p) // that copy stays on the stack
	return p, &p.request
}

// randomText returns a text like that of rand.Text. Two are drawn at a time, one
// for the id and one for the nonce, as asking for randomness takes longer than
// writing it down.
func (p *passage) randomText() (text string) {
	const size = 26
	if p.random == "" {
		var b [2 * size]byte
		rand.Read(b[:])
		for i := range b {
			b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[b[i]%32]
		}
		p.random = string(b[:])
	}
	text, p.random = p.random[:size], p.random[size:]
	return text
}

// takeValues returns an empty slice with room for n values of headers, which is
// nobody else's.
func (p *passage) takeValues(n int) []string {
	if p.taken || n > len(p.values) {
		return make([]string, 0, n)
	}
	p.taken = true
	return p.values[:0:n]
}

// A layer is one of this package's handlers, apart from what it does.
type layer struct {
	stage journey.Stage
	log   *slog.Logger
	serve func(p *passage, w http.ResponseWriter, r *http.Request, next http.Handler)
	once  sync.Once
}

func (l *layer) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, outer *http.Request) {
		p, r := enter(outer)
		p.journey.Pass(l.stage)
		l.serve(p, w, r, next)
		if r != outer {
			outer.Pattern = r.Pattern
			l.checkOrder(p)
		}
	})
}

// checkOrder says once if the handlers stand in an order that does harm.
func (l *layer) checkOrder(p *passage) {
	if p.journey.Misplaced() != nil {
		l.once.Do(func() { p.journey.Report(p, l.log) })
	}
}

// noteRoute hands the pattern of the route outwards, where the router has put it
// into a copy of the request.
func noteRoute(j *journey.Journey, r *http.Request) {
	if j == nil {
		return
	}
	j.Routed(r.Pattern)
	if route := chi.RouteContext(r.Context()); route != nil && r.Pattern == "" {
		j.Routed(route.RoutePattern())
	}
}

func loggerOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
