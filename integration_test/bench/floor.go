package main

import (
	"bytes"
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

// A floor seals and opens payloads of one key and one list of purposes with the
// least work that docs/formats.md asks for: straight from crypto/*, in memory that
// it keeps, with what does not change computed beforehand. It wipes nothing and
// checks no more than it must. It does one thing at a time, and what it returns is
// good until the next.
type floor struct {
	gcm    bool
	prefix []byte // of each payload: magic, key id

	digest       digest
	inner, outer []byte                               // SHA-512 states of the key derivation
	tail         []byte                               // what goes into inner: modifier, length, padding
	second       [sha512.BlockSize]byte               // what goes into outer: inner sum, padding
	state        []byte                               // room for a state
	subkeys      [sha512.Size]byte                    // of the payload at hand
	mac          [sha256.BlockSize + sha256.Size]byte // what goes into the outer hash of the MAC

	// sealed is front, then a payload from its IV or nonce on.
	sealed, plain []byte
}

type digest interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

const (
	modifierSize = 16
	nonceSize    = 12

	// front is where the MAC's key pad goes, so that pad and message lie together.
	// When the MAC is done, magic, key id and modifier go there.
	front = sha256.BlockSize

	// maxPayload is how long a payload may be.
	maxPayload = 4096
)

// The context headers of AES-256-CBC with HMAC-SHA-256 and of AES-256-GCM
// (docs/formats.md, Key derivation).
const (
	cbcContext = "000000000020000000100000002000000020ea10387ac9273b7fd5321177776f1530f946d3c71d60dd7b287366d81cb03fe5e5a701fa16f1554f1581fddd576ce844"
	gcmContext = "0001000000200000000c0000001000000010e7dcce66df855a323a6bb7bd7a59be45"
)

func newFloor(key floorKey, gcm bool, purposes ...string) (*floor, error) {
	context, subkeys := cbcContext, 64
	if gcm {
		context, subkeys = gcmContext, 32
	}
	contextHeader, err := hex.DecodeString(context)
	if err != nil {
		return nil, err
	}
	f := &floor{
		gcm:    gcm,
		prefix: key.prefix(),
		digest: sha512.New().(digest),
		sealed: make([]byte, front+maxPayload),
		plain:  make([]byte, maxPayload),
	}
	label := key.additionalData(purposes)
	f.inner = f.stateAfter(xorPad(key.master, 0x36), []byte{0, 0, 0, 1}, label, []byte{0}, contextHeader)
	f.outer = f.stateAfter(xorPad(key.master, 0x5c))
	f.state = make([]byte, 0, len(f.inner))

	hashed := sha512.BlockSize + 4 + len(label) + 1 + len(contextHeader)
	f.tail = binary.BigEndian.AppendUint32(make([]byte, modifierSize), uint32(8*subkeys))
	f.tail = append(f.tail, sha512Padding(hashed+len(f.tail))...)
	copy(f.second[sha512.Size:], sha512Padding(sha512.BlockSize+sha512.Size))
	return f, nil
}

func xorPad(key []byte, pad byte) []byte {
	block := bytes.Repeat([]byte{pad}, sha512.BlockSize)
	subtle.XORBytes(block, block, key)
	return block
}

func (f *floor) stateAfter(pieces ...[]byte) []byte {
	f.digest.Reset()
	for _, p := range pieces {
		f.digest.Write(p)
	}
	state, err := f.digest.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return state
}

// sha512Padding is what SHA-512 puts behind so many bytes.
func sha512Padding(size int) []byte {
	p := []byte{0x80}
	for (size+len(p))%sha512.BlockSize != sha512.BlockSize-8 {
		p = append(p, 0)
	}
	return binary.BigEndian.AppendUint64(p, uint64(8*size))
}

// derive makes the subkeys of a payload. The padding is written like data, so that
// the state is the sum: it follows the four bytes that say what a state it is.
func (f *floor) derive(modifier []byte) {
	copy(f.tail, modifier)
	f.digest.UnmarshalBinary(f.inner)
	f.digest.Write(f.tail)
	f.state, _ = f.digest.AppendBinary(f.state[:0])

	copy(f.second[:], f.state[4:4+sha512.Size])
	f.digest.UnmarshalBinary(f.outer)
	f.digest.Write(f.second[:])
	f.state, _ = f.digest.AppendBinary(f.state[:0])
	copy(f.subkeys[:], f.state[4:])
}

func (f *floor) seal(plaintext []byte) []byte {
	if f.gcm {
		return f.sealGCM(plaintext)
	}
	return f.sealCBC(plaintext)
}

// open returns the plaintext, nil if the payload is not one.
func (f *floor) open(sealed []byte) []byte {
	if len(sealed) < len(f.prefix)+2*modifierSize+sha256.Size || !bytes.Equal(sealed[:len(f.prefix)], f.prefix) {
		return nil
	}
	sealed = sealed[len(f.prefix):]
	f.derive(sealed[:modifierSize])
	if f.gcm {
		return f.openGCM(sealed[modifierSize:])
	}
	return f.openCBC(sealed[modifierSize:])
}

// finish puts prefix and modifier in front of what is sealed, up to end.
func (f *floor) finish(modifier []byte, end int) []byte {
	start := front - len(modifier) - len(f.prefix)
	copy(f.sealed[start:], f.prefix)
	copy(f.sealed[front-len(modifier):], modifier)
	return f.sealed[start:end]
}

func (f *floor) sealCBC(plaintext []byte) []byte {
	var random [modifierSize + aes.BlockSize]byte
	rand.Read(random[:])
	f.derive(random[:modifierSize])
	block, err := aes.NewCipher(f.subkeys[:32])
	if err != nil {
		return nil
	}
	end := front + copy(f.sealed[front:], random[modifierSize:])
	end += copy(f.sealed[end:], plaintext)
	pad := aes.BlockSize - len(plaintext)%aes.BlockSize
	for range pad {
		f.sealed[end] = byte(pad)
		end++
	}
	for previous, text := f.sealed[front:], f.sealed[front+aes.BlockSize:end]; len(text) > 0; text = text[aes.BlockSize:] {
		subtle.XORBytes(text, text[:aes.BlockSize], previous[:aes.BlockSize])
		block.Encrypt(text, text)
		previous = text
	}
	sum := f.sum(end)
	end += copy(f.sealed[end:], sum[:])
	return f.finish(random[:modifierSize], end)
}

func (f *floor) openCBC(sealed []byte) []byte {
	size := len(sealed) - sha256.Size
	copy(f.sealed[front:], sealed[:size])
	sum := f.sum(front + size)
	if size%aes.BlockSize != 0 || subtle.ConstantTimeCompare(sum[:], sealed[size:]) != 1 {
		return nil
	}
	block, err := aes.NewCipher(f.subkeys[:32])
	if err != nil {
		return nil
	}
	text := sealed[aes.BlockSize:size]
	plain := f.plain[:len(text)]
	for i := 0; i < len(text); i += aes.BlockSize {
		block.Decrypt(plain[i:i+aes.BlockSize], text[i:i+aes.BlockSize])
	}
	subtle.XORBytes(plain, plain, sealed) // each block with the one before, the first with the IV
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > aes.BlockSize {
		return nil
	}
	for _, b := range plain[len(plain)-pad:] {
		if int(b) != pad {
			return nil
		}
	}
	return plain[:len(plain)-pad]
}

var (
	ipad = [sha256.BlockSize]byte(bytes.Repeat([]byte{0x36}, sha256.BlockSize))
	opad = [sha256.BlockSize]byte(bytes.Repeat([]byte{0x5c}, sha256.BlockSize))
)

// sum returns the HMAC of f.sealed[front:end].
func (f *floor) sum(end int) [sha256.Size]byte {
	key := f.subkeys[32:]
	copy(f.sealed, ipad[:])
	copy(f.mac[:], opad[:])
	subtle.XORBytes(f.sealed, ipad[:], key)
	subtle.XORBytes(f.mac[:], opad[:], key)
	inner := sha256.Sum256(f.sealed[:end])
	copy(f.mac[sha256.BlockSize:], inner[:])
	return sha256.Sum256(f.mac[:])
}

func (f *floor) sealGCM(plaintext []byte) []byte {
	var random [modifierSize + nonceSize]byte
	rand.Read(random[:])
	f.derive(random[:modifierSize])
	gcm := f.newGCM()
	nonce := f.sealed[front : front+copy(f.sealed[front:], random[modifierSize:])]
	text := gcm.Seal(f.sealed[:front+nonceSize], nonce, plaintext, nil)
	return f.finish(random[:modifierSize], len(text))
}

func (f *floor) openGCM(sealed []byte) []byte {
	plain, err := f.newGCM().Open(f.plain[:0], sealed[:nonceSize], sealed[nonceSize:], nil)
	if err != nil {
		return nil
	}
	return plain
}

func (f *floor) newGCM() cipher.AEAD {
	block, err := aes.NewCipher(f.subkeys[:32])
	if err != nil {
		panic(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return gcm
}
