package antiforgery_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/antiforgery"
)

func TestConfig(t *testing.T) {
	type cookie = antiforgery.Cookie
	ring := newRing(t)
	for _, c := range []struct {
		name string
		cfg  antiforgery.Config
		want string
	}{
		{"ring", antiforgery.Config{}, "KeyRing: required"},
		{"profile", antiforgery.Config{KeyRing: ring, Profile: 7}, "Profile: unknown"},
		{"mode", antiforgery.Config{KeyRing: ring, Mode: -1}, "Mode: unknown"},
		{"path base", antiforgery.Config{KeyRing: ring, PathBase: "/app/"}, "PathBase: must begin with a slash"},
		{"path base of another host", antiforgery.Config{KeyRing: ring, PathBase: "//app"}, "PathBase: must begin with a slash"},
		{"header", antiforgery.Config{KeyRing: ring, Header: "a b"}, "Header: must be of letters"},
		{"no place", antiforgery.Config{KeyRing: ring, NoHeader: true, NoForm: true}, "NoHeader: with NoForm"},
		{"bound", antiforgery.Config{KeyRing: ring, MaxFormBytes: -1}, "MaxFormBytes: negative"},
		{"half of two", antiforgery.Config{KeyRing: ring, AdditionalData: func(*http.Request) string { return "" }}, "AdditionalData: needs CheckAdditionalData"},
		{"name", antiforgery.Config{KeyRing: ring, Cookie: cookie{Name: "a;b"}}, "Cookie.Name: must be of letters"},
		{"domain", antiforgery.Config{KeyRing: ring, Cookie: cookie{Domain: "a;b"}}, "Cookie.Domain: must be of printable"},
		{"path", antiforgery.Config{KeyRing: ring, Cookie: cookie{Path: "/\r\nX: y"}}, "Cookie.Path: must be of printable"},
		{"path without slash", antiforgery.Config{KeyRing: ring, Cookie: cookie{Path: "app"}}, "Cookie.Path: must begin with a slash"},
		{"extension", antiforgery.Config{KeyRing: ring, Cookie: cookie{Extensions: []string{""}}}, "Cookie.Extensions: must be of printable"},
		{"same site", antiforgery.Config{KeyRing: ring, Cookie: cookie{SameSite: 9}}, "Cookie.SameSite: unknown"},
		{"secure", antiforgery.Config{KeyRing: ring, Cookie: cookie{Secure: 9}}, "Cookie.Secure: unknown"},
		{"age", antiforgery.Config{KeyRing: ring, Cookie: cookie{MaxAge: -time.Second}}, "Cookie.MaxAge: negative"},
		{"age in no unit", antiforgery.Config{KeyRing: ring, Cookie: cookie{MaxAge: 3600}}, "Cookie.MaxAge: less than a second"},
		{"prefix without Secure", antiforgery.Config{KeyRing: ring, Cookie: cookie{Secure: antiforgery.DangerouslyInsecure}}, "Cookie.Name: the prefix of __Host-sealring-csrf needs Cookie.Secure (in a Config SecureDefault or SecureAlways); without it, set a name"},
		{"prefix with a domain", antiforgery.Config{KeyRing: ring, Cookie: cookie{Name: "__host-a", Domain: "example.com"}}, "Cookie.Name: the prefix __Host- allows no Domain"},
		{"none without Secure", antiforgery.Config{KeyRing: ring, Cookie: cookie{Name: "a", Secure: antiforgery.SecureSameAsRequest, SameSite: http.SameSiteNoneMode}}, "Cookie.SameSite: None needs"},
		{"AFX-10 any origin", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"*"}}, `TrustedOrigins: "*" is no origin`},
		{"wildcard", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"https://*.example.com"}}, "TrustedOrigins: "},
		{"bare host", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"example.com"}}, "TrustedOrigins: "},
		{"null", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"null"}}, "TrustedOrigins: "},
		{"origin with a path", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"https://example.com/"}}, "TrustedOrigins: "},
		{"origin with a user", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"https://a@example.com"}}, "TrustedOrigins: "},
		{"scheme of another kind", antiforgery.Config{KeyRing: ring, TrustedOrigins: []string{"ftp://example.com:21"}}, "TrustedOrigins: "},
		{"pattern", antiforgery.Config{KeyRing: ring, DangerouslyExempt: []string{"POST hooks"}}, "DangerouslyExempt: "},
		{"patterns in conflict", antiforgery.Config{KeyRing: ring, DangerouslyExempt: []string{"/a", "/a"}}, "DangerouslyExempt: /a matches the same requests as /a"},
		{"patterns that overlap", antiforgery.Config{KeyRing: ring, DangerouslyExempt: []string{"POST /a/{b}", "/a/c"}}, "DangerouslyExempt: /a/c matches more methods than POST /a/{b}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := antiforgery.New(c.cfg)
			if p != nil || err == nil || !strings.HasPrefix(err.Error(), "antiforgery: invalid configuration: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want %s", p, err, c.want)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		_, err := antiforgery.New(antiforgery.Config{Mode: 9, TrustedOrigins: []string{"x"}, DangerouslyExempt: []string{"{"}})
		if err == nil || strings.Count(err.Error(), ": ") < 6 {
			t.Errorf("got %v", err)
		}
	})
}

func TestConfigIsCopied(t *testing.T) {
	origins, extensions := []string{"https://a.example"}, []string{"partitioned"}
	p := protect(t, antiforgery.Config{TrustedOrigins: origins, Cookie: antiforgery.Cookie{Extensions: extensions}})
	origins[0], extensions[0] = "https://evil.example", "x"
	wantReason(t, p.Check(request("POST", "/", nil, from+"https://evil.example")), foreign)
	if _, h := get(t, p, request("GET", "/", nil)); !strings.HasSuffix(h.Get("Set-Cookie"), "; partitioned") {
		t.Errorf("got %s", h.Get("Set-Cookie"))
	}
}
