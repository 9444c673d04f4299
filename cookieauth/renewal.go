package cookieauth

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/felixge/httpsnoop"

	"github.com/sealring/sealring/cookieauth/ticket"
)

// checkSliding notes that the ticket is to be renewed if more than half of its
// life is over and there is life to be gained, or if its key is an old one.
func (a *Authenticator) checkSliding(v *visit, r *http.Request, now time.Time, seen sighting) {
	properties, expires := &v.ticket.Properties, seen.expires
	issued, ok := properties.Issued()
	if !ok || expires.IsZero() || a.cfg.NoSliding || !properties.AllowRefresh() {
		return
	}
	renew := seen.oldKey || isPastHalf(issued, expires, now) && !a.isLast(properties, expires)
	if a.cfg.Events.CheckSliding != nil {
		c := &SlidingContext{
			Request: r, Principal: v.ticket.Principal, Properties: *properties,
			Elapsed: now.Sub(issued), Remaining: expires.Sub(now), Renew: renew,
		}
		a.cfg.Events.CheckSliding(c)
		renew = c.Renew
	}
	if renew {
		v.renew(&ticket.Ticket{Scheme: a.cfg.Scheme, Principal: v.ticket.Principal, Properties: properties.Clone()}, now)
	}
}

// isPastHalf reports whether now is later than halfway between two dates, which
// have no fractions of a second. Each request asks, and Time.Sub, which looks at what
// it returns for overflow, takes a multiple of the time.
func isPastHalf(issued, expires, now time.Time) bool {
	past := 2*now.Unix() - issued.Unix() - expires.Unix()
	past = min(max(past, -2), 2) // more seconds than that decide alone
	return past*int64(time.Second)+2*int64(now.Nanosecond()) > 0
}

// renew has t sent with the response, with a whole life before it. The span of
// that life is the ticket's own; one without both dates is not renewed.
func (v *visit) renew(t *ticket.Ticket, now time.Time) {
	issued, ok1 := t.Properties.Issued()
	expires, ok2 := t.Properties.Expires()
	if !ok1 || !ok2 {
		return
	}
	v.auth.adopt(&t.Properties, &v.ticket.Properties)
	end := now.Add(expires.Sub(issued))
	if c := v.auth.cfg.Cutoffs; c != nil {
		end = end.Add(-c.behind())
	}
	if end.Before(expires.Add(-time.Second)) && !v.auth.reference {
		return // issued by a clock that is ahead: a renewal would shorten its life
	}
	t.Properties.SetIssued(now)
	t.Properties.SetExpires(v.auth.cap(&t.Properties, end))
	v.rarity().renewal = t
}

// isLast reports whether a ticket that ends then cannot be made to end later.
func (a *Authenticator) isLast(p *ticket.Properties, expires time.Time) bool {
	end, ok := a.absoluteEnd(p)
	return ok && end.Sub(expires) < time.Second // tickets end on whole seconds
}

// wrap lets the renewal out with the header, however that is sent.
func (v *visit) wrap(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	send := func() { v.send(w.Header(), r) }
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				if status >= 200 || status == http.StatusSwitchingProtocols { // others are only an announcement
					send()
				}
				next(status)
			}
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) { send(); return next(b) }
		},
		WriteString: func(next httpsnoop.WriteStringFunc) httpsnoop.WriteStringFunc {
			return func(s string) (int, error) { send(); return next(s) }
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { send(); return next(src) }
		},
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() { send(); next() }
		},
		FlushError: func(next httpsnoop.FlushErrorFunc) httpsnoop.FlushErrorFunc {
			return func() error { send(); return next() }
		},
		Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) {
				conn, buf, err := next()
				if err == nil { // who takes the connection writes the header, from ours, like ReverseProxy, or not
					send()
				}
				return conn, buf, err
			}
		},
	})
}

// send adds the renewed cookie to the header, once and unless the user has been
// signed in or out meanwhile.
func (v *visit) send(h http.Header, r *http.Request) {
	rare := v.rarity()
	rare.mu.Lock()
	defer rare.mu.Unlock()
	if !rare.sent && !rare.settled {
		v.auth.sendRenewal(h, r, rare.renewal)
	}
	rare.sent = true
}

// sendRenewal seals and adds the cookie. The old cookie stays valid until its own
// end, so a renewal that fails is made up for by the next request.
func (a *Authenticator) sendRenewal(h http.Header, r *http.Request, t *ticket.Ticket) {
	name, attributes, err := a.cookieFor(r)
	if err == nil {
		if t.Properties.Persistent() {
			attributes.Expires, _ = t.Properties.Expires()
		}
		err = a.writeCookie(h, r, name, &attributes, t)
	}
	if err != nil {
		a.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "login cookie could not be renewed", slog.Any("error", err))
	}
}
