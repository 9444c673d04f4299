package localurl_test

import (
	"testing"

	"github.com/sealring/sealring/internal/localurl"
)

func TestIsLocal(t *testing.T) {
	for s, want := range map[string]bool{
		"/": true, "/home": true, "/home?a=b&c=d#e": true, "/%2Fevil.example": true, "/%5Cevil.example": true, "/ /evil": true, "/a//b": true, "/..//evil.example": true, "/ü": true,
		"": false, "home": false, "//": false, "//evil.example": false, "///evil.example": false, "/\\evil.example": false, "\\\\evil.example": false, "\\/evil.example": false,
		"http://evil.example/": false, "https:evil.example": false, "javascript:alert(1)": false, "?x=1": false, "#f": false, "~/": false, "~/home": false, " /home": false, ".//evil.example": false,
		"/\t/evil.example": false, "/\n/evil.example": false, "/home\r\nSet-Cookie: x=1": false, "/\x00": false, "/\x7f": false, "/\u0085": false, "/\u009f": false, "/\u00a0": true,
	} {
		if got := localurl.IsLocal(s); got != want {
			t.Errorf("IsLocal(%q) = %v, want %v", s, got, want)
		}
	}
}
