package cookieauth

import (
	"cmp"
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

// checkClaim passes over value type and issuers where they are the ordinary ones.
func checkClaim(c *claims.Claim) error {
	reason := cmp.Or(problem(c.Type), problem(c.Value))
	if c.ValueType != claims.DefaultValueType {
		reason = cmp.Or(reason, problem(c.ValueType))
	}
	if c.Issuer != claims.DefaultIssuer {
		reason = cmp.Or(reason, problem(c.Issuer))
	}
	if c.OriginalIssuer != c.Issuer {
		reason = cmp.Or(reason, problem(c.OriginalIssuer))
	}
	if reason != "" {
		return &ClaimError{c.Type, reason}
	}
	return nil
}

// problem says what is wrong with a text, or nothing.
func problem(text string) string {
	switch {
	case isPlain(text): // nearly always
	case strings.IndexByte(text, 0) >= 0:
		return "contains a NUL"
	case !utf8.ValidString(text):
		return "is not valid UTF-8"
	}
	return ""
}

// isPlain reports whether all characters are ASCII and none is a NUL. It looks at
// eight at a time: subtracting 1 from each sets the high bit of a NUL.
func isPlain(text string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	var odd uint64
	for ; len(text) >= 8; text = text[8:] {
		word := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		odd |= word | (word - ones)
	}
	for i := range len(text) {
		odd |= uint64(text[i] | (text[i] - 1))
	}
	return odd&high == 0
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
