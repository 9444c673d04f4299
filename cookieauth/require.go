package cookieauth

import (
	"log/slog"
	"net/http"
	"slices"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/journey"
)

// RequireUser lets only requests of signed-in users through. Others are
// challenged, see Challenge. While the cookie cannot be judged because the key ring
// or something that Events.Validate needs is out of reach, the answer is 503.
//
// It works inside of Handler and, for a single route, without it.
func (a *Authenticator) RequireUser(next http.Handler) http.Handler {
	return a.require(next, func(*claims.Principal) bool { return true })
}

// RequireRole is RequireUser for users with at least one of the roles, which are
// compared exactly. Other users are forbidden, see Forbid. With no role at all
// nobody is let through.
func (a *Authenticator) RequireRole(roles ...string) func(http.Handler) http.Handler {
	roles = slices.Clone(roles)
	return func(next http.Handler) http.Handler {
		return a.require(next, func(user *claims.Principal) bool { return slices.ContainsFunc(roles, user.HasRole) })
	}
}

// RequireClaim is RequireUser for users with a claim of a type and, if values are
// given, one of these values, compared exactly. Other users are forbidden, see Forbid.
func (a *Authenticator) RequireClaim(claimType string, values ...string) func(http.Handler) http.Handler {
	values = slices.Clone(values)
	return func(next http.Handler) http.Handler {
		return a.require(next, func(user *claims.Principal) bool {
			for c := range user.FindAll(claimType) {
				if len(values) == 0 || slices.Contains(values, c.Value) {
					return true
				}
			}
			return false
		})
	}
}

func (a *Authenticator) require(next http.Handler, allowed func(*claims.Principal) bool) http.Handler {
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch v := a.visit(r); {
		case v == nil:
			a.Challenge(w, r, "")
		case v.outage() != nil:
			unavailable(w)
		case v.principal() == nil:
			a.Challenge(w, r, "")
		case !allowed(v.principal()):
			a.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "forbidden", slog.String("path", journey.LoggedPath(r)))
			a.Forbid(w, r, "")
		default:
			next.ServeHTTP(w, r)
		}
	})
	return a.Handler(guarded) // which does nothing where the request went through it before
}

// retryAfter is in how many seconds to try again while we cannot tell who a
// visitor is. A ring re-reads its store every ten seconds.
const retryAfter = "10"

func unavailable(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Retry-After", retryAfter)
	h.Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
}
