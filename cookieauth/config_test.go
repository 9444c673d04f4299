package cookieauth_test

import (
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

func TestConfigErrors(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	for _, c := range []struct {
		name string
		cfg  cookieauth.Config
		want string // fields that are wrong
	}{
		{"nothing", cookieauth.Config{}, "KeyRing"},
		{"fine", cookieauth.Config{KeyRing: ring}, ""},
		{"several at once", cookieauth.Config{Lifetime: -1, LoginPath: "login", Scheme: "\xff"}, "KeyRing Scheme Lifetime LoginPath"},
		{"lives without end", cookieauth.Config{KeyRing: ring, AbsoluteLifetime: math.MaxInt64}, "AbsoluteLifetime"},
		{"paths", cookieauth.Config{KeyRing: ring, PathBase: "/a/", LoginPath: "//evil", LogoutPath: "/x?y", AccessDeniedPath: "/x\ny"}, "PathBase LoginPath LogoutPath AccessDeniedPath"},
		{"cookie", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "a b", Domain: "a;b", Path: "/\n", Extensions: []string{"a; b"}, SameSite: 9, Secure: 9, MaxAge: -1}}, "Cookie.Name Cookie.Domain Cookie.Path Cookie.Extensions Cookie.SameSite Cookie.Secure Cookie.MaxAge"},
		{"no cookie at all", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "x", Domain: "https://example.com", Path: "app", MaxAge: time.Millisecond}}, "Cookie.Domain Cookie.Path Cookie.MaxAge"},
		{"prefix without Secure", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "__Secure-x", Secure: cookieauth.SecureSameAsRequest}}, "Cookie.Name"},
		{"prefix in another case", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "__HOST-x", Domain: "example.com"}}, "Cookie.Name"},
		{"__Host- below a path", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "__Host-x", Path: "/x"}}, "Cookie.Name"},
		{"SameSite=None without Secure", cookieauth.Config{KeyRing: ring, Cookie: cookieauth.Cookie{Name: "x", SameSite: http.SameSiteNoneMode, Secure: cookieauth.DangerouslyInsecure}}, "Cookie.SameSite"},
		{"parity: no such check", cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Cookie: cookieauth.Cookie{Name: "__Host-x", Path: "/x", Secure: cookieauth.DangerouslyInsecure}}, ""},
		{"unknown profile", cookieauth.Config{KeyRing: ring, Profile: 7}, "Profile"},
	} {
		t.Run(c.name, func(t *testing.T) {
			auth, err := cookieauth.New(c.cfg)
			if (err == nil) != (c.want == "") || (auth == nil) != (err != nil) {
				t.Fatalf("got %v, want %s", err, c.want)
			}
			for _, field := range strings.Fields(c.want) {
				if !strings.Contains(err.Error(), " "+field+": ") {
					t.Errorf("%v does not name %s", err, field)
				}
			}
			if err != nil && strings.Count(err.Error(), ";")+1 < len(strings.Fields(c.want)) {
				t.Errorf("%v names too few", err)
			}
		})
	}
	if _, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Lifetime: time.Millisecond}); err == nil || err.Error() != "cookieauth: invalid configuration: Lifetime: less than a second" {
		t.Errorf("got %v", err)
	}
}

// TestOneEnd: the reference has a setting for the end of the cookie beside that of the
// ticket, and refuses it.
func TestOneEnd(t *testing.T) {
	t.Run("COK-11 there is no such setting", func(t *testing.T) {
		for _, f := range reflect.VisibleFields(reflect.TypeFor[cookieauth.Cookie]()) {
			if strings.HasPrefix(f.Name, "Expir") {
				t.Errorf("Cookie.%s", f.Name)
			}
		}
	})
}
