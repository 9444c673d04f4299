// Package base64url writes and reads base64 in the alphabet for URLs without
// padding (RFC 4648, section 5), as encoding/base64 does with
// RawURLEncoding.Strict(), but in half the time. In a cookie's life this is a
// large part of the work. It differs in one point: line breaks are errors.
package base64url

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
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
		binary.LittleEndian.PutUint64(out, encodeSix(binary.BigEndian.Uint64(src)))
		src, out = src[6:], out[8:]
	}
	for len(src) > 0 { // the last ones, with zeros behind them
		var last [8]byte
		copy(last[:], src)
		binary.LittleEndian.PutUint64(last[:], encodeSix(binary.BigEndian.Uint64(last[:])))
		copy(out, last[:])
		src, out = src[min(6, len(src)):], out[min(8, len(out)):]
	}
	return dst
}

// encodeSix returns the eight characters of the upper six bytes of v, the first one
// in the low byte.
func encodeSix(v uint64) uint64 {
	return uint64(pairs[v>>52]) | uint64(pairs[v>>40&0xfff])<<16 | uint64(pairs[v>>28&0xfff])<<32 | uint64(pairs[v>>16&0xfff])<<48
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

// AppendDecode appends the bytes of text to dst. The error is ErrCorrupt; then
// the result is nil.
func AppendDecode(dst []byte, text string) ([]byte, error) {
	start := len(dst)
	n := base64.RawURLEncoding.DecodedLen(len(text))
	dst = slices.Grow(dst, n)[:start+n]
	out := dst[start:]
	i, k := 0, 0
	for i <= len(text)-8 && k <= len(out)-8 { // eight characters become six bytes
		s := text[i : i+8]
		a := values[0][s[0]] | values[1][s[1]] | values[2][s[2]] | values[3][s[3]]
		b := values[0][s[4]] | values[1][s[5]] | values[2][s[6]] | values[3][s[7]]
		if a|b >= invalid {
			return nil, ErrCorrupt
		}
		binary.BigEndian.PutUint64(out[k:k+8], uint64(a)<<40|uint64(b)<<16)
		i, k = i+8, k+6
	}
	if !decodeEnd(out[k:], text[i:]) {
		return nil, ErrCorrupt
	}
	return dst, nil
}

// decodeEnd decodes the last characters, of which only three become two bytes, and
// two one byte. Bits that are left over must be zero.
func decodeEnd(out []byte, text string) bool {
	var v uint32
	for ; len(text) >= 4; text, out = text[4:], out[3:] {
		v = values[0][text[0]] | values[1][text[1]] | values[2][text[2]] | values[3][text[3]]
		if v >= invalid {
			return false
		}
		out[0], out[1], out[2] = byte(v>>16), byte(v>>8), byte(v)
	}
	switch len(text) {
	case 1:
		return false
	case 2:
		v = values[0][text[0]] | values[1][text[1]]
		out[0] = byte(v >> 16)
		return v < invalid && v&0xffff == 0
	case 3:
		v = values[0][text[0]] | values[1][text[1]] | values[2][text[2]]
		out[0], out[1] = byte(v>>16), byte(v>>8)
		return v < invalid && v&0xff == 0
	}
	return true
}
