// Package floortest is what benchmarks measure against: the least work that the
// payload format asks of the two algorithms in common use, and the way to compare
// with it.
//
// A [Floor] is made straight from crypto/* with the best technique known. It is
// bent to that end and to nothing else: it works on one payload at a time, keeps
// all memory, wipes nothing, checks no more than it must, and reads the result of
// the key derivation out of SHA-512's marshaled state.
package floortest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// The context headers of the two algorithms (docs/formats.md, Key derivation).
const (
	cbcHeader = "000000000020000000100000002000000020ea10387ac9273b7fd5321177776f1530f946d3c71d60dd7b287366d81cb03fe5e5a701fa16f1554f1581fddd576ce844"
	gcmHeader = "0001000000200000000c0000001000000010e7dcce66df855a323a6bb7bd7a59be45"
)

// A Floor seals and opens payloads of one key and one additional authenticated
// data. It is not safe for concurrent use.
type Floor struct {
	gcm    bool
	prefix []byte // in front of each payload

	inner, outer []byte    // SHA-512 states
	tail         []byte    // key modifier, length, padding of the inner hash
	second       [128]byte // inner sum, padding of the outer hash
	digest       digest
	state        []byte
	keys         [64]byte

	buf      []byte // room for prefix and modifier or the MAC's pad, then IV, ciphertext, MAC
	plain    []byte
	outerMAC [96]byte
}

type digest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// front is the room in front of the IV: one block of SHA-256 for the MAC's pad.
// Prefix and key modifier take its end when the MAC is done.
const front = sha256.BlockSize

// NewCBC returns the floor of AES-256-CBC with HMAC-SHA-256. Each payload begins
// with prefix, of 48 bytes at most. Payloads may be as long as room.
func NewCBC(master, aad, prefix []byte, room int) *Floor {
	return newFloor(master, aad, prefix, cbcHeader, 64, room)
}

// NewGCM returns the floor of AES-256-GCM.
func NewGCM(master, aad, prefix []byte, room int) *Floor {
	f := newFloor(master, aad, prefix, gcmHeader, 32, room)
	f.gcm = true
	return f
}

func newFloor(master, aad, prefix []byte, contextHeader string, n, room int) *Floor {
	header, err := hex.DecodeString(contextHeader)
	if err != nil {
		panic(err)
	}
	f := &Floor{
		prefix: prefix, digest: sha512.New().(digest),
		buf: make([]byte, front, front+room), plain: make([]byte, room),
	}
	pad := func(b byte) {
		f.digest.Reset()
		for i := range sha512.BlockSize {
			c := b
			if i < len(master) {
				c ^= master[i]
			}
			f.digest.Write([]byte{c})
		}
	}
	pad(0x36)
	f.digest.Write([]byte{0, 0, 0, 1})
	f.digest.Write(aad)
	f.digest.Write([]byte{0})
	f.digest.Write(header)
	f.inner, _ = f.digest.AppendBinary(nil)

	size := sha512.BlockSize + 4 + len(aad) + 1 + len(header) + 16 + 4
	f.tail = binary.BigEndian.AppendUint32(make([]byte, 16), uint32(8*n))
	f.tail = append(f.tail, sha512Padding(size)...)

	pad(0x5c)
	f.outer, _ = f.digest.AppendBinary(nil)
	copy(f.second[sha512.Size:], sha512Padding(sha512.BlockSize+sha512.Size))
	f.state = make([]byte, 0, len(f.outer))
	return f
}

func sha512Padding(size int) []byte {
	p := []byte{0x80}
	for (size+len(p))%sha512.BlockSize != sha512.BlockSize-8 {
		p = append(p, 0)
	}
	return binary.BigEndian.AppendUint64(p, uint64(8*size))
}

// derive makes the subkeys of a payload. The padding is written like data, so
// that the state is then the sum.
func (f *Floor) derive(modifier []byte) {
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

// Seal returns the payload of plaintext. It is good until the next call.
func (f *Floor) Seal(plaintext []byte) []byte {
	if f.gcm {
		return f.sealGCM(plaintext)
	}
	return f.sealCBC(plaintext)
}

// Open returns the plaintext of sealed, nil if that was changed. It is good until
// the next call.
func (f *Floor) Open(sealed []byte) []byte {
	sealed = sealed[len(f.prefix):]
	if f.gcm {
		return f.openGCM(sealed)
	}
	return f.openCBC(sealed)
}

func (f *Floor) sealCBC(plaintext []byte) []byte {
	var random [32]byte
	rand.Read(random[:])
	f.derive(random[:16])
	block, _ := aes.NewCipher(f.keys[:32])

	pad := 16 - len(plaintext)%16
	f.buf = append(f.buf[:front], random[16:]...)
	f.buf = append(f.buf, plaintext...)
	for range pad {
		f.buf = append(f.buf, byte(pad))
	}
	end := len(f.buf)
	for i := front + 16; i < end; i += 16 {
		subtle.XORBytes(f.buf[i:i+16], f.buf[i:i+16], f.buf[i-16:i])
		block.Encrypt(f.buf[i:i+16], f.buf[i:i+16])
	}
	f.mac(end)
	start := front - 16 - len(f.prefix)
	copy(f.buf[start:], f.prefix)
	copy(f.buf[front-16:], random[:16])
	return f.buf[start : end+32]
}

func (f *Floor) openCBC(sealed []byte) []byte {
	f.derive(sealed[:16])
	end := len(sealed) - 32
	f.buf = append(f.buf[:front], sealed[16:end]...)
	if subtle.ConstantTimeCompare(f.mac(len(f.buf)), sealed[end:]) != 1 {
		return nil
	}
	block, _ := aes.NewCipher(f.keys[:32])
	ciphertext := sealed[32:end]
	dst := f.plain[:len(ciphertext)]
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

// mac leaves the MAC of f.buf[front:end] behind end.
func (f *Floor) mac(end int) []byte {
	xorPad(f.buf[:front], &ipad, f.keys[32:])
	inner := sha256.Sum256(f.buf[:end])
	xorPad(f.outerMAC[:front], &opad, f.keys[32:])
	copy(f.outerMAC[front:], inner[:])
	sum := sha256.Sum256(f.outerMAC[:])
	return append(f.buf[:end], sum[:]...)[end:]
}

var ipad, opad = func() (i, o [front]byte) {
	for n := range i {
		i[n], o[n] = 0x36, 0x5c
	}
	return
}()

func xorPad(dst []byte, pad *[front]byte, key []byte) {
	subtle.XORBytes(dst, pad[:], key)
	copy(dst[len(key):], pad[len(key):])
}

func (f *Floor) sealGCM(plaintext []byte) []byte {
	start := len(f.prefix)
	dst := append(f.buf[:0], f.prefix...)[:start+28]
	rand.Read(dst[start:])
	f.derive(dst[start : start+16])
	block, _ := aes.NewCipher(f.keys[:32])
	gcm, _ := cipher.NewGCM(block)
	return gcm.Seal(dst, dst[start+16:], plaintext, nil)
}

func (f *Floor) openGCM(sealed []byte) []byte {
	f.derive(sealed[:16])
	block, _ := aes.NewCipher(f.keys[:32])
	gcm, _ := cipher.NewGCM(block)
	out, _ := gcm.Open(f.plain[:0], sealed[16:28], sealed[28:], nil)
	return out
}
