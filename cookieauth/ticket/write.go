package ticket

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/internal/packed"
)

// MarshalBinary returns the ticket in its format. See AppendBinary.
func (t *Ticket) MarshalBinary() ([]byte, error) { return t.AppendBinary(nil) }

// AppendBinary appends the ticket in its format to dst.
//
//	Ticket   = int32 5, string scheme, int32 count, Identity…, Properties
//	Identity = string authentication type, string name type, string role type,
//	           int32 count, Claim…, bool, string bootstrap context if true,
//	           bool, Identity actor if true
//	Claim    = string type, string value, string value type, string issuer,
//	           string original issuer, int32 count, (string key, string value)…
//	Properties = int32 1, int32 count, (string key, string value)…
//
// Numbers are little-endian; a string is its length in bytes, in groups of
// seven bits, lowest first, and its UTF-8. A type, value type or issuer that has
// its default is written as the one character U+0000.
//
// Text that is not valid UTF-8 is written with U+FFFD in place of what is wrong.
// The error Is ErrInvalid when a claim names a property twice, or when actors are
// nested more than 16 deep.
func (t *Ticket) AppendBinary(dst []byte) ([]byte, error) {
	w := newWriter(dst)
	w.ticket(t)
	if w.mustLookCloser() {
		w.ticket(t)
	}
	return w.result()
}

func (w *writer) ticket(t *Ticket) {
	w.head(t.Scheme, t.Principal, "")
	w.int32(propertiesVersion)
	w.int32(t.Properties.Len())
	for key, value := range t.Properties.All() {
		w.string(key)
		w.string(value)
	}
}

// head writes what comes before the properties. Identities that claims.New has made
// are of the given authentication type.
func (w *writer) head(scheme string, p *claims.Principal, authenticationType string) {
	w.int32(ticketVersion)
	w.string(scheme)
	w.authenticationType = authenticationType
	identities := p.Identities()
	w.int32(len(identities))
	for k := range identities {
		w.identity(&identities[k], 0)
	}
}

// writer keeps the first error.
type writer struct {
	buf                []byte
	start              int    // where in buf the ticket begins
	trusting           bool   // that texts are valid UTF-8
	authenticationType string // of identities that have none yet
	err                error
}

func newWriter(dst []byte) writer { return writer{buf: dst, start: len(dst), trusting: true} }

// mustLookCloser reports whether the ticket has to be written once more, with a
// look at each text, since not all of it is ASCII.
func (w *writer) mustLookCloser() bool {
	if w.err != nil || isASCII(w.buf[w.start:]) {
		return false
	}
	*w = writer{buf: w.buf[:w.start], start: w.start}
	return true
}

func (w *writer) result() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	return w.buf, nil
}

func (w *writer) identity(i *claims.Identity, depth int) {
	if depth > maxActors {
		w.fail("actors are nested more than %d deep", maxActors)
		return
	}
	nameType := orDefault(i.NameClaimType, claims.TypeName)
	w.string(i.AuthenticatedBy(w.authenticationType))
	w.stringOr(nameType, claims.TypeName)
	w.stringOr(orDefault(i.RoleClaimType, claims.TypeRole), claims.TypeRole)
	w.int32(len(i.Claims))
	for k := range i.Claims {
		w.claim(&i.Claims[k], nameType)
	}
	w.bool(i.BootstrapContext != "")
	if i.BootstrapContext != "" {
		w.string(i.BootstrapContext)
	}
	w.bool(i.Actor != nil)
	if i.Actor != nil {
		w.identity(i.Actor, depth+1)
	}
}

// claim takes the name type of the identity that the claim belongs to, which is
// the default of its type.
func (w *writer) claim(c *claims.Claim, nameType string) {
	w.stringOr(c.Type, nameType)
	w.string(c.Value)
	issuer := orDefault(c.Issuer, claims.DefaultIssuer)
	if isOrdinary(c, issuer) {
		w.buf = append(w.buf, packed.Ordinary...)
		return
	}
	w.stringOr(orDefault(c.ValueType, claims.DefaultValueType), claims.DefaultValueType)
	w.stringOr(issuer, claims.DefaultIssuer)
	w.stringOr(orDefault(c.OriginalIssuer, issuer), issuer)
	w.int32(len(c.Properties))
	for k, p := range c.Properties {
		for _, earlier := range c.Properties[:k] {
			if earlier.Key == p.Key {
				w.fail("a claim has a property twice")
			}
		}
		w.string(p.Key)
		w.string(p.Value)
	}
}

// isOrdinary reports whether c ends as most claims do.
func isOrdinary(c *claims.Claim, issuer string) bool {
	return len(c.Properties) == 0 && issuer == claims.DefaultIssuer &&
		(c.ValueType == "" || c.ValueType == claims.DefaultValueType) &&
		(c.OriginalIssuer == "" || c.OriginalIssuer == claims.DefaultIssuer)
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
	}
}

func (w *writer) int32(n int) {
	if n > math.MaxInt32 {
		w.fail("too long")
	}
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(n))
}

func (w *writer) bool(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *writer) string(s string) {
	if len(s) < 0x80 && w.trusting {
		w.buf = append(append(w.buf, byte(len(s))), s...)
		return
	}
	if !w.trusting && !utf8.ValidString(s) {
		s = string(toValidUTF8(s))
	}
	if len(s) > math.MaxInt32 {
		w.fail("too long")
		return
	}
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

// stringOr writes s, or the placeholder if s is what readers take that for.
func (w *writer) stringOr(s, standard string) {
	if s == standard {
		s = packed.Placeholder
	}
	w.string(s)
}

func orDefault(s, standard string) string {
	if s == "" {
		return standard
	}
	return s
}
