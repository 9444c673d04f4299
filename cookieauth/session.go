package cookieauth

import (
	"crypto/rand"
	"strconv"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
)

// Properties of our own that a ticket keeps through all renewals. ASP.NET Core
// copies what it does not know. (docs/formats.md, Ticket.)
const (
	// keyStart is when the user signed in, in nanoseconds since 1970. Unlike .issued
	// it does not move with renewals.
	keyStart = ".sealring.start"
	// keySession is the session's id.
	keySession = ".sealring.session"
	// keyChecked is when Revalidation last confirmed the user, in nanoseconds since 1970.
	keyChecked = ".sealring.checked"
)

// ownKeys are those that nobody else may set or drop.
var ownKeys = [...]string{keyStart, keySession, keyChecked}

// started returns when the user signed in. A ticket that does not say, because a
// .NET program or an earlier configuration made it, began when it was issued or
// last renewed, for all that is known.
func started(p *ticket.Properties) (time.Time, bool) {
	if t, ok := moment(p, keyStart); ok {
		return t, true
	}
	return p.Issued()
}

func moment(p *ticket.Properties, key string) (time.Time, bool) {
	value, _ := p.Get(key)
	n, err := strconv.ParseInt(value, 10, 64)
	return time.Unix(0, n), err == nil
}

func setMoment(p *ticket.Properties, key string, t time.Time) {
	p.Set(key, strconv.FormatInt(t.UnixNano(), 10))
}

// keepsStart reports whether anything depends on when a session began.
func (a *Authenticator) keepsStart() bool { return a.cfg.AbsoluteLifetime > 0 || a.keepsSessions() }

// keepsSessions reports whether sessions have ids and can be ended.
func (a *Authenticator) keepsSessions() bool {
	return a.cfg.Cutoffs != nil || a.cfg.TicketStore != nil
}

// begin makes a ticket that of a session that begins now, whatever session its
// properties were copied from.
func (a *Authenticator) begin(t *ticket.Ticket, now time.Time) {
	p := &t.Properties
	for _, key := range ownKeys {
		p.Delete(key)
	}
	if a.cfg.Cutoffs != nil {
		// By a clock that is behind the session might have begun before a cut-off that
		// is known already.
		now = a.cfg.Cutoffs.current.Load().after(t.Principal.ID(), now)
	}
	if a.keepsStart() {
		setMoment(p, keyStart, now)
	}
	if a.keepsSessions() {
		p.Set(keySession, rand.Text())
	}
	if a.cfg.Revalidation.Check != nil {
		setMoment(p, keyChecked, now)
	}
	if a.cfg.AbsoluteLifetime == 0 && a.cfg.Cutoffs == nil {
		return // nothing else ends it earlier
	}
	if !a.keepsStart() {
		return // nothing bounds its life
	}
	if expires, ok := p.Expires(); ok {
		p.SetExpires(a.cap(p, expires))
	}
}

// adopt gives a ticket that is about to be renewed the marks of the session that
// it renews, whatever an event has made of the properties.
func (a *Authenticator) adopt(p, from *ticket.Properties) {
	for _, key := range ownKeys {
		if value, ok := from.Get(key); ok {
			p.Set(key, value)
		}
	}
	if _, ok := moment(p, keyStart); ok || !a.keepsStart() {
		return
	}
	if start, ok := started(from); ok {
		setMoment(p, keyStart, start)
	}
}

// cap returns end, or the last end that a ticket with these properties can have if
// that is earlier.
func (a *Authenticator) cap(p *ticket.Properties, end time.Time) time.Time {
	if last, ok := a.absoluteEnd(p); ok && last.Before(end) {
		end = last
	}
	if last, ok := a.longestEnd(p); ok && last.Before(end) {
		end = last
	}
	return end
}

// absoluteEnd returns when the session ends, however it is used.
func (a *Authenticator) absoluteEnd(p *ticket.Properties) (time.Time, bool) {
	if a.cfg.AbsoluteLifetime == 0 {
		return time.Time{}, false
	}
	start, ok := started(p)
	return start.Add(a.cfg.AbsoluteLifetime), ok
}

// longestEnd returns when a ticket ends that is not renewed, whatever it says
// itself: cut-offs do not last longer.
func (a *Authenticator) longestEnd(p *ticket.Properties) (time.Time, bool) {
	if a.cfg.Cutoffs == nil {
		return time.Time{}, false
	}
	issued, ok := p.Issued()
	if !ok {
		issued, ok = started(p)
	}
	return issued.Add(a.cfg.Cutoffs.longestLife()), ok
}
