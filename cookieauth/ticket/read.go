package ticket

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/claims"
)

// UnmarshalBinary reads a ticket. It copies data once; every text of the ticket
// is a part of that copy.
//
// It reads what ASP.NET Core reads: bytes after the ticket are ignored, so are
// properties of another version than 1, and what is not valid UTF-8 becomes
// U+FFFD. The error Is ErrMalformed for everything else that does not fit, and
// when actors are nested more than 16 deep. Then t is left as it was.
func (t *Ticket) UnmarshalBinary(data []byte) error {
	r := reader{rest: string(data)}
	read := r.ticket()
	if r.err != nil {
		return r.err
	}
	*t = read
	return nil
}

// reader keeps the first error. After an error it returns zero values, and every
// count is zero, so that callers need not look at each step.
type reader struct {
	rest string
	err  error
}

func (r *reader) ticket() (t Ticket) {
	if v := r.int32(); v != ticketVersion {
		r.fail("version is not 5")
		return Ticket{}
	}
	t.Scheme = r.string()
	if n := r.count(minIdentity); n > 0 {
		t.Principal.Identities = make([]claims.Identity, n)
		for k := range t.Principal.Identities {
			r.identity(&t.Principal.Identities[k], 0)
		}
	}
	if r.int32() == propertiesVersion {
		t.Properties.items = r.properties()
	}
	return t
}

func (r *reader) identity(i *claims.Identity, depth int) {
	if depth > maxActors {
		r.fail("actors are nested too deeply")
		return
	}
	i.AuthenticationType = r.string()
	i.NameClaimType = orDefault(r.stringOr(claims.TypeName), claims.TypeName)
	i.RoleClaimType = orDefault(r.stringOr(claims.TypeRole), claims.TypeRole)
	if n := r.count(minClaim); n > 0 {
		i.Claims = make([]claims.Claim, n)
		for k := range i.Claims {
			r.claim(&i.Claims[k], i.NameClaimType)
		}
	}
	if r.bool() {
		i.BootstrapContext = r.string()
	}
	if r.bool() && r.err == nil {
		i.Actor = new(claims.Identity)
		r.identity(i.Actor, depth+1)
	}
}

func (r *reader) claim(c *claims.Claim, nameType string) {
	c.Type = r.stringOr(nameType)
	c.Value = r.string()
	c.ValueType = orDefault(r.stringOr(claims.DefaultValueType), claims.DefaultValueType)
	c.Issuer = orDefault(r.stringOr(claims.DefaultIssuer), claims.DefaultIssuer)
	c.OriginalIssuer = orDefault(r.stringOr(c.Issuer), c.Issuer)
	n := r.count(minPair)
	if n == 0 {
		return
	}
	c.Properties = make([]claims.Property, n)
	for k := range c.Properties {
		c.Properties[k] = claims.Property{Key: r.string(), Value: r.string()}
	}
	r.refuseRepeats(n, func(k int) string { return c.Properties[k].Key })
}

func (r *reader) properties() []item {
	n := r.count(minPair)
	if n == 0 {
		return nil
	}
	items := make([]item, n)
	for k := range items {
		items[k] = item{key: r.string(), value: r.string()}
	}
	r.refuseRepeats(n, func(k int) string { return items[k].key })
	return items
}

// refuseRepeats fails if two of n keys are equal. It makes a set only where
// comparing each with each would take long.
func (r *reader) refuseRepeats(n int, key func(int) string) {
	if r.err != nil {
		return
	}
	if n > 16 {
		seen := make(map[string]bool, n)
		for k := range n {
			seen[key(k)] = true
		}
		if len(seen) < n {
			r.fail("a property is there twice")
		}
		return
	}
	for k := range n {
		for earlier := range k {
			if key(k) == key(earlier) {
				r.fail("a property is there twice")
			}
		}
	}
}

func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrMalformed, reason)
	}
	r.rest = ""
}

// count reads a number of things that take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.int32()
	if n < 0 || int(n) > len(r.rest)/size {
		r.fail("a count is negative or larger than the ticket")
		return 0
	}
	return int(n)
}

func (r *reader) int32() int32 {
	if len(r.rest) < 4 {
		r.fail("cut short")
		return 0
	}
	n := int32(uint32(r.rest[0]) | uint32(r.rest[1])<<8 | uint32(r.rest[2])<<16 | uint32(r.rest[3])<<24)
	r.rest = r.rest[4:]
	return n
}

func (r *reader) bool() bool {
	if len(r.rest) < 1 {
		r.fail("cut short")
		return false
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b != 0
}

// string reads a text. Nearly all are shorter than 128 bytes.
func (r *reader) string() string {
	n := r.length()
	if n > len(r.rest) {
		r.fail("cut short")
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	if !utf8.ValidString(s) {
		s = string(toValidUTF8(s))
	}
	return s
}

// stringOr reads a text for which the placeholder stands for standard.
func (r *reader) stringOr(standard string) string {
	if len(r.rest) >= 2 && r.rest[:2] == "\x01\x00" {
		r.rest = r.rest[2:]
		return standard
	}
	return r.string()
}

// length reads a length: at most five bytes, not necessarily as few as possible.
func (r *reader) length() int {
	if len(r.rest) > 0 && r.rest[0] < 0x80 {
		n := int(r.rest[0])
		r.rest = r.rest[1:]
		return n
	}
	var n uint64
	for k := range min(len(r.rest), binary.MaxVarintLen32) {
		b := r.rest[k]
		n |= uint64(b&0x7f) << (7 * k)
		if b < 0x80 {
			r.rest = r.rest[k+1:]
			if n > maxLength {
				r.fail("a length is too large")
				return 0
			}
			return int(n)
		}
	}
	r.fail("a length is cut short or too long")
	return 0
}

const maxLength = 1<<31 - 1
