package cookieauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
)

// badCookies are what an event may make of a cookie that copies what a visitor has
// sent, and how the error goes on. Reference is whether the profile ASPNETCore minds, too.
var badCookies = []struct {
	name      string
	change    func(*cookieauth.CookieAttributes)
	want      string
	reference bool
}{
	{"an attribute behind the path", func(c *cookieauth.CookieAttributes) { c.Path = "/a; domain=example" }, "Cookie.Path: must be of printable ASCII without semicolon", true},
	{"an attribute behind the domain", func(c *cookieauth.CookieAttributes) { c.Domain = "app.example;path=/a" }, "Cookie.Domain: must be of printable ASCII without semicolon", true},
	{"an attribute behind an extension", func(c *cookieauth.CookieAttributes) { c.Extensions = []string{"priority=high", "a;samesite=none"} }, "Cookie.Extensions: must be of printable ASCII without semicolon", true},
	{"an empty extension", func(c *cookieauth.CookieAttributes) { c.Extensions = []string{""} }, "Cookie.Extensions: must be", true},
	{"a line behind the path", func(c *cookieauth.CookieAttributes) { c.Path = "/a\r\nSet-Cookie: a=b" }, "Cookie.Path: must be of printable ASCII", true},
	{"a NUL in an extension", func(c *cookieauth.CookieAttributes) { c.Extensions = []string{"a\x00b"} }, "Cookie.Extensions: must be of printable ASCII", true},
	{"a letter that is not ASCII", func(c *cookieauth.CookieAttributes) { c.Path = "/ä" }, "Cookie.Path: must be of printable ASCII", true},
	{"a number that is no SameSite", func(c *cookieauth.CookieAttributes) { c.SameSite = 9 }, "Cookie.SameSite: unknown", true},
	{"several at once", func(c *cookieauth.CookieAttributes) { c.Path, c.Domain = ";", ";" }, "Cookie.Domain: must be of printable ASCII without semicolon; Cookie.Path: must be", true},
	{"a domain for __Host-", func(c *cookieauth.CookieAttributes) { c.Domain = "example" }, "Cookie.Name: the prefix __Host- allows no Domain, and no Path but /", false},
	{"a path for __Host-", func(c *cookieauth.CookieAttributes) { c.Path = "/a" }, "Cookie.Name: the prefix __Host- allows no Domain, and no Path but /", false},
	{"no Secure for __Host-", func(c *cookieauth.CookieAttributes) { c.Secure = false }, "Cookie.Name: the prefix of __Host-sealring needs Cookie.Secure", false},
}

// eachBadCookie calls do for each of them with a configuration to put the event into.
func eachBadCookie(t *testing.T, do func(t *testing.T, cfg cookieauth.Config, change func(*cookieauth.CookieAttributes), want string)) {
	for _, c := range badCookies {
		for _, profile := range []cookieauth.Profile{cookieauth.Safest, cookieauth.ASPNETCore} {
			want := c.want
			if profile == cookieauth.ASPNETCore && !c.reference {
				want = ""
			}
			t.Run(c.name, func(t *testing.T) { do(t, cookieauth.Config{Profile: profile}, c.change, want) })
		}
	}
}

// says reports whether err is the one about the cookie of an event, or nil if there is to be none.
func says(err error, event, want string) bool {
	if want == "" {
		return err == nil
	}
	return err != nil && strings.HasPrefix(err.Error(), "cookieauth: Events."+event+" made a cookie that cannot be sent: "+want)
}

func TestSigningInMakesABadCookie(t *testing.T) {
	eachBadCookie(t, func(t *testing.T, cfg cookieauth.Config, change func(*cookieauth.CookieAttributes), want string) {
		cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error { change(c.Cookie); return nil }
		s, m := storedSite(t, cfg)
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		https(r)
		err := s.auth.SignIn(w, r, claims.New("1"), nil)
		if !says(err, "SigningIn", want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if err != nil && (len(w.Header()) > 0 || len(m.sessions) > 0) {
			t.Errorf("the sign-in failed and left the header %q and the sessions %q", w.Header(), m.ids())
		}
	})
}

func TestSigningOutMakesABadCookie(t *testing.T) {
	eachBadCookie(t, func(t *testing.T, cfg cookieauth.Config, change func(*cookieauth.CookieAttributes), want string) {
		cfg.Events.SigningOut = func(c *cookieauth.SigningOutContext) { change(c.Cookie) }
		s, m := storedSite(t, cfg)
		s.get("/in")
		var err error
		s.do["/out"] = func(w http.ResponseWriter, r *http.Request) { err = s.auth.SignOut(w, r) }
		a := s.get("/out")
		if !says(err, "SigningOut", want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if left := len(m.sessions); (left > 0) != (err != nil) || (len(a.cookies) == 0) != (err != nil) {
			t.Errorf("after %v there are %d sessions, and the header has %q", err, left, a.cookies)
		}
	})
}

// A removal has no life, so what an event says of it does not matter.
func TestSigningOutMayTakeLifeFromTheCookie(t *testing.T) {
	cfg := cookieauth.Config{}
	cfg.Events.SigningOut = func(c *cookieauth.SigningOutContext) {
		c.Cookie = &cookieauth.CookieAttributes{Path: "/", Secure: true, MaxAge: -time.Second}
	}
	s := newSite(t, cfg)
	s.get("/in")
	if a := s.get("/out"); len(a.cookies) != 1 || a.cookies[0] != "__Host-sealring=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure" {
		t.Errorf("the header has %q", a.cookies)
	}
}

// Between a browser and a server on one machine the cookie has neither prefix nor Secure.
func TestEventsWithoutTLS(t *testing.T) {
	cfg := cookieauth.Config{}
	cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error { c.Cookie.Path = "/a"; return nil }
	s := newSite(t, cfg)
	s.http = true
	s.head = func(r *http.Request) { r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost" }
	if a := s.get("/in"); len(a.cookies) != 1 || attributes(a.cookies[0]) != "path=/a; samesite=lax; httponly" {
		t.Errorf("the header has %q", a.cookies)
	}
}
