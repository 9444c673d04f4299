package authenc

import (
	"crypto/cipher"
	"encoding/binary"
	"sync"
)

var contextHeaders sync.Map // Suite → []byte

// contextHeader returns the fingerprint of the suite's algorithms that goes into
// each derivation, so that one master key under two suites gives unrelated
// subkeys. The result is shared and must not be changed.
//
//	CBC                                GCM
//	00 00                              00 01
//	BE32(bytes of encryption subkey)   BE32(bytes of encryption subkey)
//	BE32(block size)                   BE32(nonce size)
//	BE32(bytes of MAC subkey)          BE32(block size)
//	BE32(bytes of MAC)                 BE32(tag size)
//	nothing, encrypted: one block      the tag of nothing, encrypted
//	the MAC of nothing
//
// The subkeys for the last lines are what empty master key, label and context
// give; IV and nonce are zero.
func (s Suite) contextHeader() ([]byte, error) {
	s = s.normal()
	if header, ok := contextHeaders.Load(s); ok {
		return header.([]byte), nil
	}
	header, err := s.makeContextHeader()
	if err != nil {
		return nil, err
	}
	contextHeaders.Store(s, header)
	return header, nil
}

func (s Suite) makeContextHeader() ([]byte, error) {
	scratch := getScratch()
	defer scratch.release()
	kdf := newPRF(nil).bind(nil, nil, s.keySize()+s.macSize())
	keys := kdf.derive(scratch, nil)
	block, err := s.newCipher(keys[:s.keySize()])
	if err != nil {
		return nil, err
	}
	if s.Mode == GCM {
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			return nil, err
		}
		header := sizes(0, 1, s.keySize(), nonceSize, block.BlockSize(), tagSize)
		return gcm.Seal(header, make([]byte, nonceSize), nil, nil), nil
	}
	header := sizes(0, 0, s.keySize(), block.BlockSize(), s.macSize(), s.macSize())
	empty := appendPadding(make([]byte, block.BlockSize()), 0, block.BlockSize())
	encryptCBC(block, empty)
	header = append(header, empty[block.BlockSize():]...)
	return append(header, scratch.hmac(s.Hash, keys[s.keySize():], nil)...), nil
}

// sizes returns the fixed part of a context header.
func sizes(kdf, mode byte, sizes ...int) []byte {
	header := []byte{kdf, mode}
	for _, n := range sizes {
		header = binary.BigEndian.AppendUint32(header, uint32(n))
	}
	return header
}
