package middleware_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/middleware"
)

// A shop is a site with everything.
type shop struct {
	auth    *cookieauth.Authenticator
	csrf    *antiforgery.Protection
	journal *journal
	log     *slog.Logger // to it
	stack   func(http.Handler) http.Handler
}

func newShop(t *testing.T) *shop {
	t.Helper()
	ring := dataprotectiontest.NewKeyRing(t)
	j, log := newJournal(t)
	s := &shop{auth: newAuth(t, cookieauth.Config{KeyRing: ring, LoginPath: "/login", Logger: middleware.Slog(log)}), journal: j, log: middleware.Slog(log)}
	var err error
	if s.csrf, err = antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: middleware.Slog(log)}); err != nil {
		t.Fatal(err)
	}
	s.stack = must(t)(middleware.Stack(middleware.Config{
		PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}},
		Log:            middleware.LogConfig{Logger: log},
		Authenticators: []middleware.Authenticator{s.auth},
		Antiforgery:    s.csrf,
	}))
	return s
}

func (s *shop) handle(mux interface {
	Handle(pattern string, h http.Handler)
}, verb string,
) {
	mux.Handle(verb+"/hello", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("hello " + claims.FromContext(r.Context()).Name() + " " + middleware.Nonce(r.Context())))
	}))
	mux.Handle(verb+"/login", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.auth.SignIn(w, r, claims.New("42", claims.Name("Alice")), nil); err != nil {
			http.Error(w, err.Error(), 500)
		}
		w.Header().Set("Cache-Control", "public, max-age=3600") // somebody else's default
	}))
	mux.Handle(verb+"/admin/{what}", middleware.Require(middleware.Role("admin"), s.auth)(text("x")))
}

// The log says once where a request went, whoever knows it.
func TestStackLogsTheOrigin(t *testing.T) {
	for _, c := range []struct {
		name    string
		origins []string
		header  string // of the id
		tls     bool
		host    string // of the request
		want    string
	}{
		{"the only origin", []string{"https://app.example"}, "", false, "10.0.0.1", `"host":"app.example","https":true`},
		{"the only origin, with an id of the proxy", []string{"https://app.example"}, "X-Request-Id", false, "10.0.0.1", `"host":"app.example","https":true`},
		{"the only origin, less than the connection", []string{"http://app.example"}, "", true, "app.example", `"host":"app.example","https":true`},
		{"one of two", []string{"https://app.example", "https://b.example"}, "", false, "b.example", `"host":"b.example","https":true`},
		{"none of two", []string{"https://app.example", "https://b.example"}, "", false, "c.example", `"host":"c.example","https":false`},
		{"nobody says", nil, "", true, "app.example", `"host":"app.example","https":true`},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			stack := must(t)(middleware.Stack(middleware.Config{
				PublicOrigin:         middleware.OriginConfig{Origins: c.origins, Logger: slog.New(slog.DiscardHandler)},
				Log:                  middleware.LogConfig{Logger: log, IDHeader: c.header},
				DangerouslyAllowHTTP: true,
			}))
			r := get("/")
			r.Host, r.TLS = c.host, nil
			r.Header.Set("X-Request-Id", "abc")
			if c.tls {
				r.TLS = &tls.ConnectionState{}
			}
			serve(stack(small), r)
			j.only()
			if line := j.String(); !strings.Contains(line, c.want) || strings.Count(line, `"host"`)+strings.Count(line, `"https"`) != 2 {
				t.Errorf("got %s, want %s once", line, c.want)
			}
		})
	}
}

// The whole, behind a proxy that ends TLS, for both kinds of routers.
func TestStack(t *testing.T) {
	for name, site := range map[string]func(s *shop) http.Handler{
		"ServeMux": func(s *shop) http.Handler {
			mux := http.NewServeMux()
			s.handle(mux, "")
			return s.stack(mux)
		},
		"chi": func(s *shop) http.Handler {
			r := chi.NewRouter()
			r.Use(s.stack)
			s.handle(r, "")
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			h := site(s)
			ask := func(method, target, cookie, from string) *httptest.ResponseRecorder {
				r := httptest.NewRequest(method, target, nil)
				r.Host = "inner:8080"
				r.Header.Set("Sec-Fetch-Site", from)
				if cookie != "" {
					r.Header.Set("Cookie", cookie)
				}
				return serve(h, r)
			}
			login := ask("POST", "/login", "", "same-origin")
			line := login.Header().Get("Set-Cookie")
			if login.Code != 200 || !strings.HasPrefix(line, "__Host-sealring=") || login.Header().Get("Cache-Control") != "no-cache, no-store" {
				t.Fatalf("login: %d %v\n%s", login.Code, login.Header(), s.journal)
			}
			cookie, _, _ := strings.Cut(line, ";")
			hello := ask("GET", "/hello", cookie, "none")
			if body := hello.Body.String(); !strings.HasPrefix(body, "hello Alice ") || len(body) < 30 || hello.Header().Get("Strict-Transport-Security") == "" || !strings.Contains(hello.Header().Get("Content-Security-Policy"), body[12:]) {
				t.Errorf("hello: %q %v", body, hello.Header())
			}
			if w := ask("GET", "/admin/x", cookie, "none"); w.Code != 403 {
				t.Errorf("not an admin: %d", w.Code)
			}
			if w := ask("GET", "/admin/x", "", "none"); w.Code != 302 || w.Header().Get("Location") != "https://app.example/login?ReturnUrl=%2Fadmin%2Fx" {
				t.Errorf("a stranger: %d to %q", w.Code, w.Header().Get("Location"))
			}
			if w := ask("POST", "/hello", cookie, "cross-site"); w.Code != 403 || w.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("a forged request: %d %v", w.Code, w.Header())
			}
			s.wantRequests(t,
				"POST https://app.example/login /login 200 <nil>",
				"GET https://app.example/hello /hello 200 42",
				"GET https://app.example/admin/x /admin/{what} 403 42",
				"GET https://app.example/admin/x /admin/{what} 302 <nil>",
				"POST https://app.example/hello <nil> 403 42")
			if got := s.journal.events("middleware in the wrong order"); len(got) != 0 {
				t.Errorf("its own order is wrong: %v", got)
			}
			if refused := s.journal.events("request refused"); len(refused) != 1 || refused[0]["request_id"] == nil {
				t.Errorf("refusals %v, want one with the id of its request", refused)
			}
		})
	}
}

func (s *shop) wantRequests(t *testing.T, wants ...string) {
	t.Helper()
	events := s.journal.events("request")
	k := 0
	for _, e := range events {
		if e["message"] != "request" {
			continue
		}
		scheme := "http"
		if e["https"] == true {
			scheme = "https"
		}
		got := fmt.Sprint(e["method"], " ", scheme, "://", e["host"], e["path"], " ", e["route"], " ", e["status"], " ", e["user"])
		if k >= len(wants) || got != wants[k] {
			t.Errorf("request %d: got %q, want %q", k, got, wants[min(k, len(wants)-1)])
		}
		k++
	}
	if k != len(wants) {
		t.Errorf("%d requests logged, want %d", k, len(wants))
	}
}

// Who wants no request logged must hear all the same why every one is refused. The
// default logger of slog writes to that of package log.
func TestStackWithoutLoggerNamesTheMissingProxy(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  middleware.Config
		want bool
	}{
		{"nothing set", middleware.Config{}, true},
		{"nothing wanted", middleware.Config{Log: middleware.LogConfig{Logger: zerolog.Nop()}}, false},
	} {
		var heard strings.Builder
		log.SetOutput(&heard)
		defer log.SetOutput(os.Stderr)
		stack := must(t)(middleware.Stack(c.cfg))
		w := serve(stack(text("x")), call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: https"}.request())
		if w.Code != 500 || strings.Contains(heard.String(), "install middleware.PublicOrigin") != c.want {
			t.Errorf("%s: %d, logged %q", c.name, w.Code, heard.String())
		}
	}
}

// Whatever the handler says about caching, and however it answers, what carries a
// cookie of ours stays out of caches.
func TestStackKeepsCookiesOutOfCaches(t *testing.T) {
	stack := must(t)(middleware.Stack(middleware.Config{Headers: middleware.HeadersConfig{Logger: quiet}}))
	for _, c := range []struct{ name, line, cache, want string }{
		{"ours", "__Host-sealring=CfDJ8AAA; path=/", "public", "no-cache, no-store"},
		{"ours, nothing said", "a=CfDJ8AAA", "", "no-cache, no-store"},
		{"ours, said already", "a=CfDJ8AAA", "private, No-Store", "private, No-Store"},
		{"removed", "__Host-sealring=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/", "public", "no-cache, no-store"},
		{"another cookie", "theme=dark; path=/", "public", "public"},
		{"none", "", "public", "public"},
	} {
		for how, answer := range map[string]func(w http.ResponseWriter){
			"Write":       func(w http.ResponseWriter) { w.Write([]byte("x")) },
			"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(303) },
			"Flush":       func(w http.ResponseWriter) { http.NewResponseController(w).Flush() },
			"nothing":     func(http.ResponseWriter) {},
		} {
			w := serve(stack(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.line != "" {
					w.Header().Add("Set-Cookie", c.line)
				}
				if c.cache != "" {
					w.Header().Set("Cache-Control", c.cache)
				}
				answer(w)
			})), get("/"))
			if got := w.Result().Header.Get("Cache-Control"); got != c.want {
				t.Errorf("%s, %s: Cache-Control %q, want %q", c.name, how, got, c.want)
			}
		}
	}
}

// A renewal comes at the last moment.
func TestStackKeepsRenewalsOutOfCaches(t *testing.T) {
	now := time.Now()
	auth := newAuth(t, cookieauth.Config{Now: func() time.Time { return now }})
	stack := must(t)(middleware.Stack(middleware.Config{Authenticators: []middleware.Authenticator{auth}}))
	r := signIn(t, get("/"), auth, claims.New("1"))
	now = now.Add(10 * 24 * time.Hour)
	w := serve(stack(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public")
		w.Write([]byte("x"))
	})), r)
	if len(w.Header()["Set-Cookie"]) != 1 || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		t.Errorf("got %v", w.Header())
	}
}

// Put together by hand in an order that does harm, the log says so once.
func TestOrderByHand(t *testing.T) {
	type wrap = func(http.Handler) http.Handler
	for _, c := range []struct {
		name  string
		order func(s *shop, origin, log, https, headers wrap) []wrap
		want  string
	}{
		{"right", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{o, l, h, c, s.auth.Handler, s.csrf.Handler} }, ""},
		{"harmless", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{l, c, o, h, s.auth.Handler, s.csrf.Handler} }, ""},
		{"some", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{l, s.csrf.Handler} }, ""},
		{"antiforgery before the user", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{o, l, h, c, s.csrf.Handler, s.auth.Handler} }, "the authenticator's Handler must stand outside of the antiforgery Handler, or else it takes every user for nobody"},
		{"origin too far in", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{l, h, c, o} }, "PublicOrigin must stand outside of RedirectHTTPS, or else behind a proxy that ends TLS it redirects for ever"},
		{"log too far in", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{o, h, l} }, "RequestLog must stand outside of RedirectHTTPS, or else its answers are not logged"},
		{"headers too far in", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{l, s.auth.Handler, s.csrf.Handler, c} }, "SecurityHeaders must stand outside of the antiforgery Handler, or else its answers go out without the headers"},
		{"origin inside of the authenticator", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{l, s.auth.Handler, o} }, "PublicOrigin must stand outside of the authenticator's Handler, or else behind a proxy that ends TLS it does not find the cookie"},
		{"authenticator outside of all", func(s *shop, o, l, h, c wrap) []wrap { return []wrap{s.auth.Handler, o, l} }, "PublicOrigin must stand outside of the authenticator's Handler"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			j, log := newJournal(t)
			slog := middleware.Slog(log)
			chain := c.order(s,
				must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://app.example"}, Logger: slog})),
				middleware.RequestLog(middleware.LogConfig{Logger: log}),
				must(t)(middleware.RedirectHTTPS(middleware.HTTPSConfig{Logger: slog})),
				must(t)(middleware.SecurityHeaders(middleware.HeadersConfig{Logger: slog})))
			h := text("x")
			for k := range chain {
				h = chain[len(chain)-1-k](h)
			}
			for range 3 {
				serve(h, signIn(t, get("/"), s.auth, claims.New("1")))
			}
			const prefix = "middleware in the wrong order: "
			got := j.events(prefix)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0]["message"].(string), prefix+c.want) || !strings.HasPrefix(fmt.Sprint(got[0]["order"]), "PublicOrigin, RequestLog")) {
				t.Errorf("got %v\nwant %q once", got, c.want)
			}
		})
	}
}

// Without any handler of this package, and with the antiforgery Handler outermost.
func TestOrderWithoutLog(t *testing.T) {
	type wrap = func(http.Handler) http.Handler
	for _, c := range []struct {
		name  string
		order func(s *shop, origin wrap) []wrap
		want  string
	}{
		{"right", func(s *shop, _ wrap) []wrap { return []wrap{s.auth.Handler, s.csrf.Handler} }, ""},
		{"right, with the origin", func(s *shop, o wrap) []wrap { return []wrap{o, s.auth.Handler, s.csrf.Handler} }, ""},
		{"right, and the user of a route", func(s *shop, _ wrap) []wrap {
			return []wrap{s.auth.Handler, s.csrf.Handler, middleware.Require(middleware.SignedIn, s.auth)}
		}, ""},
		{"antiforgery before the user", func(s *shop, _ wrap) []wrap { return []wrap{s.csrf.Handler, s.auth.Handler} }, "the authenticator's Handler must stand outside of the antiforgery Handler"},
		{"antiforgery before the user of a route", func(s *shop, _ wrap) []wrap {
			return []wrap{s.csrf.Handler, middleware.Require(middleware.SignedIn, s.auth)}
		}, "the authenticator's Handler must stand outside of the antiforgery Handler"},
		{"antiforgery before the origin", func(s *shop, o wrap) []wrap { return []wrap{s.csrf.Handler, o} }, "PublicOrigin must stand outside of the antiforgery Handler"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShop(t)
			chain := c.order(s, must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://app.example"}, Logger: s.log})))
			mux := http.NewServeMux()
			mux.Handle("GET /{page}", text("x"))
			var h http.Handler = mux
			for k := range chain {
				h = chain[len(chain)-1-k](h)
			}
			serve(h, get("/page")) // a stranger, who shows nothing
			for range 3 {
				r := signIn(t, get("/page"), s.auth, claims.New("1"))
				if w := serve(h, r); w.Body.String() != "x" || r.Pattern != "GET /{page}" {
					t.Errorf("got %d %s, by %q", w.Code, w.Body, r.Pattern)
				}
			}
			const prefix = "middleware in the wrong order: "
			got := s.journal.events(prefix)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0]["message"].(string), prefix+c.want)) {
				t.Errorf("got %v\nwant %q once", got, c.want)
			}
		})
	}
}

// While it cannot be told who a user is, tokens are neither made nor found wanting.
func TestStackInAnOutage(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	var down atomic.Bool
	auth := newAuth(t, cookieauth.Config{KeyRing: ring, Events: cookieauth.Events{Validate: func(*cookieauth.ValidateContext) error {
		if down.Load() {
			return errors.New("store is away")
		}
		return nil
	}}})
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	stack := must(t)(middleware.Stack(middleware.Config{Authenticators: []middleware.Authenticator{auth}, Antiforgery: csrf}))
	h := stack(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, err := csrf.Token(w, r); err != nil {
			antiforgery.Refuse(w, r, err)
		} else {
			fmt.Fprint(w, token)
		}
	}))
	page := serve(h, signIn(t, get("/"), auth, claims.New("1")))
	post := func() *http.Request {
		r := signIn(t, get("/"), auth, claims.New("1"))
		r.Method = "POST"
		for _, c := range page.Result().Cookies() {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
		r.Header.Set("RequestVerificationToken", page.Body.String())
		return r
	}
	if w := serve(h, post()); w.Code != http.StatusOK {
		t.Fatalf("before: %d %s", w.Code, w.Body)
	}
	down.Store(true)
	for what, r := range map[string]*http.Request{"a form": post(), "a page with a form": signIn(t, get("/"), auth, claims.New("1"))} {
		if w := serve(h, r); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || len(w.Header()["Set-Cookie"]) > 0 {
			t.Errorf("%s: %d %v", what, w.Code, w.Header())
		}
	}
	if w := serve(h, get("/")); w.Code != http.StatusOK {
		t.Errorf("a visitor without a login: %d", w.Code)
	}
}

func TestStackConfig(t *testing.T) {
	_, err := middleware.Stack(middleware.Config{
		PublicOrigin:   middleware.OriginConfig{Origins: []string{"app.example"}},
		Log:            middleware.LogConfig{IDHeader: "X-Request-Id:"},
		HTTPS:          middleware.HTTPSConfig{Port: -1},
		Headers:        middleware.HeadersConfig{ContentSecurityPolicy: "\n"},
		Authenticators: []middleware.Authenticator{nil},
	})
	wantProblems(t, err, "middleware: Stack: invalid configuration: PublicOrigin.Origins: ", "HTTPS.Port: ", "Headers.ContentSecurityPolicy: ", "Log.IDHeader: must be of letters", "Authenticators: one is nil")
	_, err = middleware.Stack(middleware.Config{PublicOrigin: middleware.OriginConfig{Hosts: []string{"app.example"}}})
	wantProblems(t, err, "PublicOrigin.Origins: required", "PublicOrigin.Headers: ")
}

// The zero Config is of use, and keeps plain HTTP out.
func TestStackOfNothing(t *testing.T) {
	stack := must(t)(middleware.Stack(middleware.Config{}))
	if w := serve(stack(text("x")), call{peer: "203.0.113.5:1", host: "app.example"}.request()); w.Code != 307 {
		t.Errorf("plain HTTP: %d, want 307", w.Code)
	}
	if w := serve(stack(text("x")), get("/")); w.Code != 200 || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("HTTPS: %d %v", w.Code, w.Header())
	}
	plain := must(t)(middleware.Stack(middleware.Config{DangerouslyAllowHTTP: true}))
	if w := serve(plain(text("x")), call{peer: "203.0.113.5:1", host: "app.example"}.request()); w.Code != 200 {
		t.Errorf("plain HTTP, allowed: %d, want 200", w.Code)
	}
}

// A path that is a secret to the log is one to all that log with it.
func TestSecretPath(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	j, log := newJournal(t)
	auth := newAuth(t, cookieauth.Config{KeyRing: ring, Logger: middleware.Slog(log)})
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: middleware.Slog(log)})
	if err != nil {
		t.Fatal(err)
	}
	stack := must(t)(middleware.Stack(middleware.Config{
		Log:            middleware.LogConfig{Logger: log, SecretPath: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/reset/") }},
		Authenticators: []middleware.Authenticator{auth},
		Antiforgery:    csrf,
	}))
	h := stack(auth.RequireRole("admin")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		if _, err := csrf.Tokens(w, r); err != nil {
			t.Error(err)
		}
	})))
	user := signIn(t, get("/reset/SECRET"), auth, claims.New("1"))
	admin := signIn(t, get("/reset/SECRET"), auth, claims.New("2", claims.Role("admin")))
	forged := get("/reset/SECRET")
	forged.Method = "POST"
	for _, r := range []*http.Request{user, admin, forged} {
		serve(h, r)
	}
	for _, want := range []string{"forbidden", "request refused", "Cache-Control and Pragma are replaced"} {
		if len(j.events(want)) != 1 {
			t.Errorf("%q is not logged", want)
		}
	}
	if strings.Contains(j.String(), "SECRET") {
		t.Errorf("the path is logged: %s", j)
	}
}

// Tokens that are asked for when the answer has begun come too late for their
// cookie, and RequestLog is what can tell.
func TestTokensTooLate(t *testing.T) {
	s := newShop(t)
	for _, early := range []bool{false, true} {
		var err error
		serve(s.stack(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if early {
				w.Write([]byte("<h1>Order</h1>"))
			}
			_, err = s.csrf.Tokens(w, r)
		})), get("/"))
		if errors.Is(err, antiforgery.ErrHeaderSent) != early || !early && err != nil {
			t.Errorf("after writing %v: got %v", early, err)
		}
	}
}

// A Stack within another takes nothing into a context that others know already, and
// may be using.
func TestStackWithinStack(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	outer := newAuth(t, cookieauth.Config{KeyRing: ring})
	inner := newAuth(t, cookieauth.Config{KeyRing: ring, Scheme: "inner", Cookie: cookieauth.Cookie{Name: "__Host-inner"}})
	_, log := newJournal(t)
	stack := func(auth *cookieauth.Authenticator) func(http.Handler) http.Handler {
		return must(t)(middleware.Stack(middleware.Config{Log: middleware.LogConfig{Logger: log}, Authenticators: []middleware.Authenticator{auth}}))
	}
	within := stack(inner)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := claims.FromContext(r.Context()); got.Len() != 2 || inner.User(r).ID() != "2" {
			t.Errorf("within both %d identities are known, and %v", got.Len(), inner.User(r))
		}
	}))
	h := stack(outer)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done, looking := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(looking)
			for n := 0; ; n++ {
				if got := claims.FromContext(r.Context()); got.ID() != "1" || got.Len() != 1 {
					t.Errorf("between the two there is %v with %d identities", got, got.Len())
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		}()
		within.ServeHTTP(w, r)
		close(done)
		<-looking
	}))
	r := signIn(t, signIn(t, get("/"), outer, claims.New("1")), inner, claims.New("2"))
	for range 20 {
		serve(h, r)
	}
}

// A context that somebody has been shown takes in nothing any more: it may be in use by
// a goroutine that an event or another kind of authenticator has begun.
func TestContextThatIsKnown(t *testing.T) {
	shut := map[string]bool{}
	show := func(to string, ctx context.Context) {
		host, ok := ctx.(journey.Host)
		shut[to] = !ok || host.Around() == nil
	}
	ring := dataprotectiontest.NewKeyRing(t)
	first := newAuth(t, cookieauth.Config{KeyRing: ring, Events: cookieauth.Events{
		Validate:     func(c *cookieauth.ValidateContext) error { show("Validate", c.Request.Context()); return nil },
		LargeCookies: func(r *http.Request, _ int) { show("LargeCookies", r.Context()) },
	}})
	second := newAuth(t, cookieauth.Config{KeyRing: ring, Scheme: "second", Cookie: cookieauth.Cookie{Name: "__Host-second"}})
	r := signIn(t, signIn(t, get("/"), first, claims.New("1")), second, claims.New("2"))
	r.AddCookie(&http.Cookie{Name: "large", Value: strings.Repeat("x", 8<<10)})
	stack := func(auths ...middleware.Authenticator) func(http.Handler) http.Handler {
		_, log := newJournal(t)
		return must(t)(middleware.Stack(middleware.Config{Log: middleware.LogConfig{Logger: log}, Authenticators: auths}))
	}
	t.Run("to events", func(t *testing.T) {
		serve(stack(first, second)(text("")), r)
		if want := map[string]bool{"Validate": true, "LargeCookies": true}; !maps.Equal(shut, want) {
			t.Errorf("which contexts take in nothing: %v, want %v", shut, want)
		}
	})
	t.Run("to another kind of authenticator", func(t *testing.T) {
		var known context.Context
		serve(stack(passer{first, &known}, second)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := claims.FromContext(r.Context()).ID(); got != "2" {
				t.Errorf("the user is %q, want 2", got)
			}
			if got := claims.FromContext(known); got != nil {
				t.Errorf("the context has taken in %v", got)
			}
		})), r)
	})
}

// A passer finds nobody, and keeps the context.
type passer struct {
	middleware.Authenticator
	known *context.Context
}

func (p passer) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*p.known = r.Context()
		next.ServeHTTP(w, r)
	})
}

// TestAuthenticatorsOfStack: what the authenticators of a Stack find out is known
// further in, from where there is one context for all of them; what one of a single
// route finds out is known only there.
func TestAuthenticatorsOfStack(t *testing.T) {
	ring := dataprotectiontest.NewKeyRing(t)
	first := newAuth(t, cookieauth.Config{KeyRing: ring})
	second := newAuth(t, cookieauth.Config{KeyRing: ring, Scheme: "second", Cookie: cookieauth.Cookie{Name: "__Host-second"}})
	third := newAuth(t, cookieauth.Config{KeyRing: ring, Scheme: "third", Cookie: cookieauth.Cookie{Name: "__Host-third"}})
	users := func(r *http.Request) string {
		return fmt.Sprint(first.User(r).ID(), " ", second.User(r).ID(), " ", third.User(r).ID(), " ", claims.FromContext(r.Context()).Len())
	}
	var seen []string
	var contexts []context.Context
	note := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen, contexts = append(seen, users(r)), append(contexts, r.Context())
			if next != nil {
				next.ServeHTTP(w, r)
				seen = append(seen, users(r))
			}
		})
	}
	_, log := newJournal(t)
	stack := must(t)(middleware.Stack(middleware.Config{
		Log: middleware.LogConfig{Logger: log}, Authenticators: []middleware.Authenticator{first, second},
	}))
	h := stack(note(third.Handler(note(nil))))
	for _, tt := range []struct {
		name    string
		signIns []*cookieauth.Authenticator
		want    []string
	}{
		{"nobody", nil, []string{"   0", "   0", "   0"}},
		{"one", []*cookieauth.Authenticator{second}, []string{" second  1", " second  1", " second  1"}},
		{"all", []*cookieauth.Authenticator{first, second, third}, []string{"Cookies second  2", "Cookies second third 3", "Cookies second  2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen, contexts = nil, nil
			r := get("/")
			for _, auth := range tt.signIns {
				scheme := map[*cookieauth.Authenticator]string{first: "Cookies", second: "second", third: "third"}[auth]
				signIn(t, r, auth, claims.New(scheme))
			}
			before := r.Context()
			serve(h, r)
			if !slices.Equal(seen, tt.want) {
				t.Errorf("seen %q, want %q", seen, tt.want)
			}
			if r.Context() != before || claims.FromContext(before) != nil {
				t.Error("the request that came in was changed")
			}
			if got := claims.FromContext(contexts[0]).Len(); got != min(2, len(tt.signIns)) {
				t.Errorf("afterwards the context has %d identities", got)
			}
		})
	}
}
