package middleware

import (
	"net/http"
	"slices"

	"github.com/sealring/sealring/cookieauth/claims"
)

// A Policy reports whether a user may do what a request asks for. It is only asked
// about users who are signed in. Claims should add to what a user may do and never
// take anything away, because with several schemes some of them may be missing.
type Policy func(r *http.Request, user *claims.Principal) bool

// SignedIn is the Policy that every user will do.
func SignedIn(*http.Request, *claims.Principal) bool { return true }

// Role is the Policy that a user must have at least one of the roles, which are
// compared exactly. With no role at all nobody will do.
func Role(roles ...string) Policy {
	roles = slices.Clone(roles)
	return func(_ *http.Request, user *claims.Principal) bool { return slices.ContainsFunc(roles, user.HasRole) }
}

// Claim is the Policy that a user must have a claim of a type and, if values are
// given, with one of these values, compared exactly.
func Claim(claimType string, values ...string) Policy {
	values = slices.Clone(values)
	return func(_ *http.Request, user *claims.Principal) bool {
		for c := range user.FindAll(claimType) {
			if len(values) == 0 || slices.Contains(values, c.Value) {
				return true
			}
		}
		return false
	}
}

// All is the Policy that all of several are content. Without any nobody will do.
func All(policies ...Policy) Policy {
	policies = slices.Clone(policies)
	return func(r *http.Request, user *claims.Principal) bool {
		refuses := func(p Policy) bool { return p == nil || !p(r, user) }
		return len(policies) > 0 && !slices.ContainsFunc(policies, refuses)
	}
}

// Any is the Policy that at least one of several is content.
func Any(policies ...Policy) Policy {
	policies = slices.Clone(policies)
	return func(r *http.Request, user *claims.Principal) bool {
		return slices.ContainsFunc(policies, func(p Policy) bool { return p != nil && p(r, user) })
	}
}
