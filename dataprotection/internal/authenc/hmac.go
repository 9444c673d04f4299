package authenc

import (
	"bytes"
	"crypto/sha512"
	"crypto/subtle"
)

// The pads of HMAC (RFC 2104), for the largest block there is.
var (
	ipad = bytes.Repeat([]byte{0x36}, sha512.BlockSize)
	opad = bytes.Repeat([]byte{0x5c}, sha512.BlockSize)
)

// hmac returns the HMAC of message. It lies in s. The key must not be longer than
// a block of the hash; a MAC subkey is as long as a digest.
func (s *scratch) hmac(h Hash, key, message []byte) []byte {
	d := s.mac(h)
	pad := s.pad[:d.BlockSize()]

	copy(pad, ipad)
	subtle.XORBytes(pad, pad, key)
	d.Write(pad)
	d.Write(message)
	inner := d.Sum(s.sum[:0])

	copy(pad, opad)
	subtle.XORBytes(pad, pad, key)
	d.Reset()
	d.Write(pad)
	d.Write(inner)
	sum := d.Sum(s.sum[:0])

	d.Reset()
	clear(pad)
	return sum
}
