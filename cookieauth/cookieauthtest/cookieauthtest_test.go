package cookieauthtest_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/cookieauthtest"
	"github.com/sealring/sealring/cookieauth/memtickets"
)

var alice = claims.New("42", claims.Name("alice"))

// who answers with the user's name; /out signs out.
func who(t *testing.T, auth *cookieauth.Authenticator) http.Handler {
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/out" {
			if err := auth.SignOut(w, r); err != nil {
				t.Error(err)
			}
		}
		io.WriteString(w, auth.User(r).Name())
	}))
}

func TestRequest(t *testing.T) {
	for _, c := range []struct {
		name, target, cookies string
		cfg                   cookieauth.Config
		p                     *claims.Principal
	}{
		{"plain HTTP", "/", "", cookieauth.Config{}, alice},
		{"HTTPS", "https://app.example/", "", cookieauth.Config{}, alice},
		{"over plain HTTP on purpose", "/", "", cookieauth.Config{Cookie: cookieauth.Cookie{Name: "login", Secure: cookieauth.SecureSameAsRequest}}, alice},
		{"as ASP.NET Core does it", "/", "", cookieauth.Config{Profile: cookieauth.ASPNETCore}, alice},
		{"beside other cookies", "/", "theme=dark", cookieauth.Config{}, alice},
		{"over a cookie of the name", "/", "theme=dark; __Host-sealring=old", cookieauth.Config{}, alice},
		{"fewer chunks than before", "/", "theme=dark; __Host-sealring=chunks-9; __Host-sealringC1=a; __Host-sealringC2=b", cookieauth.Config{}, alice},
		{"in chunks", "/", "", cookieauth.Config{}, claims.New("42", claims.Name("alice"), claims.Role(strings.Repeat("x", 4000)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			auth := cookieauthtest.New(t, c.cfg)
			given := httptest.NewRequest("GET", c.target, nil)
			if c.cookies != "" {
				given.Header.Set("Cookie", c.cookies)
			}
			r := cookieauthtest.Request(t, auth, given, c.p)
			w := httptest.NewRecorder()
			who(t, auth).ServeHTTP(w, r)
			if w.Body.String() != "alice" {
				t.Errorf("signed in is %q, want alice; cookies %.80q", w.Body, r.Header["Cookie"])
			}
			if got := r.Header.Get("Cookie"); strings.HasPrefix(c.cookies, "theme") != strings.HasPrefix(got, "theme=dark; ") {
				t.Errorf("cookies %.80q, before %q", got, c.cookies)
			}
			if given.Header.Get("Cookie") != c.cookies {
				t.Error("the given request was changed")
			}
		})
	}
}

func TestRequestTwice(t *testing.T) {
	auth := cookieauthtest.New(t, cookieauth.Config{})
	r := cookieauthtest.Request(t, auth, httptest.NewRequest("GET", "/", nil), alice)
	r = cookieauthtest.Request(t, auth, r, claims.New("43", claims.Name("bob")))
	w := httptest.NewRecorder()
	who(t, auth).ServeHTTP(w, r)
	if w.Body.String() != "bob" {
		t.Errorf("signed in is %q, want bob", w.Body)
	}
}

func TestClient(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"plain HTTP": httptest.NewServer, "HTTPS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			clock := cookieauthtest.NewClock(time.Now())
			auth := cookieauthtest.New(t, cookieauth.Config{Lifetime: time.Hour, Now: clock.Now})
			server := start(who(t, auth))
			defer server.Close()
			client := cookieauthtest.Client(t, auth, server, alice)
			other := cookieauthtest.Client(t, auth, server, claims.New("43", claims.Name("bob")))
			for _, c := range []struct {
				name          string
				after         time.Duration
				client        *http.Client
				path, want    string
				setsNewCookie bool
			}{
				{"at once", 0, client, "/", "alice", false},
				{"each client for itself", 0, other, "/", "bob", false},
				{"the server's own client", 0, server.Client(), "/", "", false},
				{"past half of its life", 40 * time.Minute, client, "/", "alice", true},
				{"past the end of the first", 40 * time.Minute, client, "/", "alice", true},
				{"who did not come in between", 0, other, "/", "", false},
				{"signing out", 0, client, "/out", "alice", true},
				{"signed out", 0, client, "/", "", false},
			} {
				clock.Advance(c.after)
				body, cookies := get(t, c.client, server.URL+c.path)
				if body != c.want || (cookies > 0) != c.setsNewCookie {
					t.Errorf("%s: signed in is %q, %d cookies, want %q, cookies %v", c.name, body, cookies, c.want, c.setsNewCookie)
				}
			}
		})
	}
}

func get(t *testing.T, client *http.Client, url string) (body string, cookies int) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), len(resp.Header["Set-Cookie"])
}

// failing is a test that notes how it was ended. Fatal does not return.
type failing struct {
	testing.TB
	said string
}

var errEnded = errors.New("the test has been ended")

func (f *failing) Helper() {}

func (f *failing) Fatal(args ...any) {
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			f.said += err.Error()
		}
	}
	panic(errEnded)
}

func (f *failing) Fatalf(format string, _ ...any) { f.said = format; panic(errEnded) }

func TestFailures(t *testing.T) {
	auth := cookieauthtest.New(t, cookieauth.Config{})
	elsewhere := cookieauthtest.New(t, cookieauth.Config{Cookie: cookieauth.Cookie{Domain: "shop.example"}})
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	for _, c := range []struct {
		name string
		do   func(t testing.TB)
		want string
	}{
		{"config", func(t testing.TB) { cookieauthtest.New(t, cookieauth.Config{Lifetime: -1}) }, "Lifetime"},
		{"nobody's request", func(t testing.TB) { cookieauthtest.Request(t, auth, httptest.NewRequest("GET", "/", nil), nil) }, "no authenticated identity"},
		{"nobody's client", func(t testing.TB) { cookieauthtest.Client(t, auth, server, nil) }, "no authenticated identity"},
		{"server not started", func(t testing.TB) { cookieauthtest.Client(t, auth, new(httptest.Server), alice) }, "was it started?"},
		{"foreign domain", func(t testing.TB) { cookieauthtest.Client(t, elsewhere, server, alice) }, "does not take the cookie"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &failing{TB: t}
			defer func() {
				if got := recover(); got != errEnded || !strings.Contains(f.said, c.want) {
					t.Errorf("ended with %v and %q, want %q", got, f.said, c.want)
				}
			}()
			c.do(f)
		})
	}
}

// TestSessions: logged-in requests and clients work with sessions that can be ended.
func TestSessions(t *testing.T) {
	store := memtickets.New(memtickets.Config{})
	quiet := slog.New(slog.DiscardHandler)
	cutoffs, err := cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: store, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer cutoffs.Close()
	alice := claims.New("1", claims.Name("Alice"))
	for name, cfg := range map[string]cookieauth.Config{"cut-offs": {Cutoffs: cutoffs}, "store": {TicketStore: store}, "both": {Cutoffs: cutoffs, TicketStore: store}} {
		t.Run(name, func(t *testing.T) {
			auth := cookieauthtest.New(t, cfg)
			site := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, auth.User(r).Name())
				if r.URL.Path == "/end" {
					if err := auth.EndSessionsOf(r.Context(), "1"); err != nil {
						t.Error(err)
					}
				}
			}))
			get := func(r *http.Request) string {
				w := httptest.NewRecorder()
				site.ServeHTTP(w, r)
				return w.Body.String()
			}
			r := cookieauthtest.Request(t, auth, httptest.NewRequest("GET", "/", nil), alice)
			if got := get(r); got != "Alice" {
				t.Errorf("the request is of %q", got)
			}
			server := httptest.NewServer(site)
			defer server.Close()
			client := cookieauthtest.Client(t, auth, server, alice)
			for _, step := range []struct{ path, want string }{{"/", "Alice"}, {"/end", "Alice"}, {"/", ""}} {
				resp, err := client.Get(server.URL + step.path)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != step.want {
					t.Errorf("%s: the client is %q, want %q", step.path, body, step.want)
				}
			}
			if got := get(r); got != "" {
				t.Errorf("afterwards the request is of %q", got)
			}
		})
	}
}
