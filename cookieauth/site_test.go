package cookieauth_test

import (
	"crypto/tls"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

func https(r *http.Request) { r.TLS = &tls.ConnectionState{} }

// start is a moment with a fraction, which tickets do not keep.
var start = time.Date(2026, 6, 15, 12, 0, 0, 300_000_000, time.UTC)

// A site is an application with a login, and a browser that visits it. The browser
// keeps all cookies, and time stands still unless the test moves it.
type site struct {
	t    *testing.T
	auth *cookieauth.Authenticator
	now  time.Time
	jar  map[string]string
	http bool // plain HTTP
	live bool // the clock is the real one, or that of a bubble
	do   map[string]http.HandlerFunc
	head func(*http.Request)
}

// newSite completes cfg. The paths /in, /out, /who and /private do the obvious, more
// may be added to do.
func newSite(t *testing.T, cfg cookieauth.Config) *site {
	t.Helper()
	s := &site{t: t, now: start, jar: map[string]string{}}
	if cfg.KeyRing == nil {
		cfg.KeyRing = dataprotectiontest.NewKeyRing(t)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Now = func() time.Time {
		if s.live {
			return time.Now()
		}
		return s.now
	}
	auth, err := cookieauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.auth = auth
	s.do = map[string]http.HandlerFunc{
		"/in":      s.signIn(claims.New("1", claims.Name("Alice")), nil),
		"/out":     func(w http.ResponseWriter, r *http.Request) { s.check(auth.SignOut(w, r)) },
		"/who":     func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(auth.User(r).Name())) },
		"/private": auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("secret")) })).ServeHTTP,
	}
	return s
}

func (s *site) signIn(p *claims.Principal, opts *cookieauth.SignInOptions) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.check(s.auth.SignIn(w, r, p, opts)) }
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Error(err)
	}
}

// An answer is a response, its body read.
type answer struct {
	status  int
	header  http.Header
	body    string
	cookies []string // the Set-Cookie lines
}

func (s *site) get(target string) *answer { return s.request("GET", target) }

func (s *site) request(method, target string) *answer {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "app.example"
	if !s.http {
		https(r)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(s.jar)) {
		pairs = append(pairs, name+"="+s.jar[name])
	}
	if len(pairs) > 0 {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	if s.head != nil {
		s.head(r)
	}
	return s.send(r)
}

func (s *site) send(r *http.Request) *answer {
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	a := &answer{w.Code, w.Result().Header, w.Body.String(), w.Result().Header["Set-Cookie"]}
	for _, line := range a.cookies {
		pair, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if value == "" {
			delete(s.jar, name)
		} else {
			s.jar[name] = value
		}
	}
	return a
}

func (s *site) handler() http.Handler {
	return s.auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if do := s.do[r.URL.Path]; do != nil {
			do(w, r)
		}
	}))
}

// at moves the clock to so many minutes after the start.
func (s *site) at(minutes float64) { s.now = start.Add(time.Duration(minutes * float64(time.Minute))) }

// who checks who is signed in, "" for nobody, and whether the answer sets a cookie.
func (s *site) who(name string, renewed bool) {
	s.t.Helper()
	a := s.get("/who")
	if a.body != name || (len(a.cookies) > 0) != renewed {
		s.t.Errorf("at %v: signed in is %q, cookies %q; want %q, renewed %v", s.now.Sub(start), a.body, a.cookies, name, renewed)
	}
}

// is checks status and Location of an answer.
func (a *answer) is(t *testing.T, status int, location string) {
	t.Helper()
	if got := a.header.Get("Location"); a.status != status || got != location {
		t.Errorf("answered %d to %q, want %d to %q", a.status, got, status, location)
	}
}
