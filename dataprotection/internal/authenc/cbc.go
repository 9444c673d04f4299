package authenc

import (
	"crypto/cipher"
	"crypto/fips140"
	"crypto/subtle"
)

// CBC is chained here by hand: cipher.NewCBCEncrypter copies the key schedule that
// has just been made, which costs as much as half a kilobyte of cookie. In FIPS 140-3
// mode, where the use of a bare block cipher counts as not approved, the standard
// library's modes do it.

// encryptCBC encrypts message, an IV and whole blocks of plaintext, in place.
func encryptCBC(block cipher.Block, message []byte) {
	size := block.BlockSize()
	if fips140.Enabled() {
		iv, text := message[:size], message[size:]
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
		return
	}
	previous := message[:size]
	for text := message[size:]; len(text) > 0; text = text[size:] {
		current := text[:size]
		subtle.XORBytes(current, current, previous)
		block.Encrypt(current, current)
		previous = current
	}
}

// decryptCBC decrypts message, an IV and whole blocks of ciphertext, into dst,
// which is as long as the ciphertext.
func decryptCBC(block cipher.Block, dst, message []byte) {
	size := block.BlockSize()
	if fips140.Enabled() {
		cipher.NewCBCDecrypter(block, message[:size]).CryptBlocks(dst, message[size:])
		return
	}
	for i := 0; i < len(dst); i += size {
		block.Decrypt(dst[i:i+size], message[i+size:i+2*size])
	}
	subtle.XORBytes(dst, dst, message)
}

// appendPadding appends the PKCS #7 padding of n bytes of plaintext.
func appendPadding(dst []byte, n, blockSize int) []byte {
	pad := blockSize - n%blockSize
	for range pad {
		dst = append(dst, byte(pad))
	}
	return dst
}

// trimPadding returns the last block of a plaintext without its PKCS #7 padding.
func trimPadding(block []byte) (text []byte, ok bool) {
	pad := int(block[len(block)-1])
	if pad < 1 || pad > len(block) {
		return nil, false
	}
	for _, b := range block[len(block)-pad:] {
		if int(b) != pad {
			return nil, false
		}
	}
	return block[:len(block)-pad], true
}
