package cookieauth

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
)

// A storeError says that a store of sessions or cut-offs could not be used.
type storeError struct {
	op  string
	err error
}

func (e *storeError) Error() string { return "cookieauth: " + e.op + ": " + e.err.Error() }
func (e *storeError) Unwrap() error { return e.err }

// Is reports that this is an outage and says nothing about any session.
func (e *storeError) Is(target error) bool { return target == dataprotection.ErrUnavailable }

// endPresent ends every session that the request's cookies are good for, and those
// that the request has begun, as far as it knows or the response's header h tells.
func (a *Authenticator) endPresent(r *http.Request, h http.Header) error {
	if !a.keepsSessions() {
		return nil
	}
	present, err := a.present(r, h)
	if err != nil {
		return err
	}
	return a.end(r, present)
}

// present returns the tickets of the sessions that the request's cookies are good
// for, whatever Handler has found. There is more than one if somebody has planted a
// second cookie, or if this request has signed somebody in.
func (a *Authenticator) present(r *http.Request, h http.Header) (tickets []*ticket.Ticket, err error) {
	if v := a.visit(r); v != nil {
		tickets = v.begun()
	} else if tickets, err = a.goodFor(r, a.findWaiting(r, h), nil); err != nil {
		return nil, err
	}
	return a.goodFor(r, a.findCookie(r), tickets)
}

// findWaiting returns the login cookie that waits in a response's header, as the
// browser would bring it. A request without a visit notes nowhere else what it has
// begun, and the session would stay in the store although nobody gets its cookie.
func (a *Authenticator) findWaiting(r *http.Request, h http.Header) (f foundCookie) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return f
	}
	f.name, _, _ = a.cookieFor(r) // an error would have stopped the sign-in
	pairs := make([]string, len(lines))
	for i, line := range lines {
		pairs[i], _, _ = strings.Cut(line, ";")
	}
	f.header = a.cookies(&http.Request{Header: http.Header{"Cookie": pairs}})
	f.raw, f.count = f.header.Find(f.name)
	return f
}

// goodFor adds the tickets of the sessions that cookies are good for to those given.
func (a *Authenticator) goodFor(r *http.Request, found foundCookie, tickets []*ticket.Ticket) ([]*ticket.Ticket, error) {
	if found.count == 0 {
		return tickets, nil
	}
	s := getScratch()
	defer s.release()
	values := found.header.All(found.name, maxSameName)
	for _, first := range [...]bool{false, true} {
		for _, value := range values {
			candidate, _, err := a.candidate(r, found, value, first, s, a.cfg.Now())
			switch {
			case errors.Is(err, dataprotection.ErrUnavailable):
				return nil, err
			case err != nil:
				continue
			}
			t := &candidate.Ticket
			if err := identifySession(t); err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(tickets, func(other *ticket.Ticket) bool { return sessionID(other) == sessionID(t) }) {
				tickets = append(tickets, t)
			}
		}
	}
	return tickets, nil
}

// end ends sessions everywhere. Once it has returned nil no instance that can reach
// its store accepts them for longer than it takes to hear of it. After an error the
// request still knows what it has begun.
func (a *Authenticator) end(r *http.Request, tickets []*ticket.Ticket) error {
	if len(tickets) == 0 {
		return nil
	}
	now := a.cfg.Now()
	var cutoffs []Cutoff
	var ids []string
	for _, t := range tickets {
		cutoffs = append(cutoffs, Cutoff{Session: sessionID(t), Until: a.forgetSession(&t.Properties, now)})
		ids = append(ids, sessionID(t))
	}
	if err := a.cut(r.Context(), cutoffs...); err != nil {
		return err
	}
	if a.cfg.Cutoffs != nil {
		a.remove(r.Context(), ids...) // they have ended, whatever the store does
	} else if err := a.endStored(r.Context(), ids...); err != nil {
		return err
	}
	if v := a.visit(r); v != nil {
		v.dropBegun(tickets)
	}
	return nil
}

func (a *Authenticator) cut(ctx context.Context, cutoffs ...Cutoff) error {
	if a.cfg.Cutoffs == nil {
		return nil
	}
	return a.cfg.Cutoffs.add(ctx, cutoffs...)
}

func (a *Authenticator) endStored(ctx context.Context, ids ...string) error {
	if a.cfg.TicketStore == nil || len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout) // a sign-out is finished when the browser has gone
	defer cancel()
	if err := a.cfg.TicketStore.End(ctx, ids...); err != nil {
		return &storeError{"end sessions", err}
	}
	return nil
}

// forgetSession returns when the end of a session may be forgotten. Other instances
// may renew its ticket until they hear of the end, for as long as the ticket's life
// is or as a whole one. A .NET program may go on renewing it; then only an absolute
// end is certain.
func (a *Authenticator) forgetSession(p *ticket.Properties, now time.Time) time.Time {
	issued, _ := p.Issued()
	expires, ok := a.lastEnd(p)
	life := a.cfg.Lifetime
	if ok && expires.Sub(issued) > life && !issued.IsZero() {
		life = expires.Sub(issued)
	}
	until := now.Add(life)
	if last, ok := a.absoluteEnd(p); ok && (a.reference || last.Before(until)) {
		until = last
	}
	if expires.After(until) { // or else who knows of no absolute end would take the ticket again
		until = expires
	}
	return until.Add(cutoffSlack)
}

// forgetUser returns when it may be forgotten that the sessions which began
// before now are over. That concerns every Authenticator that the cut-offs serve, and
// others may have no absolute end; where .NET renews, only that end is certain.
func (a *Authenticator) forgetUser(now time.Time) time.Time {
	life := a.cfg.Cutoffs.longestLife()
	if a.reference {
		life = max(life, a.cfg.AbsoluteLifetime)
	}
	return now.Add(life + cutoffSlack)
}

// beginSession adds the cookie of a new session to a response's header, stores the
// session, and ends those that the request's cookies are good for. Either all of
// that happens or the header stays as it is and nobody is signed in or out.
func (a *Authenticator) beginSession(h http.Header, r *http.Request, name string, attributes *CookieAttributes, t *ticket.Ticket, now time.Time) error {
	if len(t.Principal.ID()) > maxUserID { // no cut-off and no store could name them
		return &ClaimError{Type: "user id", Reason: "has more than 512 bytes"}
	}
	draft := http.Header{}
	if lines := h["Set-Cookie"]; len(lines) > 0 {
		draft["Set-Cookie"] = slices.Clone(lines)
	}
	if err := a.writeCookie(draft, r, name, attributes, t); err != nil {
		return err
	}
	old, err := a.present(r, h)
	if err != nil {
		return err
	}
	if a.cfg.TicketStore != nil {
		if err := a.create(r, t, now); err != nil {
			return err
		}
	}
	if err := a.end(r, old); err != nil {
		if a.cfg.TicketStore != nil {
			a.remove(r.Context(), sessionID(t)) // nobody has its cookie
		}
		return err
	}
	maps.Copy(h, draft)
	if v := a.visit(r); v != nil {
		v.addBegun(t)
	}
	return nil
}
