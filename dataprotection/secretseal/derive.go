package secretseal

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// A cost is what deriving a key from a secret costs.
type cost struct {
	time, memory uint32 // passes, KiB
	threads      uint8
}

// recommended is the second choice of RFC 9106, section 4, for machines without 2 GiB to spare.
var recommended = cost{time: 3, memory: 64 << 10, threads: 4}

// bearable bounds what an element can make us do: it may come from anybody who can
// write to the store.
func (c cost) bearable() bool {
	return 1 <= c.time && c.time <= 16 && 1 <= c.threads && c.threads <= 16 &&
		8*uint32(c.threads) <= c.memory && c.memory <= 256<<10
}

type salt [16]byte

func newSalt() (s salt) {
	rand.Read(s[:])
	return s
}

// parameters are all that a derived key depends on beside the secret.
type parameters struct {
	cost cost
	salt salt
}

// A derivedKey is made from the secret. The id is public: it says which secret that
// was to those who have it, and helps others no more than the ciphertext does.
type derivedKey struct {
	aead cipher.AEAD
	id   [8]byte
}

// maxDerived bounds the cache of derived keys. More salts than a few, each a start
// from an empty store, are the work of somebody who plays with the store.
const maxDerived = 64

// derive returns the key for p. Keys of other secrets are kept too: while secrets
// change, all the old keys are shown to the new secret first.
func (s *Sealer) derive(p parameters) *derivedKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := s.derived[p]; key != nil {
		return key
	}
	material := argon2.IDKey(s.secret, p.salt[:], p.cost.time, p.cost.memory, p.cost.threads, chacha20poly1305.KeySize+8)
	defer clear(material)
	aead, err := chacha20poly1305.NewX(material[:chacha20poly1305.KeySize])
	if err != nil {
		panic("secretseal: internal error: " + err.Error())
	}
	key := &derivedKey{aead: aead, id: [8]byte(material[chacha20poly1305.KeySize:])}
	if len(s.derived) >= maxDerived {
		clear(s.derived)
	}
	s.derived[p] = key
	return key
}

// current returns what to seal with.
func (s *Sealer) current() parameters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return parameters{s.cost, s.salt}
}

// adopt makes the salt of a key that was opened that of the keys to come, so that
// the next start has one key less to derive.
func (s *Sealer) adopt(p parameters) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.cost == s.cost {
		s.salt = p.salt
	}
}

// encrypt returns nonce || ciphertext || tag. Nonces of 24 bytes may be random.
func (k *derivedKey) encrypt(plaintext, additional []byte) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(plaintext)+chacha20poly1305.Overhead)
	rand.Read(nonce)
	return k.aead.Seal(nonce, nonce, plaintext, additional)
}

func (k *derivedKey) decrypt(value, additional []byte) ([]byte, error) {
	if len(value) < chacha20poly1305.NonceSizeX {
		return nil, errors.New("too short")
	}
	return k.aead.Open(nil, value[:chacha20poly1305.NonceSizeX], value[chacha20poly1305.NonceSizeX:], additional)
}
