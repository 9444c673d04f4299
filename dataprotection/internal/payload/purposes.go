package payload

import (
	"encoding/binary"
)

// countSize is the length of the count in front of an encoded list of purposes.
const countSize = 4

// AppendPurposes returns the encoding of the purposes that list encodes,
// followed by these. A nil list encodes none. The result is a slice of its own
// and list stays as it was, so a protector hands its list to any number of
// children, and each of them costs one copy.
//
//	number of purposes, 4 bytes, big-endian
//	for each: length in bytes, LEB128; the bytes
//
// The purposes are not looked at: that they must be valid UTF-8 is for the
// caller to check.
func AppendPurposes(list []byte, purposes []string) []byte {
	size := max(len(list), countSize)
	for _, p := range purposes {
		size += binary.MaxVarintLen32 + len(p)
	}
	out := make([]byte, countSize, size)
	if len(list) >= countSize {
		out = append(out[:0], list...)
	}
	count := binary.BigEndian.Uint32(out)
	binary.BigEndian.PutUint32(out, count+uint32(len(purposes)))
	for _, p := range purposes {
		out = appendLength(out, len(p))
		out = append(out, p...)
	}
	return out
}

// AAD returns the additional authenticated data of a payload: the header that
// the key id makes, then the purposes as [AppendPurposes] has encoded them.
func AAD(id [16]byte, purposes []byte) []byte {
	aad := make([]byte, 0, HeaderSize+len(purposes))
	return append(AppendHeader(aad, id), purposes...)
}

// appendLength appends n as .NET's 7-bit encoded integer, which is unsigned
// LEB128, which is Go's Uvarint.
func appendLength(dst []byte, n int) []byte {
	return binary.AppendUvarint(dst, uint64(n))
}
