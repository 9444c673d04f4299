package ordinal_test

import (
	"testing"

	"github.com/sealring/sealring/internal/ordinal"
)

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"", "a", false},
		{"Role", "rOLE", true},
		{"role", "roles", false},
		{"/Account/Login", "/account/login", true},
		{"ä", "Ä", true},
		{"σ", "Σ", true},
		{"ß", "SS", false},
		{"k", "\u212a", false}, // Kelvin sign
		{"s", "\u017f", false}, // long s
		{"i", "\u0131", false}, // dotless i
		{"\xff", "\xfe", false},
		{"\xff", "\ufffd", false},
		{"\xff", "\xff", true},
	} {
		if got := ordinal.EqualFold(c.a, c.b); got != c.want {
			t.Errorf("EqualFold(%q, %q) = %v, want %v", c.a, c.b, got, c.want)
		}
		if got := ordinal.EqualFold(c.b, c.a); got != c.want {
			t.Errorf("EqualFold(%q, %q) = %v, want %v", c.b, c.a, got, c.want)
		}
	}
}
