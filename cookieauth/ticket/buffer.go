package ticket

import (
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/internal/packed"
)

// A Buffer is a ticket with room in it for an ordinary one, which is read with one
// allocation: its claims are not taken apart before somebody wants them all, since
// most requests look up one or two. It must not be copied; its Ticket may be.
type Buffer struct {
	Ticket
	principal claims.Principal
}

// UnmarshalBinary reads a ticket as Ticket does.
func (b *Buffer) UnmarshalBinary(data []byte) error {
	if b.hasRoom() && b.readOrdinary(data) {
		return nil
	}
	return b.Ticket.UnmarshalBinary(data)
}

// hasRoom is false once the room belongs to whoever has the ticket that was read.
func (b *Buffer) hasRoom() bool { return b.principal.Len() == 0 }

// readOrdinary reads a ticket with one identity of ordinary claims and with few
// properties, all of valid UTF-8, whose texts are then parts of one. For all others,
// and for what is no ticket, it returns false.
func (b *Buffer) readOrdinary(data []byte) bool {
	r := packed.Reader{Data: data, ASCII: isASCII(data)}
	version, scheme, identities := r.Int32(), r.Text(), r.Int32()
	if version != ticketVersion || identities != 1 {
		return false
	}
	start := r.At
	identity, ok := r.Identity()
	whole := r.Since(start)
	if !ok || r.Int32() != propertiesVersion {
		return false
	}
	properties, ok := skipProperties(&r)
	if !ok {
		return false
	}
	text := string(data[:r.At])
	p := Properties{packed: properties.In(text)}
	if p.repeats() {
		return false
	}
	b.principal.Pack(identity.In(text, whole))
	b.Ticket = Ticket{Scheme: scheme.In(text), Principal: &b.principal, Properties: p}
	return true
}

// skipProperties returns where a few properties are.
func skipProperties(r *packed.Reader) (where packed.Span, ok bool) {
	n, start := r.Int32(), r.At
	if n < 0 || n > 8 {
		return where, false
	}
	for range n {
		r.Text()
		r.Text()
	}
	return r.Since(start), !r.Failed
}

// repeats reports whether a property is there twice, of those that are packed.
func (p Properties) repeats() bool {
	for rest := p.packed; rest != ""; {
		var i item
		i, rest = unpackItem(rest)
		if _, again := (Properties{packed: rest}).Get(i.key); again {
			return true
		}
	}
	return false
}
