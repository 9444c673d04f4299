package grammar_test

import (
	"testing"

	"github.com/sealring/sealring/internal/grammar"
)

func TestGrammar(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(string) bool
		yes  []string
		no   []string
	}{
		{"token", grammar.IsToken, []string{"a", "X-Request-Id", "__Host-a", "!#$%&'*+-.^_`|~09azAZ"}, []string{"", "a b", "a;b", "a=b", "a,b", "a\n", "a:", "(a)", "ä", "\x7f", "\x00"}},
		{"text", grammar.IsText, []string{"", "a b", "a;b=\"~"}, []string{"a\r\nSet-Cookie: b", "\t", "ä", "\x7f", "\x00", "\xff"}},
		{"attribute", grammar.IsAttribute, []string{"", "partitioned", "k=v"}, []string{"a;b", "a\n", "ä"}},
		{"host", grammar.IsHost, []string{"", "example.com", ".example.com", "xn--tda.EXAMPLE", "a_b.example", "192.0.2.1"}, []string{"https://example.com", "example.com:8080", "example.com/", "a b", "a;b", "ü.example", "*.example.com"}},
		{"path", grammar.IsPath, []string{"/", "/a", "/a/", "/a b"}, []string{"", "a", "//evil", "/a?b", "/a#b", "/\\evil", "/a\n", "/ä", "https://evil"}},
		{"path base", grammar.IsPathBase, []string{"/a", "/a/b"}, []string{"", "/", "/a/", "//a", "a", "/a?", "/a;domain=evil"}},
	} {
		for _, s := range c.yes {
			if !c.is(s) {
				t.Errorf("%q is no %s", s, c.name)
			}
		}
		for _, s := range c.no {
			if c.is(s) {
				t.Errorf("%q is a %s", s, c.name)
			}
		}
	}
}

func TestHasPrefixFold(t *testing.T) {
	for _, c := range []struct {
		s, prefix string
		want      bool
	}{
		{"__HOST-a", "__Host-", true},
		{"__Host-", "__Host-", true},
		{"__Host", "__Host-", false},
		{"x__Host-", "__Host-", false},
		{"a", "", true},
	} {
		if got := grammar.HasPrefixFold(c.s, c.prefix); got != c.want {
			t.Errorf("%q, %q: got %v, want %v", c.s, c.prefix, got, c.want)
		}
	}
}
