package authenc

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"slices"
)

// What is sealed looks like this:
//
//	CBC  key modifier (16) || IV (one block) || ciphertext || MAC (one digest)
//	GCM  key modifier (16) || nonce (12) || ciphertext || tag (16)
//
// The MAC is over IV || ciphertext. The ciphertext in CBC mode is padded as PKCS #7
// says and so at least one block long; in GCM mode it is as long as the plaintext.

var (
	errRetired = errors.New("authenc: 3DES is for opening only")
	errTooLong = errors.New("authenc: plaintext too long")
)

// maxGCM is the longest plaintext of GCM in bytes.
const maxGCM = 1<<36 - 32

// AppendSeal encrypts and authenticates plaintext, appends what that gives to dst
// and returns the extended slice. [Suite.SealedSize] tells how much that is; with
// room for it in dst only crypto/aes and crypto/cipher allocate. Plaintext must not
// overlap the room behind dst's length.
//
// It fails only if the key cannot seal: an empty master key in CBC mode, or 3DES.
func (b *Bound) AppendSeal(dst, plaintext []byte) ([]byte, error) {
	if b.suite.Cipher == TripleDES {
		return nil, errRetired
	}
	return b.appendSeal(dst, plaintext, rand.Read)
}

// appendSeal is AppendSeal for every suite and with a source of randomness, which
// it asks once, for the key modifier and the IV or nonce behind it.
func (b *Bound) appendSeal(dst, plaintext []byte, random func([]byte) (int, error)) ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	if b.suite.Mode == GCM {
		return b.sealGCM(dst, plaintext, random)
	}
	return b.sealCBC(dst, plaintext, random)
}

func (b *Bound) sealCBC(dst, plaintext []byte, random func([]byte) (int, error)) ([]byte, error) {
	s := getScratch()
	defer s.release()

	blockSize := b.suite.Cipher.blockSize()
	start := len(dst)
	dst = slices.Grow(dst, b.suite.SealedSize(len(plaintext)))[:start+modifierSize+blockSize]
	if _, err := random(dst[start:]); err != nil {
		return nil, err
	}
	encryption, mac := b.subkeys(s, dst[start:start+modifierSize])
	block, err := b.suite.newCipher(encryption)
	if err != nil {
		return nil, err
	}
	dst = append(dst, plaintext...)
	dst = appendPadding(dst, len(plaintext), blockSize)
	message := dst[start+modifierSize:]
	encryptCBC(block, message)
	return append(dst, s.hmac(b.suite.Hash, mac, message)...), nil
}

func (b *Bound) sealGCM(dst, plaintext []byte, random func([]byte) (int, error)) ([]byte, error) {
	if uint64(len(plaintext)) > maxGCM {
		return nil, errTooLong // crypto/cipher would panic
	}
	start := len(dst)
	dst = slices.Grow(dst, b.suite.SealedSize(len(plaintext)))[:start+modifierSize+nonceSize]
	if _, err := random(dst[start:]); err != nil {
		return nil, err
	}
	gcm, err := b.newGCM(dst[start : start+modifierSize])
	if err != nil {
		return nil, err
	}
	return gcm.Seal(dst, dst[start+modifierSize:], plaintext, nil), nil
}

// newGCM returns the cipher of the payload with this key modifier.
func (b *Bound) newGCM(modifier []byte) (cipher.AEAD, error) {
	s := getScratch()
	defer s.release()
	encryption, _ := b.subkeys(s, modifier)
	block, err := b.suite.newCipher(encryption)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
