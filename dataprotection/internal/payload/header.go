package payload

import (
	"encoding/binary"
	"errors"
)

// HeaderSize is the length of a payload's header:
//
//	offset  size  content
//	0       4     magic, big-endian: 09 f0 c9 f0; the low 4 bits are the version, 0
//	4       16    key id, the first three groups of its text form reversed
const HeaderSize = 20

const (
	magic       = 0x09f0c9f0
	versionMask = 0x0000000f
)

// The errors of [ParseHeader]. They are for logs: a client must not learn which
// check has failed.
var (
	ErrTooShort = errors.New("payload: shorter than a header")
	ErrMagic    = errors.New("payload: not a protected payload")
	ErrVersion  = errors.New("payload: made by a newer version of the format")
)

// AppendHeader appends the header of a payload that the key id has made. The
// bytes of id are in the order of its text form.
func AppendHeader(dst []byte, id [16]byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, magic)
	wire := swapGroups(id)
	return append(dst, wire[:]...)
}

// ParseHeader splits a payload into the id of its key, in the order of the text
// form, and the part behind the header, which shares p's memory.
func ParseHeader(p []byte) (id [16]byte, body []byte, err error) {
	if len(p) < HeaderSize {
		return id, nil, ErrTooShort
	}
	switch m := binary.BigEndian.Uint32(p); {
	case m&^versionMask != magic:
		return id, nil, ErrMagic
	case m != magic:
		return id, nil, ErrVersion
	}
	return swapGroups([16]byte(p[4:])), p[HeaderSize:], nil
}

// swapGroups turns a key id from text order into wire order, or back. .NET
// stores the first three groups of a GUID as little-endian numbers.
func swapGroups(id [16]byte) [16]byte {
	return [16]byte{
		id[3], id[2], id[1], id[0],
		id[5], id[4],
		id[7], id[6],
		id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15],
	}
}
