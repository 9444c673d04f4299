package authenc_test

import (
	"bytes"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// FuzzOpen: what is sealed opens, and opens under no other additional data; a
// changed payload never opens, nor does anything that was not sealed.
func FuzzOpen(f *testing.F) {
	f.Add(uint8(0), []byte(nil), []byte(nil), []byte{1}, uint16(0))
	f.Add(uint8(1), []byte("plaintext"), []byte("aad"), []byte{0x80}, uint16(30))
	f.Add(uint8(15), bytes.Repeat([]byte{8}, 24), []byte{0}, []byte("0123456789"), uint16(16))
	var keys []*authenc.Key
	for _, suite := range suites {
		keys = append(keys, newKey(f, suite, master))
	}
	f.Fuzz(func(t *testing.T, suite uint8, plaintext, aad, change []byte, at uint16) {
		key := keys[int(suite)%len(keys)]
		bound := key.Bind(aad)
		sealed := seal(t, bound, plaintext)
		if got, err := bound.AppendOpen(nil, sealed); err != nil || !bytes.Equal(got, plaintext) {
			t.Fatalf("%v: got %x, %v, want %x", key, got, err, plaintext)
		}
		refused(t, "longer AAD", key.Bind(append(aad[:len(aad):len(aad)], 0)), sealed)

		changed := bytes.Clone(sealed)
		for i, b := range change {
			changed[(int(at)+i)%len(changed)] ^= b
		}
		if !bytes.Equal(changed, sealed) {
			refused(t, "changed", bound, changed)
		}
		refused(t, "cut", bound, sealed[:int(at)%len(sealed)])
		refused(t, "inserted", bound, append(append(bytes.Clone(sealed[:16]), 0), sealed[16:]...))
		refused(t, "garbage", bound, change)
		refused(t, "something in front", bound, append(append([]byte{0}, change...), sealed...))
	})
}
