package middleware

import (
	"net/http"
	"slices"

	"github.com/sealring/sealring/cookieauth/claims"
)

// An Authenticator is a way of signing in; *cookieauth.Authenticator is one.
type Authenticator interface {
	// Handler finds out who a request comes from, and refuses nobody. It does nothing
	// where the request went through it before.
	Handler(next http.Handler) http.Handler
	// User returns whom Handler has found, or nil.
	User(r *http.Request) *claims.Principal
	// Outage returns why it cannot be told now who the request comes from, or nil.
	Outage(r *http.Request) error
	// Challenge answers a request for which somebody must sign in first, and Forbid one
	// that the user may not make. ReturnURL is where to come back to; "" is the request.
	Challenge(w http.ResponseWriter, r *http.Request, returnURL string)
	Forbid(w http.ResponseWriter, r *http.Request, returnURL string)
}

// Require lets only requests through of users whom at least one of the ways of
// signing in has found, and whom the policy allows what they ask for. Of several
// schemes the identities are merged: those of later ones come first, as in ASP.NET
// Core. To the policy and further in, the user is made of these schemes alone.
//
// Others are answered so: with 503 while a cookie cannot be judged, unless
// the policy is content without; by Forbid if there is a user, and by Challenge
// if there is none. Of several schemes the last one answers. Without any scheme nobody
// is let through.
//
// It works inside of the Handler of each scheme and, for a single route, without.
func Require(policy Policy, auths ...Authenticator) func(http.Handler) http.Handler {
	auths = slices.Clone(auths)
	return func(next http.Handler) http.Handler {
		var h http.Handler = &requirement{policy, auths, next}
		for _, auth := range slices.Backward(auths) {
			h = auth.Handler(h)
		}
		return h
	}
}

type requirement struct {
	policy Policy
	auths  []Authenticator
	next   http.Handler
}

func (q *requirement) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Afterwards, because routers within routers complete the pattern.
	defer noteRoute(r)
	user, outage := q.identify(r)
	inner := r
	if claims.FromContext(r.Context()) != user {
		inner = r.WithContext(claims.NewContext(r.Context(), user))
	}
	switch {
	case user.IsAuthenticated() && q.policy != nil && q.policy(inner, user):
		q.next.ServeHTTP(w, inner)
		r.Pattern = inner.Pattern
	case outage:
		unavailable(w)
	case len(q.auths) == 0:
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
	case user.IsAuthenticated():
		q.auths[len(q.auths)-1].Forbid(w, inner, "")
	default:
		q.auths[len(q.auths)-1].Challenge(w, inner, "")
	}
}

// identify returns who the request comes from, and whether one of the schemes
// cannot tell.
func (q *requirement) identify(r *http.Request) (user *claims.Principal, outage bool) {
	for _, auth := range q.auths {
		if found := auth.User(r); found != nil {
			user = found.Merge(user)
		}
		outage = outage || auth.Outage(r) != nil
	}
	return user, outage
}

func unavailable(w http.ResponseWriter) {
	const seconds = "10" // a key ring re-reads its store as often
	h := w.Header()
	h.Set("Retry-After", seconds)
	h.Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
}
