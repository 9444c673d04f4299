package cookieauth

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// checkPrincipal refuses who cannot be signed in, and claims that readers would
// take for something else.
func checkPrincipal(p *claims.Principal, scheme string) error {
	if p.Primary().AuthenticatedBy(scheme) == "" {
		return ErrAnonymous
	}
	all := p.Identities()
	for k := range all {
		identity := &all[k]
		for depth := 0; identity != nil && depth <= maxActors; depth++ { // more of them make no ticket
			if err := checkIdentity(identity); err != nil {
				return err
			}
			identity = identity.Actor
		}
	}
	return nil
}

// maxActors is how deeply a ticket nests actors.
const maxActors = 16

func checkIdentity(identity *claims.Identity) error {
	for i := range identity.Claims {
		if err := checkClaim(&identity.Claims[i]); err != nil {
			return err
		}
	}
	for _, own := range [...]struct{ name, text string }{
		{"AuthenticationType", identity.AuthenticationType},
		{"NameClaimType", identity.NameClaimType},
		{"RoleClaimType", identity.RoleClaimType},
		{"BootstrapContext", identity.BootstrapContext},
	} {
		if reason := problem(own.text); reason != "" {
			return &ClaimError{own.name, reason}
		}
	}
	return nil
}

// checkProperties refuses names and values that would not be read as they are, and
// so might be read as one.
func checkProperties(p *ticket.Properties) error {
	for key, value := range p.All() {
		if !utf8.ValidString(key) || !utf8.ValidString(value) {
			return &ClaimError{"property " + key, notUTF8}
		}
	}
	return nil
}

// checkClaim passes over value type and issuers where they are the ordinary ones.
func checkClaim(c *claims.Claim) error {
	if len(c.Properties) == 0 && isPlain(c.Type) && isPlain(c.Value) && c.ValueType == claims.DefaultValueType &&
		c.Issuer == claims.DefaultIssuer && c.OriginalIssuer == claims.DefaultIssuer {
		return nil
	}
	for _, text := range [...]string{c.Type, c.Value, c.ValueType, c.Issuer, c.OriginalIssuer} {
		if reason := problem(text); reason != "" {
			return &ClaimError{c.Type, reason}
		}
	}
	for _, p := range c.Properties {
		if reason := cmp.Or(problem(p.Key), problem(p.Value)); reason != "" {
			return &ClaimError{c.Type, reason}
		}
	}
	return nil
}

const notUTF8 = "is not valid UTF-8"

// problem says what is wrong with a text, or nothing.
func problem(text string) string {
	switch {
	case isPlain(text): // nearly always
	case strings.IndexByte(text, 0) >= 0:
		return "contains a NUL"
	case !utf8.ValidString(text):
		return notUTF8
	}
	return ""
}

// isPlain reports whether all characters are ASCII and none is a NUL.
func isPlain(text string) bool {
	var odd uint64
	if len(text) < 8 {
		for i := range len(text) {
			odd |= uint64(text[i] | (text[i] - 1))
		}
		return odd&0x80 == 0
	}
	end := text[len(text)-8:]
	for ; len(text) >= 8; text = text[8:] {
		odd |= oddBits(text)
	}
	return (odd|oddBits(end))&0x8080808080808080 == 0
}

// oddBits sets the high bit of each of eight characters that is not plain: that of
// a NUL by subtracting 1.
func oddBits(s string) uint64 {
	_ = s[7]
	word := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	return word | (word - 0x0101010101010101)
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
