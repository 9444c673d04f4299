package cookieauth_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/bubbletest"
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
	bubbletest.Run(t, func(t *testing.T) {
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
	bubbletest.Run(t, func(t *testing.T) {
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
	bubbletest.Run(t, func(t *testing.T) {
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
	bubbletest.Run(t, func(t *testing.T) {
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

// TestEventsCannotLoseTheSession: one puts other properties in.
func TestEventsCannotLoseTheSession(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		cfg := cookieauth.Config{Lifetime: time.Hour}
		cfg.Events.Validate = func(c *cookieauth.ValidateContext) error {
			var bare ticket.Properties
			issued, _ := c.Properties.Issued()
			expires, _ := c.Properties.Expires()
			bare.SetIssued(issued)
			bare.SetExpires(expires)
			bare.Set(".sealring.session", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
			*c.Properties, c.Renew = bare, true
			return nil
		}
		s := member(t, dataprotectiontest.NewKeyRing(t), newMemory(), cfg)
		s.get("/in")
		id := s.sessionID()
		if again := s.sessionID(); id == "" || again != id {
			t.Errorf("the session is %q, then %q", id, again)
		}
	})
}

// TestTicketsWithoutSession: .NET made them, or an earlier configuration.
func TestTicketsWithoutSession(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
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
			bubbletest.Run(t, func(t *testing.T) {
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

func TestCutoffsConfig(t *testing.T) {
	_, err := cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{PollInterval: time.Hour, LongestLife: -1})
	if err == nil || err.Error() != "cookieauth: cut-offs: invalid configuration: Store: required; PollInterval: must be from a millisecond to 15 minutes; LongestLife: less than a second" {
		t.Errorf("got %v", err)
	}
	_, err = cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: newMemory(), LongestLife: math.MaxInt64})
	if err == nil || err.Error() != "cookieauth: cut-offs: invalid configuration: LongestLife: more than 100 years" {
		t.Errorf("got %v", err)
	}
	for name, c := range map[string]*cookieauth.Cutoffs{"nil": nil, "zero": {}} {
		if err := c.EndSession(t.Context(), "A"); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("%s: ends a session with %v", name, err)
		}
		if c.Status().Err == nil || c.Close() != nil {
			t.Errorf("%s: status %v", name, c.Status())
		}
	}
	ring := dataprotectiontest.NewKeyRing(t)
	short := openCutoffs(t, cookieauth.CutoffsConfig{Store: newMemory(), LongestLife: time.Hour})
	for want, cutoffs := range map[string]*cookieauth.Cutoffs{"Cutoffs: not opened: OpenCutoffs opens them": {}, "Lifetime: longer than CutoffsConfig.LongestLife": short} {
		if _, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Cutoffs: cutoffs}); err == nil || err.Error() != "cookieauth: invalid configuration: "+want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestCutoffsNeedTheirStoreAtStart(t *testing.T) {
	m := newMemory()
	m.down.Store(true)
	if _, err := cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: m}); !errors.Is(err, dataprotection.ErrUnavailable) || err.Error() != "cookieauth: load cut-offs: connection refused" {
		t.Errorf("got %v", err)
	}
}

func TestCutoffsInAnOutage(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		var log strings.Builder
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		cutoffs := openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		s := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: cutoffs})
		s.live = true
		s.get("/in")
		ended := maps.Clone(s.jar)
		s.get("/out")
		s.get("/in")
		before := cutoffs.Status()
		m.down.Store(true)
		time.Sleep(time.Hour)
		s.who("Alice", false)
		alive := s.jar
		s.jar = ended
		s.who("", false)
		s.jar = alive
		if st := cutoffs.Status(); !errors.Is(st.Err, errDown) || st.Known != 1 || st.LastLoad.After(before.LastLoad.Add(time.Minute)) {
			t.Errorf("status in the outage: %+v", st)
		}
		m.down.Store(false)
		time.Sleep(time.Minute)
		if st := cutoffs.Status(); st.Err != nil || st.Known != 1 || time.Since(st.LastLoad) > time.Minute {
			t.Errorf("status after it: %+v", st)
		}
		for _, want := range []string{"the cut-offs cannot be brought up to date, those known so far stay in force", "the cut-offs are up to date again"} {
			if n := strings.Count(log.String(), want); n != 1 {
				t.Errorf("%q is logged %d times:\n%s", want, n, log.String())
			}
		}
	})
}

func TestCutoffsThatTheStoreLost(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		var log strings.Builder
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})})
		s.live = true
		s.get("/in")
		saved := maps.Clone(s.jar)
		s.get("/out")
		s.check(s.auth.EndSessionsOf(t.Context(), "2"))
		time.Sleep(time.Minute)
		m.mu.Lock()
		m.cutoffs = nil // restarted without its data
		m.mu.Unlock()
		time.Sleep(time.Minute)
		m.mu.Lock()
		if len(m.cutoffs) != 2 {
			t.Errorf("put back are %v", m.cutoffs)
		}
		m.mu.Unlock()
		if n := strings.Count(log.String(), "the store has lost cut-offs; they stay in force and are put back\" lost=2"); n != 1 {
			t.Errorf("log:\n%s", log.String())
		}
		s.jar = maps.Clone(saved)
		s.who("", false)
		later := member(t, ring, m, cookieauth.Config{})
		later.jar = saved
		later.who("", false)
	})
}

func TestCutoffsThatTheStoreLostForGood(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{})
		s.get("/in")
		saved := maps.Clone(s.jar)
		s.get("/out")
		time.Sleep(time.Minute)
		m.mu.Lock()
		m.cutoffs = []cookieauth.Cutoff{{Session: "another", Until: time.Now().Add(time.Hour)}, {Session: "third", Until: time.Now().Add(time.Hour)}}
		m.mu.Unlock()
		m.readOnly.Store(true)
		time.Sleep(time.Hour)
		s.jar = saved
		s.who("", false)
	})
}

// TestSignOutDuringALoad: the list that is being loaded does not have it yet.
func TestSignOutDuringALoad(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{})
		s.get("/in")
		saved := maps.Clone(s.jar)
		m.cutoffs = []cookieauth.Cutoff{{Session: "another", Until: time.Now().Add(time.Hour)}} // so that there is news
		m.meanwhile("LoadCutoffs", func() {
			s.get("/out")
			m.readOnly.Store(true)
			m.down.Store(true)
		})
		time.Sleep(cookieauth.DefaultCutoffPollInterval)
		synctest.Wait()
		s.jar = saved
		s.who("", false)
	})
}

// TestRenewedBehindOurBack has a program that knows of no cut-offs, as those in
// .NET, go on renewing an ended session.
func TestRenewedBehindOurBack(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		s := member(t, ring, m, cookieauth.Config{Lifetime: time.Hour})
		peer := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: time.Hour})
		peer.live, m.forgets = true, true
		s.get("/in")
		peer.jar = maps.Clone(s.jar)
		s.get("/out")
		for range 20 { // far beyond what could be foreseen at the sign-out
			time.Sleep(40 * time.Minute)
			peer.who("Alice", true)
			s.jar = maps.Clone(peer.jar)
			s.who("", false)
		}
		later := member(t, ring, m, cookieauth.Config{Lifetime: time.Hour})
		later.jar = maps.Clone(peer.jar)
		later.who("", false)
	})
}

func TestCutoffsAreForgotten(t *testing.T) {
	const day = 24 * time.Hour
	now := start.Truncate(time.Second)
	end := func(s *site, r *http.Request) error { return s.auth.EndSession(r, s.auth.SessionID(r)) }
	user := func(s *site, r *http.Request) error { return s.auth.EndSessionsOf(r.Context(), "1") }
	for _, c := range []struct {
		name string
		cfg  cookieauth.Config
		opts cookieauth.SignInOptions
		end  func(*site, *http.Request) error
		want time.Time
	}{
		{"a session", cookieauth.Config{}, cookieauth.SignInOptions{}, end, now.Add(14 * day)},
		{"a session that may be renewed for longer", cookieauth.Config{}, cookieauth.SignInOptions{Expires: now.Add(90 * day)}, end, now.Add(90 * day)},
		{"a short session", cookieauth.Config{}, cookieauth.SignInOptions{Expires: now.Add(time.Hour)}, end, now.Add(14 * day)},
		{"a session with an absolute end", cookieauth.Config{AbsoluteLifetime: 10 * day}, cookieauth.SignInOptions{}, end, now.Add(10 * day)},
		{"a session that .NET may renew up to its absolute end", cookieauth.Config{AbsoluteLifetime: 30 * day, Profile: cookieauth.ASPNETCore}, cookieauth.SignInOptions{}, end, now.Add(30 * day)},
		{"a user", cookieauth.Config{}, cookieauth.SignInOptions{}, user, now.Add(400 * day)},
		{"a user, since others may have no absolute end", cookieauth.Config{AbsoluteLifetime: 10 * day}, cookieauth.SignInOptions{}, user, now.Add(400 * day)},
		{"a user whom .NET may renew up to an absolute end", cookieauth.Config{AbsoluteLifetime: 500 * day, Profile: cookieauth.ASPNETCore}, cookieauth.SignInOptions{}, user, now.Add(500 * day)},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			clock := func() time.Time { return now }
			c.cfg.Cutoffs = openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Now: clock})
			s := newSite(t, c.cfg)
			s.now = now
			s.do["/in"] = s.signIn(claims.New("1"), &c.opts)
			s.get("/in")
			s.do["/end"] = func(w http.ResponseWriter, r *http.Request) { s.check(c.end(s, r)) }
			s.get("/end")
			if got := m.cutoffs[0].Until; !got.Equal(c.want.Add(time.Hour)) {
				t.Errorf("until %v, want an hour after %v", got, c.want)
			}
		})
	}
}

func TestLongestLife(t *testing.T) {
	const day = 24 * time.Hour
	ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
	cutoffs := openCutoffs(t, cookieauth.CutoffsConfig{Store: m, LongestLife: 20 * day, Now: func() time.Time { return start }})
	s := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: cutoffs})
	s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Expires: start.Add(90 * day), Persistent: true})
	if a := s.get("/in"); !strings.Contains(a.cookies[0], "expires=Sun, 05 Jul 2026 12:00:00 GMT") {
		t.Errorf("cookie %q", a.cookies)
	}
	peer := newSite(t, cookieauth.Config{KeyRing: ring}) // does not know of it
	peer.do["/in"] = peer.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Expires: start.Add(90 * day)})
	peer.get("/in")
	s.jar = peer.jar
	s.at(9 * 24 * 60)
	s.who("Alice", false)
	s.at(20*24*60 + 1)
	s.who("", false)
	t.Run("a ticket without an end", func(t *testing.T) {
		cfg := cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore}
		cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error { c.Properties.SetExpires(time.Time{}); return nil }
		peer := newSite(t, cfg)
		peer.get("/in")
		ours := newSite(t, cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Cutoffs: cutoffs})
		ours.jar = peer.jar
		ours.at(19 * 24 * 60)
		ours.who("Alice", false)
		ours.at(20*24*60 + 1)
		ours.who("", false)
	})
}

func TestClosedCutoffs(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		hanging := &hangingStore{memory: newMemory()}
		c, err := cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: hanging, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		hanging.hang.Store(true)
		time.Sleep(time.Minute)
		begin := time.Now()
		if err := c.Close(); err != nil || time.Since(begin) > 5*time.Second {
			t.Errorf("closed after %v, %v", time.Since(begin), err)
		}
		hanging.hang.Store(false)
		time.Sleep(time.Hour)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := c.EndSession(t.Context(), "A"); err != nil || c.Status().Known != 1 {
			t.Errorf("after Close: %v, %+v", err, c.Status())
		}
	})
}

// hangingStore does not answer, and heeds no context.
type hangingStore struct {
	*memory
	hang atomic.Bool
}

func (h *hangingStore) LoadCutoffs(ctx ctx, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	for h.hang.Load() {
		time.Sleep(time.Second)
	}
	return h.memory.LoadCutoffs(ctx, since)
}

// TestSigningOutAgainAndAgain takes the room of once.
func TestSigningOutAgainAndAgain(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		c := openCutoffs(t, cookieauth.CutoffsConfig{Store: newMemory()})
		s := newSite(t, cookieauth.Config{Cutoffs: c})
		s.live = true
		s.get("/in")
		s.do["/others"] = func(w http.ResponseWriter, r *http.Request) { s.check(s.auth.EndOtherSessions(r)) }
		for range 100 {
			time.Sleep(time.Second)
			s.get("/others")
		}
		s.who("Alice", false)
		time.Sleep(time.Minute)
		if st := c.Status(); st.Known != 1 {
			t.Errorf("known are %d", st.Known)
		}
		s.check(c.EndSession(t.Context(), s.sessionID()))
		s.who("", false)
		for _, id := range []string{"", strings.Repeat("A", 129), "a\x00", "\xff"} {
			if err := c.EndSession(t.Context(), id); !errors.Is(err, cookieauth.ErrNoSession) {
				t.Errorf("%q: got %v", id, err)
			}
		}
	})
}

// TestClocksApart: who signs in again after "sign out everywhere" stays signed in,
// even on an instance whose clock is behind, and is signed out when it is said again.
func TestClocksApart(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		ahead := member(t, ring, m, cookieauth.Config{})
		s := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: openCutoffs(t, cookieauth.CutoffsConfig{Store: m})})
		s.check(ahead.auth.EndSessionsOf(t.Context(), "1"))
		time.Sleep(time.Minute)
		s.now = time.Now().Add(-3 * time.Minute)
		s.get("/in")
		s.who("Alice", false)
		time.Sleep(time.Minute)
		ahead.jar = s.jar
		ahead.who("Alice", false)
		s.check(s.auth.EndSessionsOf(t.Context(), "1")) // whose clock has not yet reached the first end
		s.who("", false)
		s.get("/in")
		s.who("Alice", false)
	})
}
