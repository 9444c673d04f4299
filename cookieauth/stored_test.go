package cookieauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/bubbletest"
)

// storedSite is a site whose tickets are in a store.
func storedSite(t *testing.T, cfg cookieauth.Config) (*site, *memory) {
	t.Helper()
	m := newMemory()
	cfg.TicketStore = m
	return newSite(t, cfg), m
}

func (m *memory) ids() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.sessions))
}

func TestStoredSession(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{})
	s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice"), claims.Claim{Type: "blob", Value: strings.Repeat("x", 100<<10)}), nil)
	a := s.get("/in")
	if len(a.cookies) != 1 || len(a.cookies[0]) > 300 || a.header.Get("Cache-Control") != "no-cache,no-store" {
		t.Errorf("cookies %q, Cache-Control %q", a.cookies, a.header.Get("Cache-Control"))
	}
	stored := m.sessions[m.ids()[0]]
	if len(stored.ID) != 26 || stored.Scheme != "Cookies" || stored.User != "1" || !stored.Created.Equal(start) || stored.Address != "192.0.2.1" ||
		!stored.Expires.Equal(start.Truncate(time.Second).Add(cookieauth.DefaultLifetime)) || strings.Contains(string(stored.Ticket), "xxxx") || stored.Created.Location() != time.UTC {
		stored.Ticket = nil
		t.Errorf("stored is %+v", stored)
	}
	m.called()
	s.who("Alice", false)
	if got := m.called(); !slices.Equal(got, []string{"Load"}) {
		t.Errorf("an ordinary request calls %v", got)
	}
	saved := maps.Clone(s.jar)
	s.get("/out")
	if ids := m.ids(); len(ids) > 0 {
		t.Errorf("after sign-out there are %v", ids)
	}
	s.jar = saved
	s.who("", false)
}

func TestStoredSessionIDs(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{Lifetime: 60 * 24 * time.Hour})
	t.Run("COK-8 signing in again makes a new session and leaves one", func(t *testing.T) {
		s.get("/in")
		first := m.ids()
		s.at(60*24*60 + 1)
		s.who("", false)
		s.get("/in")
		second := m.ids()
		s.get("/in")
		if third := m.ids(); len(first) != 1 || len(second) != 1 || len(third) != 1 || first[0] == second[0] || second[0] == third[0] {
			t.Errorf("sessions %v, then %v, then %v", first, second, third)
		}
		s.who("Alice", false)
	})
	t.Run("COK-9 reading an expired session removes it", func(t *testing.T) {
		s.at(2 * (60*24*60 + 2))
		s.who("", false)
		if ids := m.ids(); len(ids) > 0 {
			t.Errorf("there are still %v", ids)
		}
	})
}

func TestStoredRenewal(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	expires := func() time.Time { return m.sessions[m.ids()[0]].Expires }
	first := expires()
	s.at(40)
	m.called()
	s.who("Alice", false) // a cookie without an end of its own need not be sent again
	if got := m.called(); !slices.Equal(got, []string{"Load", "Load", "Update"}) || !expires().Equal(first.Add(40*time.Minute)) {
		t.Errorf("called %v, ends at %v, first at %v", got, expires(), first)
	}
	s.at(65)
	s.who("Alice", false)

	persistent, _ := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
	persistent.do["/in"] = persistent.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true})
	persistent.get("/in")
	persistent.at(40)
	persistent.who("Alice", true)
	persistent.who("Alice", false)
	persistent.at(65)
	persistent.who("Alice", false)
}

// TestStoredRenewalRaces has another request write between the reading and the
// writing of one.
func TestStoredRenewalRaces(t *testing.T) {
	updates := func(m *memory) int {
		return len(slices.DeleteFunc(m.called(), func(call string) bool { return call != "Update" }))
	}
	t.Run("one renewal is enough", func(t *testing.T) {
		s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
		s.get("/in")
		s.at(40)
		m.called()
		m.meanwhile("Load", func() { s.who("Alice", false) })
		s.who("Alice", false)
		if n := updates(m); n != 1 {
			t.Errorf("written %d times", n)
		}
	})
	t.Run("what was seen does not shorten what was renewed", func(t *testing.T) {
		s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
		s.get("/in")
		s.at(29) // not yet to be renewed, only to be noted
		m.meanwhile("Load", func() {
			s.at(31)
			s.who("Alice", false)
			s.at(36.5)
		})
		s.who("Alice", false)
		s.at(80)
		s.who("Alice", false)
	})
	t.Run("a renewal keeps what another request has changed", func(t *testing.T) {
		var married atomic.Bool
		cfg := cookieauth.Config{Lifetime: time.Hour}
		cfg.Events.Validate = func(c *cookieauth.ValidateContext) error {
			if married.Swap(false) {
				c.Principal, c.Renew = claims.New("1", claims.Name("Alicia")).Authenticated("Cookies"), true
			}
			return nil
		}
		s, m := storedSite(t, cfg)
		s.get("/in")
		s.at(40)
		m.meanwhile("Load", func() { // between the reading and the renewal
			married.Store(true)
			s.who("Alicia", false)
		})
		s.who("Alice", false)
		s.who("Alicia", false)
	})
	t.Run("a change does not shorten what was renewed", func(t *testing.T) {
		var married atomic.Bool
		cfg := cookieauth.Config{Lifetime: time.Hour}
		cfg.Events.Validate = func(c *cookieauth.ValidateContext) error {
			c.Renew = married.Swap(false)
			return nil
		}
		s, m := storedSite(t, cfg)
		s.get("/in")
		s.at(20)
		married.Store(true)
		m.meanwhile("Load", func() {
			married.Store(false)
			s.at(40)
			s.who("Alice", false) // until 100
			s.at(20)
			married.Store(true)
		})
		s.who("Alice", false) // until 80
		s.at(99)
		s.who("Alice", false)
	})
	t.Run("an end is never undone", func(t *testing.T) {
		s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
		s.get("/in")
		s.at(40)
		m.meanwhile("Update", func() { s.check(s.auth.EndSessionsOf(t.Context(), "1")) })
		s.who("", false)
		if ids := m.ids(); len(ids) > 0 {
			t.Errorf("there are %v", ids)
		}
	})
}

// TestStoredChangesWait: a change is not dropped because the session is just being
// written.
func TestStoredChangesWait(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		var married atomic.Bool
		cfg := cookieauth.Config{Lifetime: time.Hour}
		cfg.Events.Validate = func(c *cookieauth.ValidateContext) error {
			if married.Swap(false) {
				c.Principal, c.Renew = claims.New("1", claims.Name("Alicia")).Authenticated("Cookies"), true
			}
			return nil
		}
		s, m := storedSite(t, cfg)
		s.get("/in")
		s.at(40)
		var second sync.WaitGroup
		m.meanwhile("Update", func() {
			married.Store(true)
			second.Go(func() {
				if a := s.get("/who"); a.body != "Alicia" {
					t.Errorf("the user is %q", a.body)
				}
			})
			time.Sleep(time.Second) // until it waits
		})
		s.who("Alice", false)
		second.Wait()
		s.who("Alicia", false)
	})
}

func TestSessionsAreNoted(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	s.head = func(r *http.Request) {
		r.RemoteAddr, r.Header["User-Agent"] = "[2001:db8::7]:443", []string{"browser \xff\x00" + strings.Repeat("ü", 600)}
	}
	seen := func() cookieauth.StoredSession { return m.sessions[m.ids()[0]] }
	s.at(4)
	s.who("Alice", false)
	if got := seen(); !got.LastSeen.Equal(start) {
		t.Errorf("noted at %v", got.LastSeen)
	}
	s.at(6)
	s.who("Alice", false)
	s.at(7)
	m.called()
	s.who("Alice", false)
	if got := m.called(); !slices.Equal(got, []string{"Load"}) {
		t.Errorf("calls %v", got)
	}
	got := seen()
	if !got.LastSeen.Equal(start.Add(6*time.Minute)) || got.Address != "2001:db8::7" || len(got.UserAgent) > 512 || !strings.HasPrefix(got.UserAgent, "browser \uFFFDü") ||
		!got.Expires.Equal(start.Truncate(time.Second).Add(time.Hour)) {
		t.Errorf("noted %v, %q, %q, ends at %v", got.LastSeen, got.Address, got.UserAgent, got.Expires)
	}
}

func TestSessionStoreOutage(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{LoginPath: "/login", Lifetime: time.Hour})
	s.get("/in")
	m.down.Store(true)
	if a := s.get("/who"); a.body != "" || a.status != http.StatusOK || len(a.cookies) > 0 {
		t.Errorf("a public page answers %d %q, cookies %q", a.status, a.body, a.cookies)
	}
	if a := s.get("/private"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("a page that demands a user answers %d", a.status)
	}
	for _, do := range []func(w http.ResponseWriter, r *http.Request) error{
		s.auth.SignOut,
		func(w http.ResponseWriter, r *http.Request) error { return s.auth.SignIn(w, r, claims.New("1"), nil) },
		func(w http.ResponseWriter, r *http.Request) error { _, err := s.auth.Sessions(r); return err },
		func(w http.ResponseWriter, r *http.Request) error { return s.auth.EndOtherSessions(r) },
		func(w http.ResponseWriter, r *http.Request) error { return s.auth.EndSessionsOf(r.Context(), "1") },
		func(w http.ResponseWriter, r *http.Request) error {
			return s.auth.EndSessionOf(r.Context(), "1", "ABC")
		},
	} {
		s.do["/do"] = func(w http.ResponseWriter, r *http.Request) {
			if err := do(w, r); !errors.Is(err, dataprotection.ErrUnavailable) || len(w.Header()) > 0 {
				t.Errorf("got %v, header %v", err, w.Header())
			}
		}
		s.get("/do")
	}
	m.down.Store(false)
	if a := s.get("/private"); a.body != "secret" {
		t.Errorf("after the outage: %d %q", a.status, a.body)
	}
	s.at(40) // a renewal that the store does not take is no logout
	s.auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	failing := &noUpdates{m}
	other := newSite(t, cookieauth.Config{TicketStore: failing, Lifetime: time.Hour})
	other.get("/in")
	other.at(40)
	other.who("Alice", false)
}

type noUpdates struct{ *memory }

func (noUpdates) Update(ctx, *cookieauth.StoredSession) error { return errDown }

// emptyHanded breaks its contract.
type emptyHanded struct{ *memory }

func (emptyHanded) Load(context.Context, string) (*cookieauth.StoredSession, error) { return nil, nil }

func TestForgedStoredSessions(t *testing.T) {
	ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
	s := newSite(t, cookieauth.Config{KeyRing: ring, TicketStore: m})
	s.get("/in")
	good := s.jar["__Host-sealring"]
	id := m.ids()[0]
	t.Run("another session's ticket", func(t *testing.T) {
		s.jar = map[string]string{}
		s.do["/in"] = s.signIn(claims.New("666", claims.Name("Mallory")), nil)
		s.get("/in")
		ids := m.ids()
		mallory := ids[0]
		if mallory == id {
			mallory = ids[1]
		}
		swapped := m.sessions[mallory]
		swapped.Ticket = m.sessions[id].Ticket // who can write to the store wants to be Alice
		saved := m.sessions[mallory]
		m.sessions[mallory] = swapped
		s.who("", false)
		m.sessions[mallory] = saved
		s.who("Mallory", false)
	})
	t.Run("a changed ticket", func(t *testing.T) {
		changed := m.sessions[id]
		changed.Ticket = slices.Clone(changed.Ticket)
		changed.Ticket[40] ^= 1
		saved := m.sessions[id]
		m.sessions[id] = changed
		s.jar["__Host-sealring"] = good
		s.who("", false)
		m.sessions[id] = saved
		s.who("Alice", false)
	})
	t.Run("a cookie with a ticket in it", func(t *testing.T) {
		plain := newSite(t, cookieauth.Config{KeyRing: ring})
		plain.get("/in")
		s.jar = plain.jar
		s.who("", false)
	})
	t.Run("a stored session where tickets are in cookies", func(t *testing.T) {
		plain := newSite(t, cookieauth.Config{KeyRing: ring})
		plain.jar["__Host-sealring"] = good
		plain.who("", false)
	})
	t.Run("a store that returns nothing at all", func(t *testing.T) {
		other := newSite(t, cookieauth.Config{KeyRing: ring, TicketStore: emptyHanded{m}})
		other.jar["__Host-sealring"] = good
		other.who("", false)
	})
	t.Run("another scheme on the same store", func(t *testing.T) {
		other := newSite(t, cookieauth.Config{KeyRing: ring, TicketStore: m, Scheme: "Admin", Cookie: cookieauth.Cookie{Name: "__Host-sealring"}})
		other.jar["__Host-sealring"] = good
		other.who("", false)
	})
}

func TestSessionList(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
	signIn := func(minute float64, p *claims.Principal, agent string) map[string]string {
		s.at(minute)
		s.jar = map[string]string{}
		s.head = func(r *http.Request) { r.Header.Set("User-Agent", agent) }
		s.do["/in"] = s.signIn(p, nil)
		s.get("/in")
		return maps.Clone(s.jar)
	}
	phone := signIn(0, claims.New("1", claims.Name("Alice")), "phone")
	signIn(1, claims.New("2", claims.Name("Bob")), "bob's")
	laptop := signIn(2, claims.New("1", claims.Name("Alice")), "laptop")
	var list []cookieauth.Session
	s.do["/list"] = func(w http.ResponseWriter, r *http.Request) {
		var err error
		list, err = s.auth.Sessions(r)
		s.check(err)
		for _, one := range list {
			fmt.Fprint(w, one.UserAgent, " ", one.Created.Sub(start), " ", one.LastSeen.Sub(start), " ", one.Current, ";")
		}
	}
	if got := s.get("/list").body; got != "laptop 2m0s 2m0s true;phone 0s 0s false;" {
		t.Errorf("the list is %q", got)
	}
	phoneID, bobs := list[1].ID, ""
	for id, one := range m.sessions {
		if one.User == "2" {
			bobs = id
		}
	}
	s.do["/end"] = func(w http.ResponseWriter, r *http.Request) {
		for _, id := range []string{bobs, "", "ABC", strings.Repeat("A", 26)} {
			if err := s.auth.EndSession(r, id); !errors.Is(err, cookieauth.ErrNoSession) {
				t.Errorf("ending %q: %v", id, err)
			}
		}
		s.check(s.auth.EndSession(r, phoneID))
	}
	s.get("/end")
	if got := s.get("/list").body; got != "laptop 2m0s 2m0s true;" {
		t.Errorf("the list is %q", got)
	}
	s.jar = phone
	s.who("", false)
	if _, ok := m.sessions[bobs]; !ok {
		t.Error("Bob's session was ended by Alice")
	}
	t.Run("one that has expired is not listed", func(t *testing.T) {
		s.at(63)
		sessions, err := s.auth.SessionsOf(t.Context(), "1")
		if err != nil || len(sessions) > 0 {
			t.Errorf("got %v, %v", sessions, err)
		}
	})
	t.Run("those of another scheme are left alone", func(t *testing.T) {
		s.at(3)
		admins := newSite(t, cookieauth.Config{TicketStore: m, Scheme: "Admins"})
		admins.get("/in")
		id := admins.sessionID()
		if got, err := s.auth.SessionsOf(t.Context(), "1"); err != nil || len(got) != 1 || got[0].ID == id {
			t.Errorf("got %v, %v", got, err)
		}
		if err := s.auth.EndSessionOf(t.Context(), "1", id); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("got %v", err)
		}
		admins.who("Alice", false)
		m.End(t.Context(), id)
	})
	t.Run("all others, all", func(t *testing.T) {
		s.at(3)
		tablet := signIn(3, claims.New("1", claims.Name("Alice")), "tablet")
		s.do["/others"] = func(w http.ResponseWriter, r *http.Request) { s.check(s.auth.EndOtherSessions(r)) }
		s.get("/others")
		s.who("Alice", false)
		s.jar = laptop
		s.who("", false)
		s.check(s.auth.EndSessionsOf(t.Context(), "1"))
		s.jar = tablet
		s.who("", false)
		if ids := m.ids(); len(ids) != 1 || ids[0] != bobs {
			t.Errorf("left are %v", ids)
		}
	})
}

// TestSessionsNeed says what each call needs.
func TestSessionsNeed(t *testing.T) {
	for _, c := range []struct {
		name                                        string
		cutoffs, store                              bool
		list, one, present, others, user, everybody bool
	}{
		{"nothing", false, false, false, false, false, false, false, false},
		{"cut-offs", true, false, false, false, true, true, true, true},
		{"a store", false, true, true, true, true, true, true, false},
		{"both", true, true, true, true, true, true, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, m := cookieauth.Config{}, newMemory()
			if c.cutoffs {
				cfg.Cutoffs = openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Now: func() time.Time { return start }})
			}
			if c.store {
				cfg.TicketStore = m
			}
			s := newSite(t, cfg)
			is := func(what string, works bool, err error) {
				t.Helper()
				if works != (err == nil) || !works && !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%s: works %v, got %v", what, works, err)
				}
			}
			in := func(do func(r *http.Request)) {
				s.jar = map[string]string{}
				s.get("/in")
				s.do["/do"] = func(w http.ResponseWriter, r *http.Request) { do(r) }
				s.get("/do")
			}
			in(func(r *http.Request) {
				_, err := s.auth.Sessions(r)
				is("list", c.list, err)
				id := "A"
				if c.store {
					id = m.ids()[0]
				}
				is("one", c.one, s.auth.EndSessionOf(r.Context(), "1", id))
			})
			in(func(r *http.Request) { is("present", c.present, s.auth.EndSession(r, s.auth.SessionID(r))) })
			in(func(r *http.Request) { is("others", c.others, s.auth.EndOtherSessions(r)) })
			in(func(r *http.Request) { is("user", c.user, s.auth.EndSessionsOf(r.Context(), "1")) })
			in(func(r *http.Request) { is("everybody", c.everybody, s.auth.EndAllSessions(r.Context())) })
		})
	}
}

// TestNobodysSessions: whoever has no id must not be taken for everybody.
func TestNobodysSessions(t *testing.T) {
	m := newMemory()
	cutoffs := openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Now: func() time.Time { return start }})
	s := newSite(t, cookieauth.Config{Cutoffs: cutoffs, TicketStore: m})
	nameless := claims.NewPrincipal(claims.Identity{AuthenticationType: "x", Claims: []claims.Claim{claims.Name("Nameless")}})
	s.do["/do"] = func(w http.ResponseWriter, r *http.Request) {
		_, err := s.auth.Sessions(r)
		for _, err := range []error{err, s.auth.EndSession(r, "A"), s.auth.EndOtherSessions(r)} {
			if !errors.Is(err, cookieauth.ErrNoSession) {
				t.Errorf("got %v", err)
			}
		}
	}
	s.get("/do")
	s.do["/in"] = s.signIn(nameless, nil)
	s.get("/in")
	s.who("Nameless", false)
	s.get("/do")
	for _, user := range []string{"", strings.Repeat("x", 513), "a\x00b", "\xff"} {
		if err := s.auth.EndSessionsOf(t.Context(), user); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("%q: got %v", user, err)
		}
	}
	s.who("Nameless", false)
	s.do["/in"] = func(w http.ResponseWriter, r *http.Request) {
		var wrong *cookieauth.ClaimError
		if err := s.auth.SignIn(w, r, claims.New(strings.Repeat("x", 513)), nil); !errors.As(err, &wrong) {
			t.Errorf("got %v", err)
		}
	}
	s.get("/in")
}

// TestClientsThatHaveGone: a request that was given up is no outage of the store's.
func TestClientsThatHaveGone(t *testing.T) {
	var log strings.Builder
	m := newMemory()
	s := newSite(t, cookieauth.Config{TicketStore: m, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.get("/in")
	m.down.Store(true) // as a store fails whose context has ended
	s.head = func(r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		*r = *r.WithContext(ctx)
	}
	if a := s.get("/who"); a.body != "" || strings.Contains(log.String(), "cannot be judged") {
		t.Errorf("the user is %q, log:\n%s", a.body, log.String())
	}
	s.head = nil
	if s.get("/who"); !strings.Contains(log.String(), "cannot be judged") {
		t.Errorf("a true outage is not logged:\n%s", log.String())
	}
}
