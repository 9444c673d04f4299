package authenc

import (
	"crypto/hmac"
	"slices"
)

// AppendOpen opens what [Bound.AppendSeal] has made, appends the plaintext to dst
// and returns the extended slice. [Suite.MaxPlaintext] tells how much that can be;
// with room for it in dst only crypto/aes and crypto/cipher allocate. Sealed must
// not overlap the room behind dst's length.
//
// The error is [ErrOpen] whatever is wrong with sealed, or [ErrEmptyKey]. Then
// AppendOpen returns nil, dst is as it was, and the room behind its length holds
// nothing of the plaintext.
func (b *Bound) AppendOpen(dst, sealed []byte) ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(sealed) < b.suite.SealedSize(0) {
		return nil, ErrOpen
	}
	if b.suite.Mode == GCM {
		return b.openGCM(dst, sealed)
	}
	return b.openCBC(dst, sealed)
}

func (b *Bound) openGCM(dst, sealed []byte) ([]byte, error) {
	modifier, rest := sealed[:modifierSize], sealed[modifierSize:]
	gcm, known := b.recent.gcm(modifier)
	if !known {
		var err error
		if gcm, err = b.newGCM(modifier); err != nil {
			return nil, err
		}
	}
	out, err := gcm.Open(dst, rest[:nonceSize], rest[nonceSize:], nil)
	if err != nil {
		return nil, ErrOpen
	}
	if !known {
		b.recent.rememberGCM(modifier, gcm)
	}
	return out, nil
}

// openCBC keys the block cipher only when the MAC is good: refusing costs less
// than opening. A bad padding under a good MAC is no oracle, since only who has
// the key can make one.
func (b *Bound) openCBC(dst, sealed []byte) ([]byte, error) {
	s := getScratch()
	defer s.release()

	blockSize, end := b.suite.Cipher.blockSize(), len(sealed)-b.suite.macSize()
	modifier, message, sum := sealed[:modifierSize], sealed[modifierSize:end], sealed[end:]
	if len(message)%blockSize != 0 {
		return nil, ErrOpen
	}
	var encryption []byte
	block, mac, known := b.recent.cbc(modifier)
	if !known {
		encryption, mac = b.subkeys(s, modifier)
	}
	if !hmac.Equal(s.hmac(b.suite.Hash, mac, message), sum) {
		return nil, ErrOpen
	}
	if !known {
		var err error
		if block, err = b.suite.newCipher(encryption); err != nil {
			return nil, err
		}
		b.recent.rememberCBC(modifier, block, mac)
	}

	// The last block first, since its padding tells how much room the rest needs.
	whole := len(message) - 2*blockSize
	last := s.block[:blockSize]
	decryptCBC(block, last, message[whole:])
	last, ok := trimPadding(last)
	if !ok {
		return nil, ErrOpen
	}
	start := len(dst)
	dst = slices.Grow(dst, whole+len(last))[:start+whole]
	decryptCBC(block, dst[start:], message[:whole+blockSize])
	return append(dst, last...), nil
}
