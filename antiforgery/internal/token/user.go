package token

import (
	"crypto/sha256"

	"github.com/sealring/sealring/cookieauth/claims"
)

// A User is what a request token is bound to: the claim UID of an authenticated
// user, the name of one who has no claims, or nobody, which is the zero value.
type User struct {
	Authenticated bool
	ByClaims      bool
	UID           [sha256.Size]byte // if ByClaims, else zero
	Name          string            // if not ByClaims
}

// UserOf returns what the tokens of a principal are bound to.
func UserOf(p *claims.Principal) (u User) {
	first := firstAuthenticated(p)
	if first == nil {
		return User{}
	}
	u.Authenticated = true
	if u.UID, u.ByClaims = claimUID(p); !u.ByClaims {
		u.Name = first.Name()
	}
	return u
}

func firstAuthenticated(p *claims.Principal) *claims.Identity {
	if p == nil {
		return nil
	}
	for k := range p.Identities() {
		if p.Identities()[k].IsAuthenticated() {
			return &p.Identities()[k]
		}
	}
	return nil
}

// The claims that tell users apart, best first. Unlike elsewhere, their types are
// compared exactly.
var preferred = [...]string{claims.TypeSubject, claims.TypeNameIdentifier, claims.TypeUPN}

// claimUID returns the hash of the one claim that identifies the user, else of all
// claims. It is false if there are none.
func claimUID(p *claims.Principal) (uid [sha256.Size]byte, ok bool) {
	var room [256]byte // enough for one claim of ordinary size
	text := room[:0]
	if c := identifying(p); c != nil {
		text = appendClaim(text, c)
	} else {
		all := authenticatedClaims(p)
		if len(all) == 0 {
			return uid, false
		}
		sortByType(all)
		for _, c := range all {
			text = appendClaim(text, c)
		}
	}
	return sha256.Sum256(text), true
}

// identifying returns the first claim of a preferred type in the first identity
// that has one. Where its value is empty, later claims of the type do not count.
func identifying(p *claims.Principal) *claims.Claim {
	for k := range p.Identities() {
		i := &p.Identities()[k]
		if !i.IsAuthenticated() {
			continue
		}
		for _, claimType := range preferred {
			if c := firstOf(i.Claims, claimType); c != nil && c.Value != "" {
				return c
			}
		}
	}
	return nil
}

func firstOf(list []claims.Claim, claimType string) *claims.Claim {
	for k := range list {
		if list[k].Type == claimType {
			return &list[k]
		}
	}
	return nil
}

func authenticatedClaims(p *claims.Principal) (all []*claims.Claim) {
	for i := range p.Identities() {
		if !p.Identities()[i].IsAuthenticated() {
			continue
		}
		list := p.Identities()[i].Claims
		for k := range list {
			all = append(all, &list[k])
		}
	}
	return all
}

func appendClaim(dst []byte, c *claims.Claim) []byte {
	issuer := c.Issuer
	if issuer == "" {
		issuer = claims.DefaultIssuer
	}
	dst = appendString(dst, c.Type)
	dst = appendString(dst, c.Value)
	return appendString(dst, issuer)
}
