package cookieauth_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// attributes cuts name and value off a Set-Cookie line.
func attributes(line string) string {
	_, rest, _ := strings.Cut(line, ";")
	return strings.TrimPrefix(rest, " ")
}

func cookieName(line string) string {
	name, _, _ := strings.Cut(line, "=")
	return name
}

func TestCookieAttributes(t *testing.T) {
	reference := cookieauth.Config{Profile: cookieauth.ASPNETCore}
	with := func(c cookieauth.Cookie) cookieauth.Config {
		return cookieauth.Config{Profile: cookieauth.ASPNETCore, Cookie: c}
	}
	for _, c := range []struct {
		name  string
		cfg   cookieauth.Config
		plain bool
		want  string // name and attributes
	}{
		{"Safest", cookieauth.Config{}, false, "__Host-sealring path=/; secure; samesite=lax; httponly"},
		{"Safest with a domain", cookieauth.Config{Cookie: cookieauth.Cookie{Domain: "example.com"}}, false, "__Secure-sealring domain=example.com; path=/; secure; samesite=lax; httponly"},
		{"Safest below a path", cookieauth.Config{Cookie: cookieauth.Cookie{Path: "/app"}}, false, "__Secure-sealring path=/app; secure; samesite=lax; httponly"},
		{"Safest, another scheme", cookieauth.Config{Scheme: "My App"}, false, "__Host-sealring-My%20App path=/; secure; samesite=lax; httponly"},
		{"COK-7 default cookie", reference, true, ".AspNetCore.Cookies path=/; samesite=lax; httponly"},
		{"COK-10 scheme with spaces", cookieauth.Config{Profile: cookieauth.ASPNETCore, Scheme: "With spaces and 界"}, true, ".AspNetCore.With%20spaces%20and%20%E7%95%8C path=/; samesite=lax; httponly"},
		{"COK-13 always, HTTP", with(cookieauth.Cookie{Secure: cookieauth.SecureAlways}), true, ".AspNetCore.Cookies path=/; secure; samesite=lax; httponly"},
		{"COK-13 always, HTTPS", with(cookieauth.Cookie{Secure: cookieauth.SecureAlways}), false, ".AspNetCore.Cookies path=/; secure; samesite=lax; httponly"},
		{"COK-13 none, HTTP", with(cookieauth.Cookie{Secure: cookieauth.DangerouslyInsecure}), true, ".AspNetCore.Cookies path=/; samesite=lax; httponly"},
		{"COK-13 none, HTTPS", with(cookieauth.Cookie{Secure: cookieauth.DangerouslyInsecure}), false, ".AspNetCore.Cookies path=/; samesite=lax; httponly"},
		{"COK-13 same as request, HTTP", with(cookieauth.Cookie{Secure: cookieauth.SecureSameAsRequest}), true, ".AspNetCore.Cookies path=/; samesite=lax; httponly"},
		{"COK-13 same as request, HTTPS", with(cookieauth.Cookie{Secure: cookieauth.SecureSameAsRequest}), false, ".AspNetCore.Cookies path=/; secure; samesite=lax; httponly"},
		{"COK-14 all options", with(cookieauth.Cookie{Name: "TestCookie", Path: "/foo", Domain: "another.com", Secure: cookieauth.SecureAlways, SameSite: http.SameSiteNoneMode, Extensions: []string{"extension0", "extension1=value1"}}), true, "TestCookie domain=another.com; path=/foo; secure; samesite=none; httponly; extension0; extension1=value1"},
		{"COK-14 second half", cookieauth.Config{Profile: cookieauth.ASPNETCore, PathBase: "/base", Cookie: cookieauth.Cookie{Name: "SecondCookie", Secure: cookieauth.DangerouslyInsecure, SameSite: http.SameSiteStrictMode, DangerouslyExposeToScripts: true}}, true, "SecondCookie path=/base; samesite=strict"},
		{"COK-34 path base", cookieauth.Config{Profile: cookieauth.ASPNETCore, PathBase: "/base"}, true, ".AspNetCore.Cookies path=/base; samesite=lax; httponly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, c.cfg)
			s.http = c.plain
			s.do["/base/in"] = s.do["/in"]
			a := s.get("/base/in")
			if len(a.cookies) != 1 {
				t.Fatalf("cookies %q", a.cookies)
			}
			if got := cookieName(a.cookies[0]) + " " + attributes(a.cookies[0]); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if a.header.Get("Cache-Control") != "no-cache,no-store" || a.header.Get("Pragma") != "no-cache" || a.header.Get("Expires") != "Thu, 01 Jan 1970 00:00:00 GMT" {
				t.Errorf("a cache may keep the answer: %v", a.header)
			}
		})
	}
}

func TestSignInAndOut(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	t.Run("COK-1 without a cookie the request goes through untouched", func(t *testing.T) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		s.auth.Handler(http.HandlerFunc(func(w2 http.ResponseWriter, r2 *http.Request) {
			if w2 != http.ResponseWriter(w) || r2 != r {
				t.Error("writer or request were wrapped")
			}
		})).ServeHTTP(w, r)
	})
	t.Run("COK-15 the cookie carries the identity", func(t *testing.T) {
		s.get("/in")
		s.who("Alice", false)
	})
	t.Run("the request that signs out still has its user", func(t *testing.T) {
		s.do["/out"] = func(w http.ResponseWriter, r *http.Request) {
			s.check(s.auth.SignOut(w, r))
			w.Write([]byte(s.auth.User(r).Name()))
		}
		a := s.get("/out")
		if a.body != "Alice" || !slices.Equal(a.cookies, []string{"__Host-sealring=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; httponly"}) {
			t.Errorf("got %q, %q", a.body, a.cookies)
		}
		s.who("", false)
	})
	t.Run("one line for each name, the last decision counts", func(t *testing.T) {
		s.do["/swap"] = func(w http.ResponseWriter, r *http.Request) {
			s.do["/in"](w, r)
			s.check(s.auth.SignOut(w, r))
			s.do["/in"](w, r)
		}
		if a := s.get("/swap"); len(a.cookies) != 1 || strings.HasPrefix(a.cookies[0], "__Host-sealring=;") {
			t.Errorf("cookies %q", a.cookies)
		}
		s.who("Alice", false)
	})
}

func TestPersistent(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true})
	if got := attributes(s.get("/in").cookies[0]); !strings.HasPrefix(got, "expires=Mon, 15 Jun 2026 13:00:00 GMT; ") {
		t.Errorf("attributes %s", got)
	}
	s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true, Expires: start.Add(5 * time.Minute)})
	if got := attributes(s.get("/in").cookies[0]); !strings.HasPrefix(got, "expires=Mon, 15 Jun 2026 12:05:00 GMT; ") {
		t.Errorf("attributes %s", got)
	}
}

func TestTicketProperties(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	var opts cookieauth.SignInOptions
	opts.Properties.Set("own", "value")
	s.do["/in"] = s.signIn(claims.New("1"), &opts)
	s.do["/ticket"] = func(w http.ResponseWriter, r *http.Request) {
		tk := s.auth.Ticket(r)
		issued, _ := tk.Properties.Issued()
		expires, _ := tk.Properties.Expires()
		own, _ := tk.Properties.Get("own")
		if tk.Scheme != "Cookies" || !issued.Equal(start.Truncate(time.Second)) || expires.Sub(issued) != time.Hour || own != "value" || tk.Principal.ID() != "1" {
			t.Errorf("ticket %v from %v to %v, own %q", tk, issued, expires, own)
		}
	}
	s.get("/in")
	s.get("/ticket")
	if opts.Properties.Len() != 1 {
		t.Error("the caller's properties were changed")
	}
}

func TestSignInErrors(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	principal := func(c claims.Claim) *claims.Principal { return claims.New("1", c) }
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name  string
		p     *claims.Principal
		setup func(*http.Request)
		want  string
	}{
		{"ASP-2 nobody", nil, https, cookieauth.ErrAnonymous.Error()},
		{"ASP-2 no identity", new(claims.Principal), https, cookieauth.ErrAnonymous.Error()},
		{"ASP-2 anonymous identity", claims.NewPrincipal(claims.Identity{Claims: []claims.Claim{claims.Name("x")}}), https, cookieauth.ErrAnonymous.Error()},
		{"NUL", principal(claims.Claim{Type: "t", Value: "a\x00"}), https, `cookieauth: claim "t": contains a NUL`},
		{"invalid UTF-8", principal(claims.Claim{Type: "t", Value: "\xff"}), https, `cookieauth: claim "t": is not valid UTF-8`},
		{"plain HTTP", claims.New("1"), func(r *http.Request) {}, cookieauth.ErrInsecureTransport.Error()},
		{"plain HTTP on this machine, through a proxy", claims.New("1"), func(r *http.Request) {
			r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:1234"
			r.Header.Set("X-Forwarded-For", "192.0.2.1")
		}, cookieauth.ErrInsecureTransport.Error()},
		{"too large", claims.New("1", claims.Claim{Type: "groups", Value: strings.Repeat("x", 4000)}, claims.Claim{Type: "groups", Value: strings.Repeat("x", 2000)}, claims.Claim{Type: "photo", Value: strings.Repeat("x", 500)}), https, "cookieauth: the cookie would have 9136 characters, and may have 7168; largest claims: groups 6012 bytes, photo 505 bytes, http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier 69 bytes"},
		{"the request has ended", claims.New("1"), func(r *http.Request) { https(r); *r = *r.WithContext(gone) }, cookieauth.ErrHeaderSent.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/", nil)
			c.setup(r)
			err := s.auth.SignIn(w, r, c.p, nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if len(w.Header()) > 0 {
				t.Errorf("the header is %v", w.Header())
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	s.http = true
	s.head = func(r *http.Request) { r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:1234" }
	if a := s.get("/in"); len(a.cookies) != 1 || cookieName(a.cookies[0]) != "sealring" || attributes(a.cookies[0]) != "path=/; samesite=lax; httponly" {
		t.Errorf("cookies %q", a.cookies)
	}
	s.who("Alice", false)
	s.head = nil // the same cookie, from elsewhere
	s.who("", false)
	s.http = false
	s.who("", false)
}

func TestHeaderSent(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	late := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		if err := s.auth.SignIn(w, r, claims.New("1"), nil); !errors.Is(err, cookieauth.ErrHeaderSent) {
			t.Errorf("SignIn: got %v", err)
		}
		if err := s.auth.SignOut(w, r); !errors.Is(err, cookieauth.ErrHeaderSent) {
			t.Errorf("SignOut: got %v", err)
		}
	}
	s.get("/in")
	s.at(40) // a renewal is due, so the writer is ours
	s.do["/late"] = late
	s.get("/late")

	r := httptest.NewRequest("GET", "/", nil)
	https(r)
	late(&statusWriter{ResponseWriter: httptest.NewRecorder()}, r)
}

// statusWriter remembers the status, as chi's does.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
func (w *statusWriter) Status() int                 { return w.status }
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestSigningInEvent(t *testing.T) {
	var signedIn string
	cfg := cookieauth.Config{NoSliding: true, Lifetime: 10 * time.Minute}
	cfg.Events.SignedIn = func(c *cookieauth.SignedInContext) { signedIn = c.Principal.Name() }
	cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error {
		c.Properties.SetExpires(start.Add(5 * time.Minute))
		c.Principal = claims.New("2", claims.Name("Bob"))
		c.Cookie.SameSite = http.SameSiteStrictMode
		return nil
	}
	s := newSite(t, cfg)
	t.Run("COK-30 expiry set by the event", func(t *testing.T) {
		if a := s.get("/in"); attributes(a.cookies[0]) != "path=/; secure; samesite=strict; httponly" || signedIn != "Bob" {
			t.Errorf("cookie %q, signed in %q", a.cookies, signedIn)
		}
		s.at(3)
		s.who("Bob", false)
		s.at(6)
		s.who("", false)
	})
	t.Run("other properties, without an end", func(t *testing.T) {
		cfg := cfg
		cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error {
			c.Properties = new(ticket.Properties)
			c.Properties.Set("from", "the event")
			return nil
		}
		s := newSite(t, cfg)
		s.get("/in")
		s.do["/from"] = func(w http.ResponseWriter, r *http.Request) {
			from, _ := s.auth.Ticket(r).Properties.Get("from")
			w.Write([]byte(from))
		}
		s.at(9)
		if got := s.get("/from").body; got != "the event" {
			t.Errorf("from %q", got)
		}
		s.at(11)
		s.who("", false)
	})
	t.Run("an error stops the sign-in", func(t *testing.T) {
		stop := errors.New("not now")
		cfg.Events.SigningIn = func(*cookieauth.SigningInContext) error { return stop }
		s := newSite(t, cfg)
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		https(r)
		if err := s.auth.SignIn(w, r, claims.New("1"), nil); err != stop || len(w.Header()) > 0 {
			t.Errorf("got %v, %v", err, w.Header())
		}
	})
}

func TestTwoApplications(t *testing.T) {
	t.Run("COK-53 SDF-1 two applications with one ring, name and scheme", func(t *testing.T) {
		ring := dataprotectiontest.NewKeyRing(t)
		one, two := newSite(t, cookieauth.Config{KeyRing: ring}), newSite(t, cookieauth.Config{KeyRing: ring})
		one.get("/in")
		two.jar = one.jar
		two.who("Alice", false)
	})
	t.Run("SDF-2 another scheme does not read it", func(t *testing.T) {
		ring := dataprotectiontest.NewKeyRing(t)
		cookie := cookieauth.Cookie{Name: "__Host-login"}
		one, two := newSite(t, cookieauth.Config{KeyRing: ring, Cookie: cookie}), newSite(t, cookieauth.Config{KeyRing: ring, Cookie: cookie, Scheme: "Other"})
		one.get("/in")
		two.jar = one.jar
		two.who("", false)
	})
}

func TestSchemesSideBySide(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	site := newSite(t, cookieauth.Config{KeyRing: ring})
	admin := newSite(t, cookieauth.Config{KeyRing: ring, Scheme: "Admin"})
	admin.do["/in"] = admin.signIn(claims.New("9", claims.Name("Root"), claims.Role("admin")), nil)
	site.get("/in")
	admin.get("/in")
	for name, value := range admin.jar {
		site.jar[name] = value
	}
	both := site.auth.Handler(admin.auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		all := claims.FromContext(r.Context())
		if site.auth.User(r).Name() != "Alice" || admin.auth.User(r).Name() != "Root" || all.Name() != "Root" || len(all.Identities()) != 2 || !all.HasRole("admin") {
			t.Errorf("site %v, admin %v, together %v", site.auth.User(r).Name(), admin.auth.User(r).Name(), all)
		}
		if err := admin.auth.SignOut(w, r); err != nil {
			t.Error(err)
		}
	})))
	r := httptest.NewRequest("GET", "/", nil)
	https(r)
	for name, value := range site.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	both.ServeHTTP(w, r)
	if got := w.Result().Header["Set-Cookie"]; len(got) != 1 || cookieName(got[0]) != "__Host-sealring-Admin" {
		t.Errorf("cookies %q", got)
	}
}

// TestUnreadableEnd: only the reference bears a ticket without an end, or makes one.
func TestUnreadableEnd(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	cookie := cookieauth.Cookie{Name: ".AspNetCore.Cookies"}
	for _, set := range []func(*ticket.Properties){
		func(p *ticket.Properties) { p.Delete(".expires") },
		func(p *ticket.Properties) { p.Set(".expires", "never") },
	} {
		cfg := cookieauth.Config{KeyRing: ring, Cookie: cookie}
		cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error { set(c.Properties); return nil }
		ours := newSite(t, cfg)
		ours.get("/in")
		ours.who("Alice", false)
		ours.at(14*24*60 + 1)
		ours.who("", false)
		cfg.Profile = cookieauth.ASPNETCore
		reference := newSite(t, cfg)
		reference.get("/in")
		reference.at(1e6)
		reference.who("Alice", false)
		ours.jar = reference.jar
		ours.at(0)
		ours.who("", false)
	}
}

func TestSessionReferenceOfAnotherStore(t *testing.T) {
	s := newSite(t, cookieauth.Config{Profile: cookieauth.ASPNETCore})
	s.do["/in"] = s.signIn(claims.NewPrincipal(claims.Identity{
		AuthenticationType: "Cookies",
		Claims:             []claims.Claim{{Type: "Microsoft.AspNetCore.Authentication.Cookies-SessionId", Value: "k"}},
	}), nil)
	s.get("/in")
	s.do["/who"] = func(w http.ResponseWriter, r *http.Request) {
		if s.auth.User(r) != nil || s.auth.Ticket(r) != nil {
			t.Error("a reference to a session is a user")
		}
	}
	s.get("/who")
}

func TestSignInDoesNotModifyThePrincipal(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	p := claims.New("1")
	s.do["/in"] = s.signIn(p, &cookieauth.SignInOptions{Properties: ticket.Properties{}})
	s.get("/in")
	if p.IsAuthenticated() {
		t.Error("the caller's principal was modified")
	}
}

// TestClaimsAreCheckedThroughout puts what must not be there into each place of
// texts of different lengths, and into each text of a claim.
func TestClaimsAreCheckedThroughout(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	check := func(c claims.Claim, bad bool) {
		t.Helper()
		p := claims.NewPrincipal(claims.Identity{AuthenticationType: "x", Claims: []claims.Claim{c}})
		var problem *cookieauth.ClaimError
		err := s.auth.SignIn(discard{http.Header{}}, benchRequest(""), p, nil)
		if errors.As(err, &problem) != bad {
			t.Errorf("%q: got %v", c, err)
		}
	}
	for n := range 20 {
		check(claims.Claim{Type: "t", Value: strings.Repeat("x", n)}, false)
		check(claims.Claim{Type: "t", Value: strings.Repeat("\x01\x7f", n)}, false)
		check(claims.Claim{Type: "t", Value: strings.Repeat("é", n)}, false)
		for at := range n {
			text := []byte(strings.Repeat("x", n))
			for _, b := range []byte{0, 0x80, 0xff} {
				text[at] = b
				check(claims.Claim{Type: "t", Value: string(text)}, true)
			}
		}
	}
	for _, c := range []claims.Claim{
		{Type: "t", Value: "v", Properties: []claims.Property{{Key: "\xff"}, {Key: "\xfe"}}},
		{Type: "t", Value: "v", Properties: []claims.Property{{Key: "k", Value: "\x00"}}},
		{Type: "a\x00", Value: "v"},
		{Type: "t", Value: "v", ValueType: "a\x00"},
		{Type: "t", Value: "v", Issuer: "a\x00"},
		{Type: "t", Value: "v", Issuer: claims.DefaultIssuer, OriginalIssuer: "a\x00"},
	} {
		check(c, true)
		check(c.Normalized(), true)
	}
}

// TestIdentitiesAreCheckedThroughout: an actor's claim of the type U+0000 would be read
// as that of its name.
func TestIdentitiesAreCheckedThroughout(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	nested := func(depth int) *claims.Identity {
		var actor *claims.Identity
		for range depth {
			actor = &claims.Identity{AuthenticationType: "x", Actor: actor}
		}
		return actor
	}
	for _, c := range []struct {
		identity claims.Identity
		want     string
	}{
		{claims.Identity{Actor: &claims.Identity{Claims: []claims.Claim{{Type: "\x00", Value: "root"}}}}, `cookieauth: claim "\x00": contains a NUL`},
		{claims.Identity{Actor: &claims.Identity{AuthenticationType: "\xff"}}, `cookieauth: claim "AuthenticationType": is not valid UTF-8`},
		{claims.Identity{NameClaimType: "\x00"}, `cookieauth: claim "NameClaimType": contains a NUL`},
		{claims.Identity{RoleClaimType: "\xff"}, `cookieauth: claim "RoleClaimType": is not valid UTF-8`},
		{claims.Identity{BootstrapContext: "\xff"}, `cookieauth: claim "BootstrapContext": is not valid UTF-8`},
		{claims.Identity{Actor: nested(16)}, ""},
		{claims.Identity{Actor: nested(17)}, "ticket: cannot be written: actors are nested more than 16 deep"},
	} {
		c.identity.AuthenticationType = "x"
		err := s.auth.SignIn(discard{http.Header{}}, benchRequest(""), claims.NewPrincipal(c.identity), nil)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	var opts cookieauth.SignInOptions
	opts.Properties.Set("\xff", "a")
	opts.Properties.Set("\xfe", "b") // both would be read as U+FFFD, and then the ticket not at all
	var problem *cookieauth.ClaimError
	if err := s.auth.SignIn(discard{http.Header{}}, benchRequest(""), claims.New("1"), &opts); !errors.As(err, &problem) {
		t.Errorf("got %v", err)
	}
}

// A sign-in that nobody watches writes the same answer and the same ticket as one
// that somebody does.
func TestPlainSignIn(t *testing.T) {
	watched := cookieauth.Events{SigningIn: func(*cookieauth.SigningInContext) error { return nil }}
	for name, tt := range map[string]struct {
		user *claims.Principal
		opts *cookieauth.SignInOptions
		cfg  cookieauth.Config
	}{
		"ordinary":               {claims.New("1", claims.Name("Alice")), nil, cookieauth.Config{}},
		"persistent":             {claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true}, cookieauth.Config{Lifetime: time.Hour}},
		"not persistent":         {claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{}, cookieauth.Config{}},
		"as the reference":       {claims.New("1", claims.Name("Zoë")), &cookieauth.SignInOptions{Persistent: true}, cookieauth.Config{Profile: cookieauth.ASPNETCore}},
		"of another type":        {claims.New("1").Authenticated("other"), nil, cookieauth.Config{Scheme: "own"}},
		"in chunks":              {claims.New("1", claims.Name(strings.Repeat("x", 5000))), nil, cookieauth.Config{}},
		"anonymous":              {claims.NewPrincipal(claims.Identity{Claims: []claims.Claim{claims.Name("x")}}), nil, cookieauth.Config{}},
		"nobody":                 {nil, nil, cookieauth.Config{}},
		"with a NUL":             {claims.New("1\x00"), nil, cookieauth.Config{}},
		"not UTF-8":              {claims.New("1\xff"), nil, cookieauth.Config{}},
		"a property there twice": {claims.New("1", claims.Claim{Type: "t", Properties: []claims.Property{{Key: "k"}, {Key: "k"}}}), nil, cookieauth.Config{}},
		"too large":              {claims.New("1", claims.Name(strings.Repeat("x", 500))), nil, cookieauth.Config{MaxCookieSize: 100}},
		"with an end of its own": {claims.New("1"), &cookieauth.SignInOptions{Expires: start.Add(time.Minute)}, cookieauth.Config{}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.cfg.KeyRing = dataprotectiontest.NewKeyRing(t)
			signIn := func() (h http.Header, plain, failure string) {
				s, w := newSite(t, tt.cfg), discard{http.Header{}}
				if err := s.auth.SignIn(w, benchRequest("theme=dark"), tt.user, tt.opts); err != nil {
					return w.h, "", err.Error()
				}
				scheme := cmp.Or(tt.cfg.Scheme, "Cookies")
				var text string
				for k, line := range w.h["Set-Cookie"] {
					_, value, _ := strings.Cut(line, "=")
					value, attributes, _ := strings.Cut(value, ";")
					w.h["Set-Cookie"][k] = attributes // the value differs each time
					if !strings.HasPrefix(value, "chunks-") {
						text += value
					}
				}
				sealed, err := base64.RawURLEncoding.DecodeString(text)
				if err != nil {
					t.Fatal(err)
				}
				opened, err := tt.cfg.KeyRing.Protector(ticket.Purposes(scheme)...).Unprotect(t.Context(), sealed)
				if err != nil {
					t.Fatal(err)
				}
				return w.h, string(opened), ""
			}
			header, plain, failure := signIn()
			tt.cfg.Events = watched
			wantHeader, want, wantFailure := signIn()
			if plain != want || failure != wantFailure || !reflect.DeepEqual(header, wantHeader) {
				t.Errorf("%q %q %v\nwant %q %q %v", plain, failure, header, want, wantFailure, wantHeader)
			}
		})
	}
}

// Whoever is signed in is so for the next request, however large the ticket and
// whatever the bound that was asked for.
func TestLargestTicket(t *testing.T) {
	for _, cfg := range []cookieauth.Config{{MaxCookieSize: -1}, {MaxCookieSize: 1 << 20}, {Profile: cookieauth.ASPNETCore}} {
		s := newSite(t, cfg)
		var err error
		for n := 48000; err == nil && n < 50000; n += 16 {
			user := claims.New("1", claims.Name("Alice"), claims.Claim{Type: "blob", Value: strings.Repeat("x", n)})
			s.do["/in"] = func(w http.ResponseWriter, r *http.Request) { err = s.auth.SignIn(w, r, user, nil) }
			s.get("/in")
			s.who("Alice", false)
		}
		var tooLarge *cookieauth.TicketSizeError
		if !errors.As(err, &tooLarge) || tooLarge.Limit != 64<<10 || tooLarge.Size > tooLarge.Limit+50 {
			t.Errorf("got %v", err)
		}
	}
}
