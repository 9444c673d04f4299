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
	used      bool
}

// UnmarshalBinary reads a ticket as Ticket does.
func (b *Buffer) UnmarshalBinary(data []byte) error {
	if !b.used && isASCII(data) && b.readOrdinary(string(data)) {
		b.used = true // from now on the room belongs to whoever has the ticket
		return nil
	}
	return b.Ticket.UnmarshalBinary(data)
}

// readOrdinary reads a ticket with one identity of ordinary claims and with few
// properties, whose texts are parts of text, which is ASCII. For all others, and
// for what is no ticket, it returns false.
func (b *Buffer) readOrdinary(text string) bool {
	r := ordinaryReader{rest: text}
	version, scheme, identities := r.int32(), r.string(), r.int32()
	if version != ticketVersion || identities != 1 {
		return false
	}
	identity, rest, ok := packed.Read(r.rest)
	if !ok {
		return false
	}
	r.rest = rest
	version = r.int32()
	properties, ok := r.properties()
	if !ok || version != propertiesVersion {
		return false
	}
	b.principal.Pack(identity)
	b.Ticket = Ticket{Scheme: scheme, Principal: &b.principal, Properties: properties}
	return true
}

// An ordinaryReader reads what is ASCII, where the length of a text takes one byte.
// It returns zero values for what is not there.
type ordinaryReader struct {
	rest   string
	failed bool
}

// properties reads a few properties, all of different names.
func (r *ordinaryReader) properties() (p Properties, ok bool) {
	n, all := r.int32(), r.rest
	if r.failed || n < 0 || n > 8 {
		return p, false
	}
	for range n {
		key := r.string()
		if _, twice := p.Get(key); twice {
			return p, false
		}
		r.string() // the value
		if r.failed {
			return p, false
		}
		p.packed = all[:len(all)-len(r.rest)]
	}
	return p, true
}

func (r *ordinaryReader) int32() int32 {
	b := r.rest
	if len(b) < 4 {
		r.failed = true
		return 0
	}
	r.rest = b[4:]
	return int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

func (r *ordinaryReader) string() string {
	if b := r.rest; len(b) > 0 && int(b[0]) < len(b) {
		end := 1 + int(b[0])
		r.rest = b[end:]
		return b[1:end]
	}
	r.failed = true
	return ""
}
