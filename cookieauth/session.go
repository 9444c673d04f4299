package cookieauth

import (
	"strconv"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
)

// Properties of our own that a ticket keeps through all renewals. ASP.NET Core
// copies what it does not know.
const (
	// keyStart is when the user signed in, in nanoseconds since 1970. Unlike .issued
	// it does not move with renewals.
	keyStart = ".sealring.start"
)

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
func (a *Authenticator) keepsStart() bool { return a.cfg.AbsoluteLifetime > 0 }

// begin makes properties those of a session that begins now, whatever session
// they were copied from.
func (a *Authenticator) begin(p *ticket.Properties, now time.Time) {
	p.Delete(keyStart)
	if a.keepsStart() {
		setMoment(p, keyStart, now)
	}
	if expires, ok := p.Expires(); ok && a.cfg.AbsoluteLifetime > 0 {
		p.SetExpires(a.cap(p, expires))
	}
}

// adopt notes in a ticket that is about to be renewed what the renewal would
// make it forget.
func (a *Authenticator) adopt(p *ticket.Properties) {
	if _, ok := moment(p, keyStart); ok || !a.keepsStart() {
		return
	}
	if start, ok := started(p); ok {
		setMoment(p, keyStart, start)
	}
}

// cap returns end, or the absolute end of the session if that is earlier.
func (a *Authenticator) cap(p *ticket.Properties, end time.Time) time.Time {
	if last, ok := a.absoluteEnd(p); ok && last.Before(end) {
		return last
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
