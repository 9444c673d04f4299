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
	if b.hasRoom() && b.readOrdinary(packed.Reader{Rest: string(data), ASCII: isASCII(data)}) {
		return nil
	}
	return b.Ticket.UnmarshalBinary(data)
}

// hasRoom is false once the room belongs to whoever has the ticket that was read.
func (b *Buffer) hasRoom() bool { return b.principal.Len() == 0 }

// readOrdinary reads a ticket with one identity of ordinary claims and with few
// properties, all of valid UTF-8, whose texts are parts of what r has. For all others,
// and for what is no ticket, it returns false.
func (b *Buffer) readOrdinary(r packed.Reader) bool {
	version, scheme, identities := r.Int32(), r.Text(), r.Int32()
	if version != ticketVersion || identities != 1 {
		return false
	}
	identity, ok := r.Identity()
	if !ok || r.Int32() != propertiesVersion {
		return false
	}
	properties, ok := readProperties(&r)
	if !ok {
		return false
	}
	b.principal.Pack(identity)
	b.Ticket = Ticket{Scheme: scheme, Principal: &b.principal, Properties: properties}
	return true
}

// readProperties reads a few properties, all of different names.
func readProperties(r *packed.Reader) (p Properties, ok bool) {
	n, all := r.Int32(), r.Rest
	if r.Failed || n < 0 || n > 8 {
		return p, false
	}
	for range n {
		key := r.Text()
		if _, twice := p.Get(key); twice {
			return p, false
		}
		r.Text() // the value
		if r.Failed {
			return p, false
		}
		p.packed = all[:len(all)-len(r.Rest)]
	}
	return p, true
}
