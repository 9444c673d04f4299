package authenc

import (
	"bytes"
	"crypto/sha512"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"
)

// The key derivation is SP 800-108 in counter mode with HMAC-SHA-512. To get n
// bytes, for i = 1, 2, …:
//
//	T(i) = HMAC(master key, BE32(i) || label || 00 || context || BE32(8n))
//
// The label is the additional authenticated data of the payload, the context is
// the context header of the suite followed by the payload's key modifier, and
// the first n bytes of T(1) || T(2) || … are the subkeys.
//
// So only the last 20 of some 200 bytes differ from payload to payload. Everything
// in front is hashed once and kept as the state of a half-finished SHA-512, in the
// form that crypto/sha512 promises to read back. A derivation then costs two
// compressions, where an HMAC made anew needs five, and no memory.

var separator = []byte{0} // between label and context

// A state is an unfinished SHA-512. It is worth as much as the key that went in.
type state []byte

// A digest is a SHA-512 that can be set to a state.
type digest interface {
	hash.Hash
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

func newDigest() digest { return sha512.New().(digest) }

// A prf is an HMAC-SHA-512 whose key has been hashed: ipad has gone into inner,
// opad into outer.
type prf struct{ inner, outer state }

func newPRF(key []byte) prf {
	if len(key) > sha512.BlockSize {
		sum := sha512.Sum512(key)
		key = sum[:]
	}
	d := newDigest()
	return prf{inner: padState(d, ipad[:sha512.BlockSize], key), outer: padState(d, opad[:sha512.BlockSize], key)}
}

// padState returns the state after one block, key XOR pad.
func padState(d digest, pad, key []byte) state {
	block := bytes.Clone(pad)
	defer clear(block)
	subtle.XORBytes(block, pad, key)
	d.Reset()
	d.Write(block)
	return save(d)
}

// A kdf derives the subkeys of payloads that share label and context header.
type kdf struct {
	counters []state // the inner state of T(1), T(2), …, up to the context header
	outer    state
	size     int // n
}

// bind returns the derivation of n bytes under p.
func (p prf) bind(label, contextHeader []byte, n int) kdf {
	s := getScratch()
	defer s.release()
	counters := (n + sha512.Size - 1) / sha512.Size
	k := kdf{counters: make([]state, counters), outer: p.outer, size: n}
	for i := range counters {
		load(s.sha512, p.inner)
		s.tail = binary.BigEndian.AppendUint32(s.tail[:0], uint32(i+1))
		s.sha512.Write(s.tail)
		s.sha512.Write(label)
		s.sha512.Write(separator)
		s.sha512.Write(contextHeader)
		k.counters[i] = save(s.sha512)
	}
	return k
}

// derive returns the subkeys that the rest of the context gives. They lie in s.
func (k *kdf) derive(s *scratch, context []byte) []byte {
	s.tail = append(s.tail[:0], context...)
	s.tail = binary.BigEndian.AppendUint32(s.tail, uint32(8*k.size))
	out := s.subkeys[:0]
	for _, inner := range k.counters {
		load(s.sha512, inner)
		s.sha512.Write(s.tail)
		sum := s.sha512.Sum(s.sum[:0])
		load(s.sha512, k.outer)
		s.sha512.Write(sum)
		out = s.sha512.Sum(out)
	}
	return out[:k.size]
}

func save(d digest) state {
	b, err := d.MarshalBinary()
	if err != nil {
		panic("authenc: internal error: " + err.Error())
	}
	return b
}

func load(d digest, from state) {
	if err := d.UnmarshalBinary(from); err != nil {
		panic("authenc: internal error: " + err.Error())
	}
}
