package cookieauth_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/bubbletest"
)

func TestVaryCookie(t *testing.T) {
	for _, c := range []struct {
		on           bool
		before, want []string
	}{
		{false, nil, nil},
		{true, nil, []string{"Cookie"}},
		{true, []string{"Accept-Encoding"}, []string{"Accept-Encoding", "Cookie"}},
		{true, []string{"Accept-Encoding, cookie"}, []string{"Accept-Encoding, cookie"}},
		{true, []string{"*"}, []string{"*"}},
		{false, []string{"Origin"}, []string{"Origin"}},
	} {
		s := newSite(t, cookieauth.Config{VaryCookie: c.on, LoginPath: "/login"})
		for _, path := range []string{"/who", "/private", "/in", "/who", "/private", "/out"} {
			r := httptest.NewRequest("GET", path, nil)
			https(r)
			if s.jar["__Host-sealring"] != "" {
				r.Header.Set("Cookie", "__Host-sealring="+s.jar["__Host-sealring"])
			}
			outer := s.handler()
			w := httptest.NewRecorder()
			w.Header()["Vary"] = slices.Clone(c.before)
			outer.ServeHTTP(w, r)
			if got := w.Result().Header["Vary"]; !slices.Equal(got, c.want) {
				t.Errorf("on %v, before %q, %s: Vary is %q, want %q", c.on, c.before, path, got, c.want)
			}
		}
	}
}

// TestNoCacheKeepsACookie looks at every answer that carries a cookie of ours.
func TestNoCacheKeepsACookie(t *testing.T) {
	u := new(users)
	cfg := cookieauth.Config{Lifetime: 2 * time.Hour, Revalidation: cookieauth.Revalidation{Check: u.check}}
	eachMode(t, cfg, func(t *testing.T, s *site) {
		u.locked.Store(false)
		s.do["/in"] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			s.check(s.auth.SignIn(w, r, claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true}))
		}
		s.do["/public"] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")
			w.Write(nil)
		}
		withCookie := 0
		for _, step := range []struct {
			minute float64
			path   string
		}{{0, "/in"}, {1, "/public"}, {31, "/public"}, {70, "/public"}, {71, "/out"}, {71, "/in"}, {72, "/public"}} {
			s.at(step.minute)
			a := s.get(step.path)
			if len(a.cookies) == 0 {
				continue
			}
			withCookie++
			if a.header.Get("Cache-Control") != "no-cache,no-store" || a.header.Get("Pragma") != "no-cache" || a.header.Get("Expires") != "Thu, 01 Jan 1970 00:00:00 GMT" {
				t.Errorf("at %v %s carries %.40q and says %q, %q", step.minute, step.path, a.cookies, a.header.Get("Cache-Control"), a.header.Get("Expires"))
			}
		}
		if withCookie < 4 {
			t.Errorf("only %d answers had a cookie", withCookie)
		}
		u.locked.Store(true)
		s.at(110)
		s.do["/public"] = func(w http.ResponseWriter, r *http.Request) {}
		if a := s.get("/public"); len(a.cookies) != 1 || a.header.Get("Cache-Control") != "no-cache,no-store" {
			t.Errorf("a rejection carries %q and says %q", a.cookies, a.header.Get("Cache-Control"))
		}
	})
}

func TestLargeCookies(t *testing.T) {
	var log strings.Builder
	var sizes []int
	cfg := cookieauth.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	cfg.Events.LargeCookies = func(r *http.Request, size int) { sizes = append(sizes, size) }
	s := newSite(t, cfg)
	s.get("/in")
	login := "__Host-sealring=" + s.jar["__Host-sealring"]
	s.visit("theme=dark; " + login)
	s.visit(strings.Repeat("secret", 1200) + "; " + login) // a value alone
	s.at(-2)
	sizes = nil
	log.Reset()
	large := "a=" + strings.Repeat("secret", 700) + "; b=" + strings.Repeat("x", 2000) + "; " + login + "; c=1"
	for range 3 {
		s.visit(large)
	}
	s.at(1.1)
	s.visit(large)
	if want := len(large); !slices.Equal(sizes, []int{want, want, want, want}) {
		t.Errorf("sizes %v, want 4 of %d", sizes, want)
	}
	if n := strings.Count(log.String(), "the cookies of a request are large; proxies refuse requests with more than about 8 KiB"); n != 2 || strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), `largest="a 4202, b 2002, __Host-sealring `) {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

// TestLateSignInUnderAnotherScheme: the writer that carries the renewal of one
// scheme tells the other one that the header has gone out.
func TestLateSignInUnderAnotherScheme(t *testing.T) {
	for _, outer := range []string{"users", "admins"} {
		ring := dataprotectiontest.NewKeyRing(t)
		usersSite := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: time.Hour})
		admins := newSite(t, cookieauth.Config{KeyRing: ring, Scheme: "Admins"})
		usersSite.get("/in")
		admins.get("/in")
		usersSite.at(40) // so the users' handler wraps the writer
		var early, late error
		h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			early = admins.auth.SignIn(w, r, claims.New("1"), nil)
			w.WriteHeader(http.StatusOK)
			late = admins.auth.SignIn(w, r, claims.New("1"), nil)
		}))
		if outer == "users" {
			h = usersSite.auth.Handler(admins.auth.Handler(h))
		} else {
			h = admins.auth.Handler(usersSite.auth.Handler(h))
		}
		r := httptest.NewRequest("GET", "/", nil).WithContext(context.Background())
		https(r)
		r.Header.Set("Cookie", "__Host-sealring="+usersSite.jar["__Host-sealring"]+"; __Host-sealring-Admins="+admins.jar["__Host-sealring-Admins"])
		h.ServeHTTP(httptest.NewRecorder(), r)
		if early != nil || late != cookieauth.ErrHeaderSent {
			t.Errorf("outside %s: early %v, late %v", outer, early, late)
		}
	}
}

// TestTwoSessionsOfOneUser: somebody has planted a cookie of another session.
func TestTwoSessionsOfOneUser(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		var log strings.Builder
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{Lifetime: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		pair := func() string { return "__Host-sealring=" + s.jar["__Host-sealring"] }
		s.get("/in")
		first := pair()
		s.jar = map[string]string{}
		s.get("/in")
		second := pair()
		if got := s.visit(first + "; " + second); got != "" || !strings.Contains(log.String(), "two valid cookies of one name belong to different sessions") {
			t.Errorf("the visitor is %q, log:\n%s", got, log.String())
		}
		time.Sleep(40 * time.Minute)
		s.who("Alice", true)
		if got := s.visit(second + "; " + pair()); got != "Alice" {
			t.Errorf("one session, before and after its renewal: %q", got)
		}
		plain := newSite(t, cookieauth.Config{KeyRing: ring}) // reads the ids, though it makes none
		plain.live = true
		if got := plain.visit(first + "; " + second); got != "" {
			t.Errorf("without cut-offs the visitor is %q", got)
		}
		plain.get("/in")
		one := "__Host-sealring=" + plain.jar["__Host-sealring"]
		time.Sleep(time.Second)
		plain.get("/in")
		two := "__Host-sealring=" + plain.jar["__Host-sealring"]
		if got := s.visit(one + "; " + two); got != "Alice" {
			t.Errorf("two tickets of one user that name no session: %q", got)
		}
		s.jar = map[string]string{"__Host-sealring": strings.TrimPrefix(one, "__Host-sealring=") + "; " + two}
		s.get("/out") // ends both
		for _, cookie := range []string{one, two} {
			if got := s.visit(cookie); got != "" {
				t.Errorf("after the sign-out: %q", got)
			}
		}
	})
}
