package cookieauth

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/journey"
)

// Handler says who each request comes from, for next and what it calls, and
// renews cookies that are due. It never refuses a request. The response is passed
// through untouched, unless a renewal is due.
func (a *Authenticator) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, next) })
}

func (a *Authenticator) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	j := journey.From(r.Context())
	j.Pass(journey.Authenticate)
	if a.cfg.VaryCookie {
		varyByCookie(w.Header())
	}
	found := a.findCookie(r)
	if found.count == 0 || a.visit(r) != nil {
		next.ServeHTTP(w, r)
		return
	}
	v, inner := a.newVisit(r) // before anybody else sees the request's context, which may take it in
	if size := found.header.Size(); size > largeCookies {
		a.noteLarge(r, found.header, size)
	}
	if err := a.identify(v, w, r, inner, found); err != nil {
		a.turnAway(v, r, err)
	}
	merged := v.user.Merge(claims.FromContext(v.Context))
	v.merged.Store(merged)
	if v.user != nil {
		j.Identified(merged, a.cfg.Scheme)
	}
	if v.renewal() == nil {
		next.ServeHTTP(w, inner)
	} else {
		next.ServeHTTP(v.wrap(w, inner), inner)
		v.send(w.Header(), inner) // where nothing was written, the header goes out only now
	}
	r.Pattern = inner.Pattern // the route, for those further out
}

// identify reads the cookie, has the ticket judged and notes whether it is to be
// renewed. An error says why there is no user. Inner is the request as those further
// in will see it.
func (a *Authenticator) identify(v *visit, w http.ResponseWriter, r, inner *http.Request, found foundCookie) error {
	now := a.cfg.Now()
	seen, err := a.read(r, found, now, &v.ticket)
	if err != nil {
		return err
	}
	a.checkSliding(v, r, now, seen)
	if a.cfg.Revalidation.Check != nil {
		if err := a.revalidate(v, w, inner, now); err != nil {
			return err
		}
	}
	user := v.ticket.Principal
	if a.cfg.Events.Validate != nil {
		if user, err = a.validate(v, w, inner, now); err != nil {
			return err
		}
	}
	if !user.IsAuthenticated() {
		if !a.reference {
			v.drop() // as nobody can be signed in
		}
		return errUnidentified
	}
	if seen.stored != nil {
		if err := a.keep(v, r, seen, now); err != nil {
			return err
		}
	}
	v.user = user
	return nil
}

// validate asks the event. It returns the principal that the event leaves.
func (a *Authenticator) validate(v *visit, w http.ResponseWriter, r *http.Request, now time.Time) (*claims.Principal, error) {
	properties := v.ticket.Properties.Clone()
	c := &ValidateContext{Writer: w, Request: r, Principal: v.ticket.Principal, Properties: &properties}
	if err := a.cfg.Events.Validate(c); err != nil {
		v.drop()
		return nil, &outageError{"Events.Validate", err}
	}
	if c.Principal == nil {
		if !a.reference {
			v.drop() // the reference would send the rejected ticket again
		}
		return nil, errRejected
	}
	user := c.Principal.Authenticated(a.cfg.Scheme)
	if c.Renew {
		v.renew(&ticket.Ticket{Scheme: a.cfg.Scheme, Principal: user, Properties: leftBy(c.Properties)}, now)
		v.rarity().changed = true
	}
	return user, nil
}

// outageError marks what Events.Validate or Revalidation.Check could not judge.
type outageError struct {
	who string
	err error
}

func (e *outageError) Error() string { return e.who + ": " + e.err.Error() }
func (e *outageError) Unwrap() error { return e.err }

// Is reports that this is an outage.
func (e *outageError) Is(target error) bool { return target == dataprotection.ErrUnavailable }

// turnAway notes why a visitor with a cookie is nobody. A bad cookie is everyday
// life; one that cannot be judged is an outage of our own.
func (a *Authenticator) turnAway(v *visit, r *http.Request, err error) {
	if errors.Is(err, dataprotection.ErrUnavailable) {
		v.rarity().outage = err
		journey.From(r.Context()).Unidentified(err)
		level := slog.LevelError
		if r.Context().Err() != nil {
			level = slog.LevelDebug // the client has gone, and the store was not waited for
		}
		a.cfg.Logger.LogAttrs(r.Context(), level, "login cookie cannot be judged", slog.Any("error", err))
		return
	}
	level := slog.LevelDebug
	if errors.Is(err, errAmbiguous) {
		level = slog.LevelWarn // somebody else's cookie may have been put there
	}
	a.cfg.Logger.LogAttrs(r.Context(), level, "login cookie not accepted", slog.Any("reason", err))
}
