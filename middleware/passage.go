package middleware

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/origin"
)

// A passage is what is known about one request. The outermost handler of this
// package makes it, and it is the context of the request from there on, so that
// the others need no context of their own and what they find out is known outside.
// It has the request itself, too, and room for the security headers: what is one
// piece of memory costs less than what is three. What it has is packed so that it is
// 568 bytes, which is as much as fits into a piece of 576.
type passage struct {
	context.Context
	journey  journey.Journey
	told     atomic.Pointer[told] // nil: nobody has told anything
	log      *requestLog          // nil: not logged
	writer   http.ResponseWriter  // the original, if the answer is watched, see watch
	written  int64                // bytes of the body
	status   int16                // 0: nothing was sent yet
	open     bool                 // for a mount
	hasNonce bool                 // the policy has one
	bare     bool                 // no header was set when the request came to the layers that it is in
	taken    uint8                // how many of values are taken
	ownID    [12]byte             // unless the request was told another, see draw
	ownNonce [22]byte             // see draw
	values   [6]string            // room for those of headers, see takeValues
	request  http.Request         // with the passage as its context
}

// told is what proxies, or settings in their place, tell of a request. It does not
// change.
type told struct {
	origin *origin.Origin // nil: nobody has vouched for any
	client netip.Addr     // where it comes from, invalid if nobody says
	id     string
}

// learn adds to what is known of the request.
func (p *passage) learn(news *told) {
	if known := p.told.Load(); known != nil {
		both := *known
		if news.origin != nil {
			both.origin = news.origin
		}
		if news.client.IsValid() {
			both.client = news.client
		}
		if news.id != "" {
			both.id = news.id
		}
		news = &both
	}
	p.told.Store(news)
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
		if told := p.told.Load(); told != nil && told.origin != nil {
			return told.origin
		}
	case origin.ClientKey:
		if told := p.told.Load(); told != nil && told.client.IsValid() {
			return &told.client
		}
	}
	return p.Context.Value(key)
}

// Around is that of journey.Host. The passage takes something in only as long as
// nobody else can know it, and once: between the log of Stack and the first of its
// authenticators, which may have shown it to an event and that to a goroutine.
func (p *passage) Around() context.Context {
	if !p.open {
		return nil
	}
	return p.Context
}

// Mount is that of journey.Host.
func (p *passage) Mount(ctx context.Context) { p.Context, p.open = ctx, false }

// shut has the passage of a request take in nothing any more.
func shut(r *http.Request) {
	if p, ok := r.Context().(*passage); ok {
		p.open = false
	}
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

// draw makes an id and a nonce, both at once, unless there are some.
func (p *passage) draw() {
	if p.ownID == [len(p.ownID)]byte{} {
		draw(p.ownID[:], p.ownNonce[:])
	}
}

// id returns the id of the request. One that is not logged has none.
func (p *passage) id() string {
	if p.log == nil {
		return ""
	}
	if id := p.givenID(); id != "" {
		return id
	}
	return string(p.ownID[:])
}

// givenID returns the id that a proxy has given the request, or "".
func (p *passage) givenID() string {
	if told := p.told.Load(); told != nil {
		return told.id
	}
	return ""
}

// addID adds the id of a request that is logged to an event.
func (p *passage) addID(e *zerolog.Event) *zerolog.Event {
	if id := p.givenID(); id != "" {
		return e.Str("request_id", id)
	}
	return e.Str("request_id", string(p.ownID[:]))
}

// nonce returns the nonce of the request, which has none if no policy does.
func (p *passage) nonce() string {
	if !p.hasNonce {
		return ""
	}
	return string(p.ownNonce[:])
}

// takeValues returns an empty slice with room for n values of headers, which is
// nobody else's.
func (p *passage) takeValues(n int) []string {
	from, to := int(p.taken), int(p.taken)+n
	if to > len(p.values) {
		return make([]string, 0, n)
	}
	p.taken = uint8(to)
	return p.values[from:from:to]
}

// noteRoute hands the pattern of the route outwards, where the router has put it
// into a copy of the request.
func noteRoute(r *http.Request) {
	if route := routeOf(r); route != "" {
		journey.From(r.Context()).Routed(route)
	}
}

func routeOf(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	if route := chi.RouteContext(r.Context()); route != nil {
		return route.RoutePattern()
	}
	return ""
}
