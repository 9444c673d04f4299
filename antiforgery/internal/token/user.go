package token

import (
	"crypto/sha256"
	"iter"
	"slices"

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
	if !p.IsAuthenticated() {
		return User{}
	}
	u.Authenticated = true
	if u.UID, u.ByClaims = claimUID(p); u.ByClaims {
		return u
	}
	for _, i := range p.Identities() {
		if i.IsAuthenticated() {
			u.Name = i.Name()
			break
		}
	}
	return u
}

// The claims that tell users apart, best first. Unlike elsewhere, their types are
// compared exactly.
var preferred = [...]string{claims.TypeSubject, claims.TypeNameIdentifier, claims.TypeUPN}

// claimUID returns the hash of the one claim that identifies the user, else of all
// claims. It is false if there are none.
func claimUID(p *claims.Principal) (uid [sha256.Size]byte, ok bool) {
	var room [256]byte // enough for one claim of ordinary size
	text := room[:0]
	if c, found := identifying(p); found {
		text = appendClaim(text, &c)
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
// that has one. Most users have one identity, which need not be taken apart.
func identifying(p *claims.Principal) (c claims.Claim, ok bool) {
	if p.Len() == 1 {
		return mostPreferred(p.All())
	}
	for _, i := range p.Identities() {
		if c, ok = mostPreferred(slices.Values(i.Claims)); ok && i.IsAuthenticated() {
			return c, true
		}
	}
	return claims.Claim{}, false
}

// mostPreferred returns the claim that tells a user apart best. Where the value of
// the first of a type is empty, later claims of the type do not count.
func mostPreferred(list iter.Seq[claims.Claim]) (claims.Claim, bool) {
	var firsts [len(preferred)]claims.Claim
	for c := range list {
		if k := slices.Index(preferred[:], c.Type); k >= 0 && firsts[k].Type == "" {
			firsts[k] = c
		}
	}
	for _, c := range firsts {
		if c.Value != "" {
			return c, true
		}
	}
	return claims.Claim{}, false
}

func authenticatedClaims(p *claims.Principal) (all []*claims.Claim) {
	for _, i := range p.Identities() {
		if !i.IsAuthenticated() {
			continue
		}
		for k := range i.Claims {
			all = append(all, &i.Claims[k])
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
