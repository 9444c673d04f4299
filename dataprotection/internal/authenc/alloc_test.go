//go:build !race

package authenc_test

import (
	"crypto/fips140"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// With room in dst, only the key schedules of crypto/aes and crypto/cipher are
// allocated, and none for a payload that is remembered. (Under the race detector sync.Pool forgets on purpose.)
func TestAllocations(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS 140-3 mode takes the modes of crypto/cipher, which allocate")
	}
	for _, tt := range []struct {
		suite                     authenc.Suite
		seal, open, refuse, again float64
	}{
		{cbc256, 1, 1, 0, 0},
		{authenc.Suite{KeyBits: 128, Hash: authenc.SHA512}, 1, 1, 0, 0},
		{authenc.Suite{KeyBits: 192, Hash: authenc.SHA384}, 1, 1, 0, 0},
		{authenc.Suite{KeyBits: 256, Hash: authenc.SHA1}, 1, 1, 0, 0},
		{gcm256, 2, 2, 2, 0},
	} {
		bound := newKey(t, tt.suite, master).Bind(benchLabel)
		for _, n := range []int{32, 256, 65536} {
			dst := make([]byte, 0, n+300)
			plaintext := make([]byte, n)
			sealed := seal(t, bound, plaintext)
			bad := seal(t, bound, plaintext)
			bad[len(bad)-1] ^= 1
			others, next := make([][]byte, 101), 0
			for i := range others {
				others[i] = seal(t, bound, plaintext)
			}
			for _, run := range []struct {
				name string
				f    func()
				want float64
			}{
				{"seal", func() { bound.AppendSeal(dst, plaintext) }, tt.seal},
				{"open", func() { bound.AppendOpen(dst, others[next]); next++ }, tt.open},
				{"open again", func() { bound.AppendOpen(dst, sealed) }, tt.again},
				{"refuse", func() { bound.AppendOpen(dst, bad) }, tt.refuse},
				{"refuse short", func() { bound.AppendOpen(dst, bad[:20]) }, 0},
			} {
				if got := testing.AllocsPerRun(100, run.f); got != run.want {
					t.Errorf("%v, %d bytes: %s allocates %v times, want %v", tt.suite, n, run.name, got, run.want)
				}
			}
		}
	}
}
