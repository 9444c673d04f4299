package cookieauth

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/internal/confcheck"
)

// Defaults of Revalidation.
const (
	DefaultRevalidationInterval = 30 * time.Minute
	DefaultRevalidationGrace    = time.Hour
)

// revalidationPause is how long nobody is asked after a failure that can be borne.
const revalidationPause = 5 * time.Second

// Revalidation asks at intervals whether somebody may still be signed in: whether
// the account is there and not locked, whether the password is still the one that
// they signed in with. When that was last confirmed is kept with the ticket, apart
// from its renewals, so that using it does not put off the question.
type Revalidation struct {
	_ struct{}

	// Check judges a user like Events.Validate, but only when Every has passed since it
	// last did. Reject ends the session and removes the cookie. A changed copy of the
	// principal or the properties takes the place of the old one for good; the session
	// ends no later for it, and Renew has no meaning. Several requests that come at the
	// moment are all checked. Nil: nobody is asked.
	//
	// An error says that it cannot tell. The user then stays signed in for Grace, while
	// it is asked again every few seconds. Only where the request itself has ended there
	// is no user, or else hanging up would put off the question.
	Check func(*ValidateContext) error

	// Every is the interval. The default is 30 minutes. What has changed about a user
	// may go unnoticed for so long.
	Every time.Duration

	// Grace is how long after Every a user stays signed in whom Check could not judge.
	// After that the request goes on without a user, the cookie is left alone, and what
	// demands a user answers 503, until Check can tell. The default is an hour; below
	// zero there is none.
	Grace time.Duration
}

func (v Revalidation) withDefaults() Revalidation {
	v.Every = cmp.Or(v.Every, DefaultRevalidationInterval)
	v.Grace = cmp.Or(v.Grace, DefaultRevalidationGrace)
	return v
}

func (v *Revalidation) check(p *confcheck.Problems) {
	p.Add(v.Every < time.Second, "Revalidation.Every", "less than a second")
}

// revalidate asks Revalidation.Check if that is due, and puts what it leaves into
// the visit's ticket. The error says why there is no user.
func (a *Authenticator) revalidate(v *visit, w http.ResponseWriter, r *http.Request, now time.Time) error {
	setting := &a.cfg.Revalidation
	confirmed, ok := moment(&v.ticket.Properties, keyChecked)
	if !ok {
		confirmed, _ = started(&v.ticket.Properties)
	}
	age := now.Sub(confirmed).Abs() // a clock that was far ahead has confirmed nothing
	if ok && age < setting.Every {
		return nil
	}
	bearable := age-setting.Every < max(0, setting.Grace) // their sum may be beyond what a duration holds
	if bearable && isNear(a.checkFailed.Load(), now.UnixNano(), revalidationPause) {
		return nil
	}
	properties := v.ticket.Properties.Clone()
	c := &ValidateContext{Writer: w, Request: r, Principal: v.ticket.Principal, Properties: &properties}
	err := setting.Check(c)
	switch {
	case err != nil && bearable && r.Context().Err() == nil: // or else hanging up would put off the question
		a.checkFailed.Store(now.UnixNano())
		a.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "user could not be revalidated and stays signed in for now", slog.Any("error", err))
		return nil
	case err != nil:
		v.drop()
		return &outageError{"Revalidation.Check", err}
	case c.Principal == nil:
		a.expel(v, w, r)
		return errDismissed
	}
	a.confirm(v, c, now)
	return nil
}

var errDismissed = errors.New("the user was rejected by Revalidation.Check")

// confirm has the ticket sent as Check leaves it, with the dates that it would have
// had anyway.
func (a *Authenticator) confirm(v *visit, c *ValidateContext, now time.Time) {
	t := ticket.Ticket{Scheme: a.cfg.Scheme, Principal: c.Principal.Authenticated(a.cfg.Scheme), Properties: leftBy(c.Properties)}
	a.adopt(&t.Properties, &v.ticket.Properties)
	setMoment(&t.Properties, keyChecked, now)
	copyDates(&t.Properties, &v.ticket.Properties)
	v.ticket.Ticket = t
	renewal := t
	renewal.Properties = t.Properties.Clone()
	if v.renewal() != nil {
		copyDates(&renewal.Properties, &v.renewal().Properties)
	}
	rare := v.rarity()
	rare.renewal, rare.changed = &renewal, true
}

func copyDates(p, from *ticket.Properties) {
	issued, _ := from.Issued()
	expires, _ := from.Expires()
	p.SetIssued(issued)
	p.SetExpires(expires)
}

// expel ends the session of a user who may no longer be signed in. If that fails
// they are asked after again with the next request.
func (a *Authenticator) expel(v *visit, w http.ResponseWriter, r *http.Request) {
	v.drop()
	if err := a.SignOut(w, r); err != nil {
		a.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "session of a rejected user could not be ended", slog.Any("error", err))
	}
}
