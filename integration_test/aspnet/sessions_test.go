package aspnet_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
)

const liveCookie = ".AspNetCore.Cookies"

// endingMember is an instance of ours that shares the reference's login and ends
// sessions.
func endingMember(t *testing.T, ring *dataprotection.KeyRing, store cookieauth.CutoffStore) *cookieauth.Authenticator {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	cutoffs, err := cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: store, PollInterval: pollInterval, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cutoffs.Close() })
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Cutoffs: cutoffs, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// visitOurs sends a cookie through an instance of ours and returns what it finds.
func visitOurs(auth *cookieauth.Authenticator, cookie *http.Cookie, do func(w http.ResponseWriter, r *http.Request)) {
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	auth.Handler(http.HandlerFunc(do)).ServeHTTP(httptest.NewRecorder(), r)
}

// nameOf returns who an instance of ours takes the holder of a cookie for.
func nameOf(auth *cookieauth.Authenticator, cookie *http.Cookie) (name string) {
	visitOurs(auth, cookie, func(_ http.ResponseWriter, r *http.Request) { name = auth.User(r).Name() })
	return name
}

func endOurs(t *testing.T, auth *cookieauth.Authenticator, cookie *http.Cookie) {
	t.Helper()
	visitOurs(auth, cookie, func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignOut(w, r); err != nil {
			t.Error(err)
		}
	})
}

// renewedBy sends a cookie that is past its half to the reference, which renews it.
func renewedBy(t *testing.T, app *liveApp, cookie *http.Cookie) *http.Cookie {
	t.Helper()
	answer := app.do(t, "GET", "/whoami", cookie)
	if len(answer.cookies) != 1 || answer.cookies[0].Name != liveCookie || !strings.Contains(answer.body, "alice") {
		t.Fatalf("the reference answers %q and sets %v", answer.body, answer.cookies)
	}
	return answer.cookies[0]
}

// TestLiveSessionEnds has a session that we end be renewed by the reference, which
// does not know of its end, before and after.
func TestLiveSessionEnds(t *testing.T) {
	keys := t.TempDir()
	app, ring := startApp(t, keys), openLive(t, keys)
	store := memtickets.New(memtickets.Config{})
	one, two := endingMember(t, ring, store), endingMember(t, ring, store)

	var past ticket.Properties
	past.SetIssued(time.Now().Add(-10 * 24 * time.Hour))
	past.SetExpires(time.Now().Add(4 * 24 * time.Hour))
	w := httptest.NewRecorder()
	if err := one.SignIn(w, httptest.NewRequest("GET", "/", nil), claims.New("42", claims.Name("alice")), &cookieauth.SignInOptions{Properties: past}); err != nil {
		t.Fatal(err)
	}
	first := w.Result().Cookies()[0]

	marks := func(cookie *http.Cookie) (session, start string) {
		visitOurs(two, cookie, func(_ http.ResponseWriter, r *http.Request) {
			session, _ = two.Ticket(r).Properties.Get(".sealring.session")
			start, _ = two.Ticket(r).Properties.Get(".sealring.start")
		})
		return session, start
	}
	renewed := renewedBy(t, app, first)
	session, start := marks(first)
	againSession, againStart := marks(renewed)
	if len(session) != 26 || start == "" || againSession != session || againStart != start {
		t.Errorf("session %q began at %q; after a renewal by the reference %q at %q", session, start, againSession, againStart)
	}

	endOurs(t, one, renewed)
	afterwards := renewedBy(t, app, first) // which knows of no end
	for name, cookie := range map[string]*http.Cookie{"the first cookie": first, "the one renewed before": renewed, "the one renewed after": afterwards} {
		if got := nameOf(one, cookie); got != "" {
			t.Errorf("%s is good for %q", name, got)
		}
		within(t, pollInterval, name+" is refused on the other instance", func() bool { return nameOf(two, cookie) == "" })
	}
}

// TestLiveForeignSessionEnds ends a session that the reference has begun and that
// bears no id of ours.
func TestLiveForeignSessionEnds(t *testing.T) {
	keys := t.TempDir()
	app, ring := startApp(t, keys), openLive(t, keys)
	store := memtickets.New(memtickets.Config{})
	one, two := endingMember(t, ring, store), endingMember(t, ring, store)
	signIn := func() *http.Cookie {
		for _, c := range app.do(t, "GET", "/signin?name=alice", nil).cookies {
			if c.Name == liveCookie {
				return c
			}
		}
		t.Fatal("the reference has signed nobody in")
		return nil
	}
	first := signIn()
	if got := nameOf(one, first); got != "alice" {
		t.Fatalf("the user is %q", got)
	}
	endOurs(t, one, first)
	if got := nameOf(one, first); got != "" {
		t.Errorf("after the sign-out the cookie is good for %q", got)
	}
	within(t, pollInterval, "it is refused on the other instance", func() bool { return nameOf(two, first) == "" })
	if got := app.do(t, "GET", "/whoami", first).body; !strings.Contains(got, "alice") {
		t.Errorf("the reference, which knows of no end, answers %q", got)
	}
	time.Sleep(time.Second) // dates in tickets are in whole seconds
	second := signIn()
	if got := nameOf(one, second); got != "alice" {
		t.Errorf("signed in again the user is %q", got)
	}
}
