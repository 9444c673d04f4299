package authenc

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/fips140"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
)

// A Suite is a choice of algorithms. Suites are comparable.
type Suite struct {
	Mode    Mode
	Cipher  Cipher
	KeyBits int  // 128, 192 or 256 for AES; 192 for TripleDES
	Hash    Hash // of the HMAC; ignored in GCM mode
}

// A Mode is how the cipher is run and its output authenticated.
type Mode uint8

// The modes.
const (
	CBC Mode = iota // CBC with PKCS #7 padding, then HMAC
	GCM             // Galois/Counter Mode
)

// A Cipher is a block cipher.
type Cipher uint8

// The ciphers.
const (
	AES       Cipher = iota
	TripleDES        // for reading old keys only
)

// A Hash is the hash function of the HMAC.
type Hash uint8

// The hash functions.
const (
	SHA256 Hash = iota
	SHA512
	SHA1 // for reading old keys only
	SHA384

	hashes = iota
)

const (
	modifierSize = 16 // of the random key modifier in front of every payload
	nonceSize    = 12 // GCM
	tagSize      = 16 // GCM
)

// SealedSize returns the length of what n bytes of plaintext become.
func (s Suite) SealedSize(n int) int {
	if s.Mode == GCM {
		return modifierSize + nonceSize + n + tagSize
	}
	block := s.Cipher.blockSize()
	return modifierSize + block + (n/block+1)*block + s.Hash.size()
}

// MaxPlaintext returns the most bytes of plaintext that n sealed bytes can hold,
// 0 if there are too few to hold any.
func (s Suite) MaxPlaintext(n int) int {
	spare := n - s.SealedSize(0)
	if spare < 0 {
		return 0
	}
	if s.Mode == GCM {
		return spare
	}
	return spare + s.Cipher.blockSize() - 1 // of the padding one byte is a must
}

// String returns a name for messages, such as AES-256-CBC+HMACSHA256.
func (s Suite) String() string {
	name := fmt.Sprintf("%v-%d", s.Cipher, s.KeyBits)
	if s.Mode == GCM {
		return name + "-GCM"
	}
	return name + "-CBC+" + s.Hash.String()
}

// validate says what is wrong with s.
func (s Suite) validate() error {
	switch {
	case s.Mode > GCM:
		return fmt.Errorf("authenc: unknown mode %d", s.Mode)
	case s.Cipher > TripleDES:
		return fmt.Errorf("authenc: unknown cipher %d", s.Cipher)
	case s.Mode == GCM && s.Cipher != AES:
		return errors.New("authenc: GCM needs AES")
	case s.Cipher == AES && s.KeyBits != 128 && s.KeyBits != 192 && s.KeyBits != 256:
		return fmt.Errorf("authenc: AES has no keys of %d bits", s.KeyBits)
	case s.Cipher == TripleDES && s.KeyBits != 192:
		return fmt.Errorf("authenc: 3DES has no keys of %d bits", s.KeyBits)
	case s.Mode == CBC && s.Hash >= hashes:
		return fmt.Errorf("authenc: unknown hash %d", s.Hash)
	case s.Mode == CBC && s.Hash == SHA1 && fips140.Enforced():
		// crypto/sha1 would panic. The ciphers that are not allowed say so themselves.
		return errors.New("authenc: HMACSHA1 is not allowed in FIPS 140-only mode")
	}
	return nil
}

// normal returns s with what does not matter left out.
func (s Suite) normal() Suite {
	if s.Mode == GCM {
		s.Hash = 0
	}
	return s
}

// keySize returns the bytes of the encryption subkey.
func (s Suite) keySize() int { return s.KeyBits / 8 }

// macSize returns the bytes of the MAC and of its subkey.
func (s Suite) macSize() int {
	if s.Mode == GCM {
		return 0
	}
	return s.Hash.size()
}

// newCipher returns the block cipher under the encryption subkey.
func (s Suite) newCipher(key []byte) (cipher.Block, error) {
	if s.Cipher == TripleDES {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

// blockSize returns the bytes of a block, and of the IV in CBC mode.
func (c Cipher) blockSize() int {
	if c == TripleDES {
		return des.BlockSize
	}
	return aes.BlockSize
}

// String returns the usual name of the cipher.
func (c Cipher) String() string {
	if c == TripleDES {
		return "3DES"
	}
	return "AES"
}

// size returns the length of a digest in bytes.
func (h Hash) size() int {
	switch h {
	case SHA1:
		return sha1.Size
	case SHA384:
		return sha512.Size384
	case SHA512:
		return sha512.Size
	default:
		return sha256.Size
	}
}

func (h Hash) new() hash.Hash {
	switch h {
	case SHA1:
		return sha1.New()
	case SHA384:
		return sha512.New384()
	case SHA512:
		return sha512.New()
	default:
		return sha256.New()
	}
}

// String returns the name of the HMAC.
func (h Hash) String() string {
	switch h {
	case SHA1:
		return "HMACSHA1"
	case SHA384:
		return "HMACSHA384"
	case SHA512:
		return "HMACSHA512"
	default:
		return "HMACSHA256"
	}
}
