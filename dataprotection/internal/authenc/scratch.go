package authenc

import (
	"crypto/aes"
	"crypto/sha512"
	"hash"
	"sync"
)

// A scratch is the memory of one operation. Nothing in it grows with the payload.
type scratch struct {
	sha512  digest            // for the key derivation
	macs    [hashes]hash.Hash // for the MAC, each made on first use
	tail    []byte            // the end of the derivation's input: key modifier, length
	subkeys [2 * sha512.Size]byte
	pad     [sha512.BlockSize]byte // MAC key XOR ipad or opad
	sum     [sha512.Size]byte
	block   [aes.BlockSize]byte // the last block of plaintext
}

var scratches = sync.Pool{New: func() any {
	return &scratch{sha512: newDigest(), tail: make([]byte, 0, modifierSize+4)}
}}

func getScratch() *scratch { return scratches.Get().(*scratch) }

// release gives s back, without what is secret: hmac has wiped its part itself.
// The digests keep the rest of their last input, which is an inner sum and of no
// use without the key.
func (s *scratch) release() {
	s.sha512.Reset()
	clear(s.subkeys[:])
	clear(s.sum[:])
	clear(s.block[:])
	scratches.Put(s)
}

// mac returns the hash function h. Whoever uses it resets it afterwards.
func (s *scratch) mac(h Hash) hash.Hash {
	if s.macs[h] == nil {
		s.macs[h] = h.new()
	}
	return s.macs[h]
}
