// Package base64url writes and reads base64 in the alphabet for URLs without
// padding (RFC 4648, section 5), as encoding/base64 does with
// RawURLEncoding.Strict(), but faster: encoding takes little more than half the
// time, decoding three quarters. In a cookie's life this is a large part of the
// work. It differs in one point: line breaks are errors.
package base64url

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// pairs has the two characters of each 12 bits, the first one in the low byte.
var pairs = func() (table [1 << 12]uint16) {
	for v := range table {
		table[v] = uint16(alphabet[v>>6]) | uint16(alphabet[v&63])<<8
	}
	return
}()

// AppendEncode appends the text of src to dst.
func AppendEncode(dst, src []byte) []byte {
	start := len(dst)
	n := base64.RawURLEncoding.EncodedLen(len(src))
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]
	for len(src) >= 8 { // six of them become eight characters
		v := binary.BigEndian.Uint64(src)
		binary.LittleEndian.PutUint64(out, uint64(pairs[v>>52])|
			uint64(pairs[v>>40&0xfff])<<16|
			uint64(pairs[v>>28&0xfff])<<32|
			uint64(pairs[v>>16&0xfff])<<48)
		src, out = src[6:], out[8:]
	}
	base64.RawURLEncoding.Encode(out, src)
	return dst
}

// ErrCorrupt is the error of text that AppendEncode cannot have written.
var ErrCorrupt = errors.New("base64url: corrupt text")

// invalid marks what is no character of the alphabet, above the 24 bits of four characters.
const invalid = 1 << 24

// values has the bits of a character at each of the four places in a group.
var values = func() (table [4][256]uint32) {
	for place := range table {
		for c := range table[place] {
			table[place][c] = invalid
		}
		for v := range len(alphabet) {
			table[place][alphabet[v]] = uint32(v) << (18 - 6*place)
		}
	}
	return
}()

var strict = base64.RawURLEncoding.Strict()

// AppendDecode appends the bytes of text to dst. The error is ErrCorrupt; then
// the result is nil.
func AppendDecode(dst []byte, text string) ([]byte, error) {
	start := len(dst)
	n := strict.DecodedLen(len(text))
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]
	for len(text) >= 8 && len(out) >= 8 { // eight characters become six bytes
		a := group(text)
		b := group(text[4:])
		if a|b >= invalid {
			return nil, ErrCorrupt
		}
		binary.BigEndian.PutUint64(out, uint64(a)<<40|uint64(b)<<16)
		text, out = text[8:], out[6:]
	}
	if strings.ContainsAny(text, "\r\n") { // which encoding/base64 would skip
		return nil, ErrCorrupt
	}
	if _, err := strict.Decode(out, []byte(text)); err != nil {
		return nil, ErrCorrupt
	}
	return dst, nil
}

// group returns the 24 bits of four characters.
func group(text string) uint32 {
	_ = text[3]
	return values[0][text[0]] | values[1][text[1]] | values[2][text[2]] | values[3][text[3]]
}
