package ticket

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/internal/packed"
)

// UnmarshalBinary reads a ticket. It keeps no part of data: the texts of the ticket
// are copies, except for well-known names.
//
// It reads what ASP.NET Core reads: bytes after the ticket are ignored, so are
// properties of another version than 1, and what is not valid UTF-8 becomes
// U+FFFD. The error Is ErrMalformed for everything else that does not fit, and
// when actors are nested more than 16 deep. Then t is left as it was.
func (t *Ticket) UnmarshalBinary(data []byte) error {
	r := reader{data: data, ascii: isASCII(data)}
	read := r.ticket()
	if r.err != nil {
		return r.err
	}
	*t = read
	return nil
}

// isASCII looks at many bytes at a time.
func isASCII(data []byte) bool {
	var all uint64
	for ; len(data) >= 32; data = data[32:] {
		a, b := binary.LittleEndian.Uint64(data[0:]), binary.LittleEndian.Uint64(data[8:])
		c, d := binary.LittleEndian.Uint64(data[16:]), binary.LittleEndian.Uint64(data[24:])
		all |= a | b | c | d
	}
	for ; len(data) >= 8; data = data[8:] {
		all |= binary.LittleEndian.Uint64(data)
	}
	for _, b := range data {
		all |= uint64(b)
	}
	const high = 0x8080808080808080
	return all&high == 0
}

// reader keeps the first error. After an error it returns zero values, and every
// count is zero, so that callers need not look at each step.
type reader struct {
	data  []byte
	at    int  // how much of data has been read
	ascii bool // all of data is, so no text in it can be invalid
	texts texts
	err   error
}

func (r *reader) ticket() (t Ticket) {
	if v := r.int32(); v != ticketVersion {
		r.fail("version is not 5")
		return t
	}
	t.Scheme = r.name()
	var identities []claims.Identity
	if n := r.count(minIdentity); n > 0 {
		identities = make([]claims.Identity, n)
		for k := range identities {
			r.identity(&identities[k], 0)
		}
	}
	t.Principal = claims.NewPrincipal(identities...)
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
	i.AuthenticationType = r.name()
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
	if r.follows(packed.Ordinary) {
		c.ValueType, c.Issuer, c.OriginalIssuer = claims.DefaultValueType, claims.DefaultIssuer, claims.DefaultIssuer
		return
	}
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
		items[k] = item{key: r.name(), value: r.string()}
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
	r.at = len(r.data)
}

// count reads a number of things that take at least size bytes each.
func (r *reader) count(size int) int {
	n := r.int32()
	if n < 0 || int(n) > (len(r.data)-r.at)/size {
		r.fail("a count is negative or larger than the ticket")
		return 0
	}
	return int(n)
}

func (r *reader) int32() int32 {
	if len(r.data)-r.at < 4 {
		r.fail("cut short")
		return 0
	}
	b := r.data[r.at : r.at+4]
	r.at += 4
	return int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

func (r *reader) bool() bool {
	if len(r.data)-r.at < 1 {
		r.fail("cut short")
		return false
	}
	r.at++
	return r.data[r.at-1] != 0
}

// follows reports whether expected comes next, and skips it.
func (r *reader) follows(expected string) bool {
	rest := r.data[r.at:]
	if len(rest) < len(expected) || string(rest[:len(expected)]) != expected {
		return false
	}
	r.at += len(expected)
	return true
}

// stringOr reads a text for which the placeholder stands for standard.
func (r *reader) stringOr(standard string) string {
	if r.follows(packed.PlaceholderText) {
		return standard
	}
	text := r.text()
	if string(text) == packed.Placeholder { // its length takes more bytes than it needs
		return standard
	}
	return r.keepName(text)
}

// name reads a text that is often a well-known name.
func (r *reader) name() string { return r.keepName(r.text()) }

func (r *reader) keepName(text []byte) string {
	if name, ok := known(text); ok {
		return name
	}
	return r.keep(text)
}

func (r *reader) string() string { return r.keep(r.text()) }

func (r *reader) keep(text []byte) string {
	return r.texts.keep(text, len(r.data))
}

// text reads a text. That of nearly all is ASCII, and its length takes one byte.
func (r *reader) text() []byte {
	if start := r.at + 1; r.ascii && start <= len(r.data) {
		end := start + int(r.data[start-1])
		if end < start+0x80 && end <= len(r.data) {
			r.at = end
			return r.data[start:end]
		}
	}
	return r.anyText()
}

func (r *reader) anyText() []byte {
	n, size := packed.Length(r.data[r.at:])
	if size == 0 {
		r.fail("a length is cut short or too large")
		return nil
	}
	r.at += size
	if n > len(r.data)-r.at {
		r.fail("cut short")
		return nil
	}
	text := r.data[r.at : r.at+n]
	r.at += n
	if !r.ascii && !utf8.Valid(text) {
		return toValidUTF8(string(text))
	}
	return text
}
