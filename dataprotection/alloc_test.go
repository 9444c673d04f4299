//go:build !race

package dataprotection_test

import (
	"crypto/fips140"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

// The append forms allocate nothing with room in dst, the text forms their
// result, but for the key schedules that crypto/aes and crypto/cipher make: one in
// CBC mode, two in GCM mode, none for a payload that was opened lately. (Under the race detector sync.Pool forgets on purpose.)
func TestAllocations(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS 140-3 mode takes the modes of crypto/cipher, which allocate")
	}
	ctx := t.Context()
	for _, tc := range []struct {
		a         dataprotection.Algorithm
		schedules float64
		refusing  float64
	}{
		{dataprotection.AES256CBC, 1, 0},
		{dataprotection.AES256CBCHMACSHA512, 1, 0},
		{dataprotection.AES256GCM, 2, 2},
	} {
		cfg := config(&fakeStore{})
		cfg.Algorithm = tc.a
		p := open(t, cfg).Protector("p")
		for _, n := range []int{0, 32, 256, 4096} {
			plaintext := make([]byte, n)
			sealed := sealBytes(t, p, plaintext)
			bad := sealBytes(t, p, plaintext)
			bad[len(bad)-1] ^= 1
			foreign := make([]byte, len(sealed))
			text, badText := encode(sealed), encode(bad)
			dst := make([]byte, 0, len(sealed))
			plain := string(plaintext)
			result := min(1, float64(n)) // an empty string is no allocation
			for _, run := range []struct {
				name string
				do   func()
				want float64
			}{
				{"AppendProtect", func() { p.AppendProtect(dst, plaintext) }, tc.schedules},
				{"AppendUnprotect", func() { p.AppendUnprotect(ctx, dst, sealed) }, 0},
				{"Protect", func() { p.Protect(plaintext) }, tc.schedules + 1},
				{"Unprotect", func() { p.Unprotect(ctx, sealed) }, result},
				{"ProtectString", func() { p.ProtectString(plain) }, tc.schedules + 1},
				{"UnprotectString", func() { p.UnprotectString(ctx, text) }, result},
				{"Inspect", func() { p.Inspect(ctx, sealed) }, 0},
				{"Unprotect of a changed payload", func() { p.Unprotect(ctx, bad) }, tc.refusing + max(0, tc.refusing-1)*result},
				{"UnprotectString of a changed payload", func() { p.UnprotectString(ctx, badText) }, tc.refusing},
				{"Unprotect of a foreign payload", func() { p.Unprotect(ctx, foreign) }, 0},
				{"UnprotectString of no base64", func() { p.UnprotectString(ctx, badText[:len(badText)-1]+"!") }, 1}, // the test's own
			} {
				if got := testing.AllocsPerRun(100, run.do); got > run.want {
					t.Errorf("%v, %d bytes: %s allocates %v times, want %v", tc.a, n, run.name, got, run.want)
				}
			}
		}
	}
}
