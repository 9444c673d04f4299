package x509seal_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

func TestThumbprints(t *testing.T) {
	const digits = "0123456789abcdef0123456789ABCDEF01234567"
	missing := "01 23"
	tests := []struct{ name, text, want string }{
		{"as .NET shows it", strings.ToUpper(digits), ""},
		{"small letters", strings.ToLower(digits), ""},
		{"as the dialog shows it", "01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67", ""},
		{"copied from the dialog", "\u200e01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67", ""},
		{"with other marks", "\ufeff" + digits + "\u200f\u00a0\r\n", ""},
		{"as openssl shows it", "01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67", ""},
		{"none", "", "no thumbprint is given"},
		{"a mark only", "\u200e ", "no thumbprint is given"},
		{"too short", missing, `"01 23" is no thumbprint: it has 4 digits, not 40`},
		{"SHA-256", digits + digits[:24], "64 digits is that of SHA-256"},
		{"a subject", "CN=shop", `"CN=shop" is no thumbprint: it has more than hexadecimal digits`},
		{"half a byte", digits[:39], "is no thumbprint"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := x509seal.FromWindowsStore(tt.text)
			if c != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("%q gives %v, %v; want an error with %q", tt.text, c, err, tt.want)
			}
			if wellFormed := tt.want == ""; wellFormed != strings.Contains(err.Error(), "0123456789ABCDEF0123456789ABCDEF01234567") {
				t.Errorf("%q gives the error %v", tt.text, err)
			}
		})
	}
}

// TestNoWindowsStore is for the other systems.
func TestNoWindowsStore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("this is Windows")
	}
	_, err := x509seal.FromWindowsStore("0123456789abcdef0123456789ABCDEF01234567")
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), runtime.GOOS+" has no such store; use a PFX or PEM file") {
		t.Errorf("got %v", err)
	}
}
