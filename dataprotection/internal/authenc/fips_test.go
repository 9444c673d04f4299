package authenc_test

import (
	"bytes"
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// TestFIPS runs tests again in FIPS 140-3 mode, which a process cannot enter later
// and in which other code does the chaining.
func TestFIPS(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("already there")
	}
	for _, tt := range []struct{ mode, tests string }{
		{"on", "TestKnownAnswer|TestFullPayloads|TestReferencePayloads|TestRoundTrip|TestOpenRefusesBadPadding|TestAppend"},
		{"only", "TestStrictFIPS"},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^("+tt.tests+")$")
			cmd.Env = append(os.Environ(), "GODEBUG=fips140="+tt.mode)
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestStrictFIPS: what the mode forbids is refused when the key is made, and does
// not panic later.
func TestStrictFIPS(t *testing.T) {
	if !fips140.Enforced() {
		t.Skip("run by TestFIPS")
	}
	for _, suite := range suites {
		allowed := suite.Mode == authenc.CBC && suite.Cipher == authenc.AES && suite.Hash != authenc.SHA1
		key, err := authenc.NewKey(suite, master)
		if (err == nil) != allowed {
			t.Errorf("%v: NewKey: %v, want allowed = %v", suite, err, allowed)
		}
		if err != nil {
			continue
		}
		bound := key.Bind(nil)
		if got, err := bound.AppendOpen(nil, seal(t, bound, []byte("x"))); err != nil || string(got) != "x" {
			t.Errorf("%v: got %q, %v", suite, got, err)
		}
	}
}
