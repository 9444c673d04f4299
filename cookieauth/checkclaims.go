package cookieauth

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/claims"
)

// checkPrincipal refuses who cannot be signed in, and claims that readers would
// take for something else.
func checkPrincipal(p *claims.Principal) error {
	if !p.Primary().IsAuthenticated() {
		return ErrAnonymous
	}
	for k := range p.Identities {
		for i := range p.Identities[k].Claims {
			if err := checkClaim(&p.Identities[k].Claims[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkClaim(c *claims.Claim) error {
	for _, text := range [...]string{c.Type, c.Value, c.ValueType, c.Issuer, c.OriginalIssuer} {
		switch {
		case text == claims.DefaultValueType || text == claims.DefaultIssuer: // the most common
		case strings.IndexByte(text, 0) >= 0:
			return &ClaimError{c.Type, "contains a NUL"}
		case !utf8.ValidString(text):
			return &ClaimError{c.Type, "is not valid UTF-8"}
		}
	}
	return nil
}

// newTicketSizeError lists the claims by the room they take, those of one type together.
func newTicketSizeError(size, limit int, p *claims.Principal) *TicketSizeError {
	const shown = 5
	bytes := map[string]int{}
	for c := range p.All() {
		bytes[c.Type] += len(c.Type) + len(c.Value)
	}
	e := &TicketSizeError{Size: size, Limit: limit}
	for claimType, n := range bytes {
		e.Largest = append(e.Largest, ClaimSize{claimType, n})
	}
	slices.SortFunc(e.Largest, func(a, b ClaimSize) int {
		if a.Bytes != b.Bytes {
			return b.Bytes - a.Bytes
		}
		return strings.Compare(a.Type, b.Type)
	})
	e.Largest = e.Largest[:min(len(e.Largest), shown)]
	return e
}
