package authenc_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"
)

// A floor is the least work that the format asks of AES-256-CBC+HMACSHA256 and
// AES-256-GCM, with the standard library and one payload at a time. It is bent to
// that: all memory is kept, nothing is wiped, it reads the result of the key
// derivation out of SHA-512's marshaled state, and it fits these two suites only.
// The benchmarks measure the package against it.
type floor struct {
	inner, outer []byte    // SHA-512 states
	tail         []byte    // key modifier, length, padding of the inner hash
	second       [128]byte // inner sum, padding of the outer hash
	digest       floorDigest
	state        []byte
	keys         [64]byte
	buf          []byte // 64 bytes for the MAC pad, IV, ciphertext, MAC
	outerMAC     [96]byte
}

type floorDigest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

func newFloor(master, label, header []byte, n, room int) *floor {
	f := &floor{digest: sha512.New().(floorDigest), buf: make([]byte, 64, 64+room)}
	pad := func(b byte) {
		f.digest.Reset()
		for i := range 128 {
			c := b
			if i < len(master) {
				c ^= master[i]
			}
			f.digest.Write([]byte{c})
		}
	}
	pad(0x36)
	f.digest.Write([]byte{0, 0, 0, 1})
	f.digest.Write(label)
	f.digest.Write([]byte{0})
	f.digest.Write(header)
	f.inner, _ = f.digest.AppendBinary(nil)

	size := 128 + 4 + len(label) + 1 + len(header) + 16 + 4
	f.tail = binary.BigEndian.AppendUint32(make([]byte, 16), uint32(8*n))
	f.tail = append(f.tail, sha512Padding(size)...)

	pad(0x5c)
	f.outer, _ = f.digest.AppendBinary(nil)
	copy(f.second[64:], sha512Padding(128+64))
	f.state = make([]byte, 0, len(f.outer))
	return f
}

func sha512Padding(size int) []byte {
	p := []byte{0x80}
	for (size+len(p))%128 != 120 {
		p = append(p, 0)
	}
	return binary.BigEndian.AppendUint64(p, uint64(8*size))
}

func (f *floor) derive(modifier []byte) {
	copy(f.tail, modifier)
	f.digest.UnmarshalBinary(f.inner)
	f.digest.Write(f.tail)
	f.state, _ = f.digest.AppendBinary(f.state[:0])

	copy(f.second[:], f.state[4:68])
	f.digest.UnmarshalBinary(f.outer)
	f.digest.Write(f.second[:])
	f.state, _ = f.digest.AppendBinary(f.state[:0])
	copy(f.keys[:], f.state[4:68])
}

// mac leaves the MAC of f.buf[64:end] behind end.
func (f *floor) mac(end int) []byte {
	xorPad(f.buf[:64], &floorIpad, f.keys[32:])
	inner := sha256.Sum256(f.buf[:end])
	xorPad(f.outerMAC[:64], &floorOpad, f.keys[32:])
	copy(f.outerMAC[64:], inner[:])
	sum := sha256.Sum256(f.outerMAC[:])
	return append(f.buf[:end], sum[:]...)[end:]
}

var floorIpad, floorOpad = func() (i, o [64]byte) {
	for n := range i {
		i[n], o[n] = 0x36, 0x5c
	}
	return
}()

func xorPad(dst []byte, pad *[64]byte, key []byte) {
	subtle.XORBytes(dst, pad[:], key)
	copy(dst[len(key):], pad[len(key):])
}

// sealCBC leaves the payload in f.buf[48:].
func (f *floor) sealCBC(plaintext []byte) []byte {
	var random [32]byte
	rand.Read(random[:])
	f.derive(random[:16])
	block, _ := aes.NewCipher(f.keys[:32])

	pad := 16 - len(plaintext)%16
	f.buf = append(f.buf[:64], random[16:]...)
	f.buf = append(f.buf, plaintext...)
	for range pad {
		f.buf = append(f.buf, byte(pad))
	}
	end := len(f.buf)
	for i := 80; i < end; i += 16 {
		subtle.XORBytes(f.buf[i:i+16], f.buf[i:i+16], f.buf[i-16:i])
		block.Encrypt(f.buf[i:i+16], f.buf[i:i+16])
	}
	f.mac(end)
	copy(f.buf[48:], random[:16])
	return f.buf[48 : end+32]
}

func (f *floor) openCBC(dst, sealed []byte) []byte {
	f.derive(sealed[:16])
	end := len(sealed) - 32
	f.buf = append(f.buf[:64], sealed[16:end]...)
	if subtle.ConstantTimeCompare(f.mac(len(f.buf)), sealed[end:]) != 1 {
		return nil
	}
	block, _ := aes.NewCipher(f.keys[:32])
	ciphertext := sealed[32:end]
	dst = dst[:len(ciphertext)]
	for i := 0; i < len(dst); i += 16 {
		block.Decrypt(dst[i:i+16], ciphertext[i:i+16])
	}
	subtle.XORBytes(dst, dst, sealed[16:])
	pad := int(dst[len(dst)-1])
	for _, b := range dst[len(dst)-pad:] {
		if int(b) != pad {
			return nil
		}
	}
	return dst[:len(dst)-pad]
}

func (f *floor) sealGCM(dst, plaintext []byte) []byte {
	dst = dst[:28]
	rand.Read(dst)
	f.derive(dst[:16])
	block, _ := aes.NewCipher(f.keys[:32])
	gcm, _ := cipher.NewGCM(block)
	return gcm.Seal(dst, dst[16:], plaintext, nil)
}

func (f *floor) openGCM(dst, sealed []byte) []byte {
	f.derive(sealed[:16])
	block, _ := aes.NewCipher(f.keys[:32])
	gcm, _ := cipher.NewGCM(block)
	out, _ := gcm.Open(dst[:0], sealed[16:28], sealed[28:], nil)
	return out
}
