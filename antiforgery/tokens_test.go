package antiforgery_test

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// get is Tokens, with the header of the response as it was before.
func get(t *testing.T, p *antiforgery.Protection, r *http.Request, before ...string) (antiforgery.Tokens, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	for _, h := range before {
		name, value, _ := strings.Cut(h, ": ")
		w.Header().Add(name, value)
	}
	tokens, err := p.Tokens(w, r)
	if err != nil {
		t.Fatal(err)
	}
	return tokens, w.Header()
}

func TestTokens(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	first, cookie := visit(t, p, nil)
	_, strangers := visit(t, protect(t, antiforgery.Config{}), nil)
	requestAsCookie := "Cookie: __Host-sealring-csrf=" + first.Request
	for _, c := range []struct {
		name, cookie string
		isNew        bool
	}{
		{"AFD-11 AFD-23 no cookie", "", true},
		{"AFD-2 a cookie of the wrong kind", requestAsCookie, true},
		{"AFD-3 a cookie that cannot be read", strangers, true},
		{"AFD-3 a cookie of rubbish", "Cookie: __Host-sealring-csrf=rubbish", true},
		{"AFD-4 AFD-6 a good cookie", cookie, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("GET", "/", nil)
			if c.cookie != "" {
				set(r, c.cookie)
			}
			tokens, h := get(t, p, r)
			line := h.Get("Set-Cookie")
			if (tokens.Cookie != "") != c.isNew || c.isNew && line != "__Host-sealring-csrf="+tokens.Cookie+"; path=/; secure; samesite=lax; httponly" || !c.isNew && line != "" {
				t.Errorf("cookie is %q, set by %q, new is to be %v", tokens.Cookie, line, c.isNew)
			}
			if frames := h.Get("X-Frame-Options"); (frames == "SAMEORIGIN") != c.isNew { // AFD-21
				t.Errorf("X-Frame-Options is %q", frames)
			}
			if h.Get("Cache-Control") != "no-cache, no-store" || h.Get("Pragma") != "no-cache" { // AFD-20
				t.Errorf("header is %v", h)
			}
			if !strings.HasPrefix(tokens.Request, "CfDJ8") || tokens.FormField != field || tokens.Header != header {
				t.Errorf("tokens are %+v", tokens)
			}
			used := cookie
			if c.isNew {
				used = "Cookie: __Host-sealring-csrf=" + tokens.Cookie
			}
			wantReason(t, p.Check(request("POST", "/", nil, used, header+": "+tokens.Request)), passed)

			peeked, err := p.Peek(r)
			if err != nil || (peeked.Cookie != "") != c.isNew {
				t.Errorf("Peek: cookie %q, %v", peeked.Cookie, err)
			}
		})
	}
}

func TestTokensAgain(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	w, r := httptest.NewRecorder(), request("GET", "/", nil)
	first, err := p.Tokens(w, r)
	if err != nil {
		t.Fatal(err)
	}
	second, err := p.Tokens(w, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("AFD-12 AFD-22 one cookie", func(t *testing.T) {
		if lines := w.Header()["Set-Cookie"]; len(lines) != 1 || second.Cookie != "" {
			t.Errorf("set %d times, the second time to %q", len(lines), second.Cookie)
		}
	})
	t.Run("both are good", func(t *testing.T) {
		for _, token := range []string{first.Request, second.Request} {
			wantReason(t, p.Check(request("POST", "/", nil, "Cookie: __Host-sealring-csrf="+first.Cookie, header+": "+token)), passed)
		}
	})
	t.Run("AFD-5 the same text in each form of a page", func(t *testing.T) {
		var page strings.Builder
		forms := template.Must(template.New("").Parse("{{.AntiforgeryField}} {{.AntiforgeryField}}"))
		if err := forms.Execute(&page, first); err != nil || strings.Count(page.String(), first.Request) != 2 {
			t.Errorf("got %s, %v", &page, err)
		}
	})
	t.Run("for somebody who signs in in this request", func(t *testing.T) {
		alice := claims.New("42", claims.Name("alice"))
		tokens, err := p.TokensFor(w, r, alice)
		if err != nil {
			t.Fatal(err)
		}
		post := request("POST", "/", nil, "Cookie: __Host-sealring-csrf="+first.Cookie, header+": "+tokens.Request)
		wantReason(t, p.Check(as(post, alice.Authenticated("Cookies"))), passed)
		wantReason(t, p.Check(as(post, alice)), passed)
		wantReason(t, p.Check(post), antiforgery.OtherUserID)
	})
	t.Run("Token", func(t *testing.T) {
		token, err := p.Token(w, r)
		if err != nil {
			t.Fatal(err)
		}
		wantReason(t, p.Check(request("POST", "/", nil, "Cookie: __Host-sealring-csrf="+first.Cookie, header+": "+token)), passed)
	})
}

func TestCacheHeaders(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	const forbidden = "no-cache, no-store"
	for _, c := range []struct {
		name   string
		before []string
		cache  string
		pragma string
		warned bool
	}{
		{"AFD-13 nothing", nil, forbidden, "no-cache", false},
		{"AFD-7 AFD-13 public", []string{"Cache-Control: public"}, forbidden, "no-cache", true},
		{"AFD-8 AFD-13 both", []string{"Cache-Control: no-cache, no-store"}, "no-cache, no-store", "no-cache", false},
		{"AFD-8 capitals", []string{"Cache-Control: NO-CACHE, NO-STORE"}, "NO-CACHE, NO-STORE", "no-cache", false},
		{"AFD-8 private, too", []string{"Cache-Control: no-cache, no-store, private"}, "no-cache, no-store, private", "no-cache", false},
		{"of a sign-out", []string{"Cache-Control: no-cache,no-store"}, "no-cache,no-store", "no-cache", false},
		{"over two lines", []string{"Cache-Control: no-store", "Cache-Control: no-cache"}, "no-store", "no-cache", false},
		{"with a value", []string{`Cache-Control: no-cache="a, b", max-age=0, no-store`}, `no-cache="a, b", max-age=0, no-store`, "no-cache", false},
		{"in quotes", []string{`Cache-Control: x="no-cache, no-store"`}, forbidden, "no-cache", true},
		{"quotes not closed", []string{`Cache-Control: no-store, no-cache, x="`}, forbidden, "no-cache", true},
		{"malformed", []string{"Cache-Control: no-store, no-cache, x y"}, forbidden, "no-cache", true},
		{"AFD-13 private", []string{"Cache-Control: PriVate"}, forbidden, "no-cache", true},
		{"AFD-13 no-store", []string{"Cache-Control: No-store"}, forbidden, "no-cache", true},
		{"AFD-9 one of them", []string{"Cache-Control: no-cache, private"}, forbidden, "no-cache", true},
		{"AFD-9 the other", []string{"Cache-Control: No-Store, private"}, forbidden, "no-cache", true},
		{"AFD-10 AFD-13 pragma", []string{"Pragma: no-cache"}, forbidden, "no-cache", false},
		{"AFD-10 pragma in capitals", []string{"Pragma: NO-CACHE"}, forbidden, "NO-CACHE", false},
		{"AFD-13 another pragma", []string{"Pragma: Foo"}, forbidden, "no-cache", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			p := protect(t, antiforgery.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			for range 2 {
				_, h := get(t, p, request("GET", "/page", nil), c.before...)
				if h.Get("Cache-Control") != c.cache || h.Get("Pragma") != c.pragma {
					t.Errorf("got %q and %q, want %q and %q", h.Get("Cache-Control"), h.Get("Pragma"), c.cache, c.pragma)
				}
			}
			if warned := strings.Count(log.String(), "level=WARN") == 1 && strings.Contains(log.String(), "path=/page"); warned != c.warned || !warned && log.Len() > 0 {
				t.Errorf("logged %s", &log)
			}
		})
	}
	t.Run("Expires is left alone", func(t *testing.T) {
		if _, h := get(t, p, request("GET", "/", nil), "Expires: x"); h.Get("Expires") != "x" {
			t.Errorf("got %q", h.Get("Expires"))
		}
	})
	t.Run("AFD-19 X-Frame-Options of the program", func(t *testing.T) {
		if _, h := get(t, p, request("GET", "/", nil), "X-Frame-Options: DIFFERENTORIGIN"); h.Get("X-Frame-Options") != "DIFFERENTORIGIN" {
			t.Errorf("got %q", h.Get("X-Frame-Options"))
		}
	})
	t.Run("AFD-21 X-Frame-Options off", func(t *testing.T) {
		if _, h := get(t, protect(t, antiforgery.Config{NoFrameOptions: true}), request("GET", "/", nil)); h.Get("X-Frame-Options") != "" {
			t.Errorf("got %q", h.Get("X-Frame-Options"))
		}
	})
}

// sentWriter can tell that the header has gone out.
type sentWriter struct {
	http.ResponseWriter
	status int
}

func (w sentWriter) Status() int { return w.status }

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestHeaderSent(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	_, cookie := visit(t, p, nil)
	t.Run("AFD-24 a new cookie cannot be set", func(t *testing.T) {
		w := httptest.NewRecorder()
		tokens, err := p.Tokens(wrapper{sentWriter{w, 200}}, request("GET", "/", nil))
		if !errors.Is(err, antiforgery.ErrHeaderSent) || len(w.Header()) != 0 || tokens != (antiforgery.Tokens{}) {
			t.Errorf("got %+v, %v, %v", tokens, err, w.Header())
		}
	})
	t.Run("AFD-24 without a new cookie the header is left alone", func(t *testing.T) {
		w := httptest.NewRecorder()
		if _, err := p.Tokens(sentWriter{w, 200}, request("GET", "/", nil, cookie)); err != nil || len(w.Header()) != 0 {
			t.Errorf("%v, %v", err, w.Header())
		}
	})
	t.Run("not yet", func(t *testing.T) {
		if _, err := p.Tokens(wrapper{sentWriter{httptest.NewRecorder(), 0}}, request("GET", "/", nil)); err != nil {
			t.Error(err)
		}
	})
}

func TestCookieAttributes(t *testing.T) {
	type cookie = antiforgery.Cookie
	const reference = antiforgery.ASPNETCore
	for _, c := range []struct {
		name string
		cfg  antiforgery.Config
		path string
		http bool
		want string // with N for the name made from the application, and V for the value
	}{
		{"default", antiforgery.Config{}, "/", false, "__Host-sealring-csrf=V; path=/; secure; samesite=lax; httponly"},
		{"domain", antiforgery.Config{Cookie: cookie{Domain: "example.com"}}, "/", false, "__Secure-sealring-csrf=V; domain=example.com; path=/; secure; samesite=lax; httponly"},
		{"path", antiforgery.Config{Cookie: cookie{Path: "/app"}}, "/", false, "__Secure-sealring-csrf=V; path=/app; secure; samesite=lax; httponly"},
		{"path base does not matter", antiforgery.Config{PathBase: "/app"}, "/app/x", false, "__Host-sealring-csrf=V; path=/; secure; samesite=lax; httponly"},
		{"everything", antiforgery.Config{Cookie: cookie{Name: "a", SameSite: http.SameSiteNoneMode, DangerouslyExposeToScripts: true, MaxAge: time.Hour, Extensions: []string{"partitioned"}}}, "/", false, "a=V; max-age=3600; path=/; secure; samesite=none; partitioned"},
		{"same as request, HTTP", antiforgery.Config{Cookie: cookie{Name: "a", Secure: antiforgery.SecureSameAsRequest}}, "/", true, "a=V; path=/; samesite=lax; httponly"},
		{"AFO-3 reference", antiforgery.Config{Profile: reference}, "/", false, "N=V; path=/; samesite=strict; httponly"},
		{"AFR-9 reference, HTTP", antiforgery.Config{Profile: reference}, "/", true, "N=V; path=/; samesite=strict; httponly"},
		{"AFR-9 same as request, HTTPS", antiforgery.Config{Profile: reference, Cookie: cookie{Secure: antiforgery.SecureSameAsRequest}}, "/", false, "N=V; path=/; secure; samesite=strict; httponly"},
		{"AFR-9 same as request, HTTP", antiforgery.Config{Profile: reference, Cookie: cookie{Secure: antiforgery.SecureSameAsRequest}}, "/", true, "N=V; path=/; samesite=strict; httponly"},
		{"AFR-9 always, HTTPS", antiforgery.Config{Profile: reference, Cookie: cookie{Secure: antiforgery.SecureAlways}}, "/", false, "N=V; path=/; secure; samesite=strict; httponly"},
		{"AFO-2 own name", antiforgery.Config{Profile: reference, Cookie: cookie{Name: "__Host-af"}}, "/", true, "__Host-af=V; path=/; samesite=strict; httponly"},
		{"no SameSite", antiforgery.Config{Profile: reference, Cookie: cookie{SameSite: http.SameSiteDefaultMode}}, "/", true, "N=V; path=/; httponly"},
		{"AFR-10 path base", antiforgery.Config{Profile: reference, PathBase: "/vdir1"}, "/vdir1/x", true, "N=V; path=/vdir1; samesite=strict; httponly"},
		{"AFR-10 path base of two", antiforgery.Config{Profile: reference, PathBase: "/vdir1/vdir2"}, "/vdir1/vdir2", true, "N=V; path=/vdir1/vdir2; samesite=strict; httponly"},
		{"AFR-10 path base in another case", antiforgery.Config{Profile: reference, PathBase: "/vdir1"}, "/VDir1/x", true, "N=V; path=/VDir1; samesite=strict; httponly"},
		{"AFR-10 path base to be encoded", antiforgery.Config{Profile: reference, PathBase: "/a b"}, "/a%20b/x", true, "N=V; path=/a%20b; samesite=strict; httponly"},
		{"AFR-10 not below the path base", antiforgery.Config{Profile: reference, PathBase: "/vdir1"}, "/vdir12", true, "N=V; path=/; samesite=strict; httponly"},
		{"AFR-11 own path", antiforgery.Config{Profile: reference, PathBase: "/vdir1", Cookie: cookie{Path: "/"}}, "/vdir1/x", true, "N=V; path=/; samesite=strict; httponly"},
		{"AFR-12 own domain", antiforgery.Config{Profile: reference, PathBase: "/vdir1", Cookie: cookie{Domain: "microsoft.com"}}, "/vdir1/x", true, "N=V; domain=microsoft.com; path=/vdir1; samesite=strict; httponly"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.KeyRing = dataprotectiontest.Open(t, dataprotection.Config{Application: "MyApp"})
			r := request("GET", c.path, nil)
			if c.http {
				r = overHTTP("GET", c.path, "app.example")
			}
			r.URL.Path = "/x" // as a router leaves it that takes a prefix off
			tokens, h := get(t, protect(t, c.cfg), r)
			got := strings.Replace(h.Get("Set-Cookie"), tokens.Cookie, "V", 1)
			if want := strings.Replace(c.want, "N=", ".AspNetCore.Antiforgery.TeM5zmpk18g=", 1); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestReferenceNamesIgnoreCase(t *testing.T) {
	p := protect(t, antiforgery.Config{Profile: antiforgery.ASPNETCore, Cookie: antiforgery.Cookie{Name: "af"}})
	tokens, cookie := visit(t, p, nil)
	wantReason(t, p.Check(request("POST", "/", nil, strings.Replace(cookie, "af=", "AF=", 1), header+": "+tokens.Request)), passed)
}

func TestInsecureTransport(t *testing.T) {
	always := antiforgery.Cookie{Secure: antiforgery.SecureAlways}
	local := func(headers ...string) *http.Request {
		r := overHTTP("POST", "/", "localhost:8080", headers...)
		r.RemoteAddr = "127.0.0.1:1234"
		return r
	}
	for _, c := range []struct {
		name    string
		cfg     antiforgery.Config
		r       *http.Request
		refused bool
		cookie  string
	}{
		{"plain HTTP", antiforgery.Config{}, overHTTP("POST", "/", "app.example"), true, ""},
		{"on one machine", antiforgery.Config{}, local(), false, "sealring-csrf"},
		{"on one machine, behind a proxy", antiforgery.Config{}, local("X-Forwarded-For: 192.0.2.1"), true, ""},
		{"on one machine, always", antiforgery.Config{Cookie: always}, local(), true, ""},
		{"AFD-1 reference, always", antiforgery.Config{Profile: antiforgery.ASPNETCore, Cookie: always}, overHTTP("POST", "/", "app.example"), true, ""},
		{"AFD-1 reference, always, on one machine", antiforgery.Config{Profile: antiforgery.ASPNETCore, Cookie: always}, local(), true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := protect(t, c.cfg)
			w := httptest.NewRecorder()
			tokens, err := p.Tokens(w, c.r)
			_, peekErr := p.Peek(c.r)
			for what, err := range map[string]error{"Tokens": err, "Peek": peekErr, "Check": p.Check(c.r), "CheckTokens": p.CheckTokens(c.r)} {
				if errors.Is(err, antiforgery.ErrInsecureTransport) != c.refused {
					t.Errorf("%s: %v", what, err)
				}
			}
			if c.refused {
				if len(w.Header()) != 0 || tokens != (antiforgery.Tokens{}) {
					t.Errorf("got %+v and %v all the same", tokens, w.Header())
				}
				return
			}
			if line := w.Header().Get("Set-Cookie"); line != c.cookie+"="+tokens.Cookie+"; path=/; samesite=lax; httponly" {
				t.Errorf("got %s", line)
			}
			set(c.r, "Cookie: "+c.cookie+"="+tokens.Cookie, header+": "+tokens.Request)
			wantReason(t, p.Check(c.r), passed)
		})
	}
}

// brokenStore can be made to fail.
type brokenStore struct {
	*memstore.Store
	broken atomic.Bool
}

func (s *brokenStore) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if s.broken.Load() {
		return dataprotection.Snapshot{}, errors.New("disk on fire")
	}
	return s.Store.Load(ctx, since)
}

// Notify keeps the ring from listening to the memory store.
func (s *brokenStore) Notify(ctx context.Context, _ func()) error { <-ctx.Done(); return ctx.Err() }

func TestRingOutOfReach(t *testing.T) {
	elsewhere, cookie := visit(t, protect(t, antiforgery.Config{}), nil)
	store := &brokenStore{Store: memstore.New()}
	ring := dataprotectiontest.Open(t, dataprotection.Config{Store: store})
	p := protect(t, antiforgery.Config{KeyRing: ring})
	store.broken.Store(true)

	post := request("POST", "/", nil, cookie, header+": "+elsewhere.Request)
	if err := p.Check(post); !errors.Is(err, dataprotection.ErrUnavailable) || isRefusal(err) {
		t.Errorf("Check: %v", err)
	}
	w := httptest.NewRecorder()
	if tokens, err := p.Tokens(w, post); !errors.Is(err, dataprotection.ErrUnavailable) || tokens != (antiforgery.Tokens{}) || len(w.Header()) != 0 {
		t.Errorf("Tokens: %+v, %v, %v; the cookie must be left alone", tokens, err, w.Header())
	}
	p.Handler(http.NotFoundHandler()).ServeHTTP(w, post)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, %v", w.Code, w.Header())
	}
	wantReason(t, p.Check(request("POST", "/", nil, site+"same-origin")), passed) // needs no key
	if _, err := p.Tokens(httptest.NewRecorder(), request("GET", "/", nil)); err != nil {
		t.Errorf("a visitor without a cookie: %v", err)
	}
}

func TestUserOutOfReach(t *testing.T) {
	down := errors.New("session store is down")
	var outage error
	p := protect(t, antiforgery.Config{Outage: func(*http.Request) error { return outage }})
	tokens, cookie := visit(t, p, user("alice"))
	nobodys, _ := p.Peek(request("GET", "/", nil, cookie))
	alices := request("POST", "/", nil, cookie, header+": "+tokens.Request)

	wantReason(t, p.Check(alices), antiforgery.OtherUserID)
	outage = down
	if err := p.Check(alices); !errors.Is(err, dataprotection.ErrUnavailable) || !errors.Is(err, down) || isRefusal(err) {
		t.Errorf("Check: %v", err)
	}
	if _, err := p.Tokens(httptest.NewRecorder(), alices); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Tokens: %v", err)
	}
	if _, err := p.Peek(alices); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Peek: %v", err)
	}
	wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+nobodys.Request)), passed)
	wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": x")), antiforgery.Unreadable)
}

func isRefusal(err error) bool {
	var refusal *antiforgery.Error
	return errors.As(err, &refusal)
}

func TestRevokedKey(t *testing.T) {
	store := memstore.New()
	tokens, cookie := visit(t, protect(t, antiforgery.Config{KeyRing: dataprotectiontest.Open(t, dataprotection.Config{Store: store})}), nil)
	m, err := dataprotection.NewManager(t.Context(), dataprotection.Config{Application: "test", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RevokeAll(t.Context(), time.Time{}, "stolen"); err != nil {
		t.Fatal(err)
	}
	p := protect(t, antiforgery.Config{KeyRing: dataprotectiontest.Open(t, dataprotection.Config{Store: store})})
	err = p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request))
	wantReason(t, err, antiforgery.Unreadable)
	var revoked *dataprotection.KeyRevokedError
	if !errors.As(err, &revoked) {
		t.Errorf("the operator does not learn why: %v", err)
	}
}

// TestRotation opens a form with a new key that was made under the old one.
func TestRotation(t *testing.T) {
	store := memstore.New()
	old := protect(t, antiforgery.Config{KeyRing: dataprotectiontest.Open(t, dataprotection.Config{Store: store})})
	tokens, cookie := visit(t, old, nil)
	m, err := dataprotection.NewManager(t.Context(), dataprotection.Config{Application: "test", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: now, Expires: now.AddDate(0, 6, 0)}); err != nil {
		t.Fatal(err)
	}
	p := protect(t, antiforgery.Config{KeyRing: dataprotectiontest.Open(t, dataprotection.Config{Store: store})})
	fresh, err := p.Peek(request("GET", "/", nil, cookie))
	if err != nil || fresh.Cookie != "" || fresh.Request[:27] == tokens.Request[:27] {
		t.Fatalf("the cookie is replaced by %q, or the key is still the old one, %v", fresh.Cookie, err)
	}
	for _, token := range []string{tokens.Request, fresh.Request} {
		wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+token)), passed)
	}
}

func TestEndpoint(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	w := httptest.NewRecorder()
	p.TokenEndpoint().ServeHTTP(w, request("GET", "/token", nil))
	want := regexp.MustCompile(`^{"token":"(CfDJ8[\w-]+)","header":"RequestVerificationToken","field":"__RequestVerificationToken"}\n$`)
	m := want.FindStringSubmatch(w.Body.String())
	if m == nil || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-cache, no-store" {
		t.Fatalf("got %s, %v", w.Body, w.Header())
	}
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	wantReason(t, p.Check(request("POST", "/", nil, "Cookie: "+cookie, header+": "+m[1])), passed)

	w = httptest.NewRecorder()
	if p.TokenEndpoint().ServeHTTP(w, overHTTP("GET", "/token", "app.example")); w.Code != 500 {
		t.Errorf("over plain HTTP: status %d", w.Code)
	}
}
