package cookieauth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// openCutoffs opens cut-offs that poll in real time every few milliseconds, unless
// the test runs in a bubble.
func openCutoffs(t *testing.T, cfg cookieauth.CutoffsConfig) *cookieauth.Cutoffs {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c, err := cookieauth.OpenCutoffs(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func inBubble(t *testing.T, test func(t *testing.T)) { synctest.Test(t, test) }

// member makes an instance with its own ring handle, cut-offs and, if wanted, store.
func member(t *testing.T, ring *dataprotection.KeyRing, m *memory, cfg cookieauth.Config) *site {
	t.Helper()
	cfg.KeyRing = ring
	cfg.Cutoffs = openCutoffs(t, cookieauth.CutoffsConfig{Store: m})
	s := newSite(t, cfg)
	s.live = true
	return s
}

func TestSignOutEndsTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		one, two := member(t, ring, m, cookieauth.Config{}), member(t, ring, m, cookieauth.Config{})
		one.get("/in")
		saved := maps.Clone(one.jar)
		two.jar = maps.Clone(saved)
		two.who("Alice", false)

		if a := one.get("/out"); len(a.cookies) != 1 {
			t.Errorf("cookies %q", a.cookies)
		}
		one.jar = maps.Clone(saved)
		one.who("", false)
		time.Sleep(cookieauth.DefaultCutoffPollInterval)
		synctest.Wait()
		two.jar = maps.Clone(saved)
		two.who("", false)

		three := member(t, ring, m, cookieauth.Config{}) // started later
		three.jar = maps.Clone(saved)
		three.who("", false)
		three.get("/in")
		three.who("Alice", false)
	})
}

func TestSignOutInAnOutage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log strings.Builder
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		s.get("/in")
		s.do["/out"] = func(w http.ResponseWriter, r *http.Request) {
			if err := s.auth.SignOut(w, r); err != nil {
				if !errors.Is(err, dataprotection.ErrUnavailable) || !errors.Is(err, errDown) || len(w.Header()) > 0 {
					t.Errorf("got %v, header %v", err, w.Header())
				}
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}
		m.down.Store(true)
		if a := s.get("/out"); a.status != http.StatusServiceUnavailable {
			t.Errorf("status %d", a.status)
		}
		s.who("Alice", false)
		m.down.Store(false)
		saved := maps.Clone(s.jar)
		if a := s.get("/out"); a.status != http.StatusOK || len(a.cookies) != 1 {
			t.Errorf("status %d, cookies %q", a.status, a.cookies)
		}
		s.jar = saved
		s.who("", false)
	})
}

func TestSignInEndsTheOldSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{})
		s.get("/in")
		old, oldID := maps.Clone(s.jar), s.sessionID()
		s.get("/in")
		if id := s.sessionID(); id == oldID || len(id) != 26 || len(oldID) != 26 {
			t.Errorf("ids %q and %q", oldID, id)
		}
		s.who("Alice", false)
		s.jar = old
		s.who("", false)

		m.down.Store(true)
		s.get("/in") // nothing to end, so no store is needed
		s.who("Alice", false)
		s.do["/in"] = func(w http.ResponseWriter, r *http.Request) {
			if err := s.auth.SignIn(w, r, claims.New("1"), nil); !errors.Is(err, dataprotection.ErrUnavailable) || len(w.Header()) > 0 {
				t.Errorf("got %v, header %v", err, w.Header())
			}
		}
		s.get("/in")
		s.who("Alice", false)
	})
}

func TestRenewalKeepsTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{Lifetime: time.Hour})
		s.get("/in")
		first, id := maps.Clone(s.jar), s.sessionID()
		time.Sleep(40 * time.Minute)
		s.who("Alice", true)
		if got := s.sessionID(); got != id {
			t.Errorf("renewed as %q, was %q", got, id)
		}
		renewed := maps.Clone(s.jar)
		s.get("/out")
		for name, jar := range map[string]map[string]string{"the first cookie": first, "the renewed one": renewed} {
			s.jar = maps.Clone(jar)
			if a := s.get("/who"); a.body != "" {
				t.Errorf("%s is good for %q", name, a.body)
			}
		}
	})
}

// TestTicketsWithoutSession: .NET made them, or an earlier configuration.
func TestTicketsWithoutSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		before := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: time.Hour})
		before.live = true
		s := member(t, ring, m, cookieauth.Config{Lifetime: time.Hour})
		s.jar = before.jar
		before.get("/in")
		saved, id := maps.Clone(s.jar), s.sessionID()
		if id == "" || id != s.sessionID() {
			t.Errorf("the id is %q, then %q", id, s.sessionID())
		}
		time.Sleep(40 * time.Minute)
		s.who("Alice", true)
		if got := s.sessionID(); got != id {
			t.Errorf("renewed as %q, was %q", got, id)
		}
		s.get("/out")
		s.jar = saved
		s.who("", false)

		before.jar = map[string]string{}
		before.get("/in") // later, so it is another session
		s.jar = before.jar
		s.who("Alice", false)
	})
}

func TestEndSessionsOfUser(t *testing.T) {
	alice, bob := claims.New("1", claims.Name("Alice")), claims.New("2", claims.Name("Bob"))
	for _, c := range []struct {
		name                   string
		end                    func(s *site, r *http.Request) error
		alice, phone, bob, now string // who is who afterwards; now is the present session of Alice
	}{
		{"others", func(s *site, r *http.Request) error { return s.auth.EndOtherSessions(r) }, "", "", "Bob", "Alice"},
		{"all of a user", func(s *site, r *http.Request) error { return s.auth.EndSessionsOf(r.Context(), "1") }, "", "", "Bob", ""},
		{"everybody's", func(s *site, r *http.Request) error { return s.auth.EndAllSessions(r.Context()) }, "", "", "", ""},
		{"one by its id", func(s *site, r *http.Request) error { return s.auth.EndSession(r, s.auth.SessionID(r)) }, "Alice", "Alice", "Bob", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
				s, elsewhere := member(t, ring, m, cookieauth.Config{}), member(t, ring, m, cookieauth.Config{})
				signIn := func(p *claims.Principal) map[string]string {
					s.jar = map[string]string{}
					s.do["/in"] = s.signIn(p, nil)
					s.get("/in")
					return maps.Clone(s.jar)
				}
				first, phone, bobs, present := signIn(alice), signIn(alice), signIn(bob), signIn(alice)
				s.do["/end"] = func(w http.ResponseWriter, r *http.Request) { s.check(c.end(s, r)) }
				s.get("/end")
				again := signIn(alice) // at the same moment by the clock
				time.Sleep(cookieauth.DefaultCutoffPollInterval)
				synctest.Wait()
				for _, at := range []*site{s, elsewhere} {
					for _, is := range []struct {
						jar  map[string]string
						name string
					}{{first, c.alice}, {phone, c.phone}, {bobs, c.bob}, {present, c.now}, {again, "Alice"}} {
						at.jar = maps.Clone(is.jar)
						at.who(is.name, false)
					}
				}
			})
		})
	}
}

// sessionID asks for the id of the browser's session.
func (s *site) sessionID() string {
	s.do["/session"] = func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, s.auth.SessionID(r)) }
	return s.get("/session").body
}
