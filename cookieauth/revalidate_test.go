package cookieauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// users is a database of users that Revalidation asks.
type users struct {
	down, locked atomic.Bool
	asked        atomic.Int32
	name         string
}

func (u *users) check(c *cookieauth.ValidateContext) error {
	u.asked.Add(1)
	switch {
	case u.down.Load():
		return errDown
	case u.locked.Load():
		c.Reject()
	case u.name != "":
		c.Principal = claims.New(c.Principal.ID(), claims.Name(u.name)).Authenticated("Cookies")
	}
	return nil
}

// askedSince checks how often somebody was asked since the last time.
func (u *users) askedSince(t *testing.T, want int32) {
	t.Helper()
	if got := u.asked.Swap(0); got != want {
		t.Errorf("asked %d times, want %d", got, want)
	}
}

// eachMode runs a test with tickets in cookies, with cut-offs, and with a store.
func eachMode(t *testing.T, cfg cookieauth.Config, test func(t *testing.T, s *site)) {
	for _, mode := range []string{"cookie", "cut-offs", "store"} {
		t.Run(mode, func(t *testing.T) {
			cfg, m := cfg, newMemory()
			if mode == "cut-offs" {
				cfg.Cutoffs = openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Now: func() time.Time { return start }})
			}
			if mode == "store" {
				cfg.TicketStore = m
			}
			test(t, newSite(t, cfg))
		})
	}
}

func TestRevalidation(t *testing.T) {
	u := new(users)
	cfg := cookieauth.Config{Lifetime: 2 * time.Hour, Revalidation: cookieauth.Revalidation{Check: u.check, Every: 10 * time.Minute, Grace: 20 * time.Minute}}
	eachMode(t, cfg, func(t *testing.T, s *site) {
		u.name = ""
		u.asked.Store(0)
		u.locked.Store(false)
		u.down.Store(false)
		name := func(want string) {
			t.Helper()
			if got := s.get("/who").body; got != want {
				t.Errorf("at %v the user is %q, want %q", s.now.Sub(start), got, want)
			}
		}
		s.at(0)
		s.get("/in")
		ends := func() string {
			s.do["/ends"] = func(w http.ResponseWriter, r *http.Request) {
				expires, _ := s.auth.Ticket(r).Properties.Expires()
				fmt.Fprint(w, expires.Sub(start.Truncate(time.Second)))
			}
			return s.get("/ends").body
		}
		s.at(9)
		name("Alice")
		u.askedSince(t, 0)

		u.name = "Alicia" // she has married
		s.at(11)
		name("Alicia")
		name("Alicia") // from the new cookie or the store
		u.askedSince(t, 1)
		if got := ends(); got != "2h0m0s" {
			t.Errorf("the session ends after %s: asking must not prolong it", got)
		}
		s.at(22)
		saved := maps.Clone(s.jar)
		name("Alicia")
		u.askedSince(t, 1)

		u.down.Store(true)
		s.at(40) // 18 minutes after it was confirmed
		name("Alicia")
		name("Alicia") // in the same moment
		u.askedSince(t, 1)
		s.at(51.9)
		name("Alicia")
		s.at(52.1)
		name("")
		if a := s.get("/private"); a.status != http.StatusServiceUnavailable || len(a.cookies) > 0 {
			t.Errorf("after the grace: %d, cookies %q", a.status, a.cookies)
		}
		u.down.Store(false)
		name("Alicia")

		s.at(70) // past the half, so it is renewed and asked about in one
		name("Alicia")
		if got := ends(); got != "3h10m0s" {
			t.Errorf("the session ends after %s", got)
		}

		u.locked.Store(true)
		s.at(81)
		if a := s.get("/who"); a.body != "" || len(a.cookies) != 1 || !strings.HasPrefix(a.cookies[0], "__Host-sealring=; expires=Thu, 01 Jan 1970") {
			t.Errorf("a locked user is %q, cookies %q", a.body, a.cookies)
		}
		s.jar = saved
		name("")
	})
}

// TestGraceWithoutEnd: whoever wants nobody logged out by an outage says so.
func TestGraceWithoutEnd(t *testing.T) {
	u := new(users)
	s := newSite(t, cookieauth.Config{Revalidation: cookieauth.Revalidation{Check: u.check, Grace: math.MaxInt64}})
	s.get("/in")
	u.down.Store(true)
	for _, day := range []float64{1, 6} {
		s.at(day * 24 * 60)
		s.who("Alice", false)
	}
	u.askedSince(t, 2)
}

// TestHangingUpPutsNothingOff: who was locked must not get on by ending requests
// while Check is asking, for themselves or for others.
func TestHangingUpPutsNothingOff(t *testing.T) {
	var u users
	u.locked.Store(true)
	s := newSite(t, cookieauth.Config{Revalidation: cookieauth.Revalidation{Check: func(c *cookieauth.ValidateContext) error {
		if err := c.Request.Context().Err(); err != nil {
			return err
		}
		return u.check(c)
	}}})
	s.get("/in")
	s.at(31)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	s.head = func(r *http.Request) { *r = *r.WithContext(gone) }
	if a := s.get("/private"); a.body == "secret" {
		t.Error("a request that has ended meanwhile was let in")
	}
	s.head = nil
	if a := s.get("/private"); a.body == "secret" {
		t.Error("the next request was let in")
	}
}

// TestRevalidationByAnotherClock: what a clock that was far ahead has confirmed is
// asked about again.
func TestRevalidationByAnotherClock(t *testing.T) {
	var u users
	s := newSite(t, cookieauth.Config{Revalidation: cookieauth.Revalidation{Check: u.check}})
	s.at(60 * 24)
	s.get("/in")
	s.at(0)
	s.who("Alice", true)
	s.who("Alice", false)
	u.askedSince(t, 1)

	u.down.Store(true)
	s.at(45)
	s.who("Alice", false)
	u.down.Store(false)
	s.at(35) // since when a failure is still to come
	s.who("Alice", true)
	u.askedSince(t, 2)
}

// TestNewPrincipalFromAnEvent needs no authentication type: claims.New makes none.
func TestNewPrincipalFromAnEvent(t *testing.T) {
	married := func(c *cookieauth.ValidateContext) error {
		c.Principal, c.Renew = claims.New("1", claims.Name("Alicia")), true
		return nil
	}
	for name, set := range map[string]func(*cookieauth.Config){
		"Validate": func(cfg *cookieauth.Config) { cfg.Events.Validate = married },
		"Check":    func(cfg *cookieauth.Config) { cfg.Revalidation.Check = married },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := cookieauth.Config{Lifetime: 2 * time.Hour}
			set(&cfg)
			s := newSite(t, cfg)
			s.get("/in")
			for _, minute := range []float64{31, 62} {
				s.at(minute)
				s.who("Alicia", true)
			}
		})
	}
}

// TestNobodyFromAnEvent: whom an event makes anonymous is so for this request, and
// keeps the cookie.
func TestNobodyFromAnEvent(t *testing.T) {
	var nobody func(c *cookieauth.ValidateContext) error
	event := func(c *cookieauth.ValidateContext) error { return nobody(c) }
	for name, cfg := range map[string]cookieauth.Config{
		"Validate": {Events: cookieauth.Events{Validate: event}},
		"Check":    {Revalidation: cookieauth.Revalidation{Check: event, Every: time.Minute}},
	} {
		eachMode(t, cfg, func(t *testing.T, s *site) {
			nobody = func(*cookieauth.ValidateContext) error { return nil }
			s.get("/in")
			s.at(2)
			nobody = func(c *cookieauth.ValidateContext) error {
				c.Principal, c.Renew = claims.NewPrincipal(claims.Identity{Claims: []claims.Claim{claims.Name("Alice")}}), true
				return nil
			}
			s.who("", false)
			nobody = func(*cookieauth.ValidateContext) error { return nil }
			if got := s.get("/who").body; got != "Alice" {
				t.Errorf("%s: after it the user is %q", name, got)
			}
		})
	}
}

// TestNewPropertiesFromAnEvent: an event may change those that it finds, or put others
// in their place.
func TestNewPropertiesFromAnEvent(t *testing.T) {
	moved := func(c *cookieauth.ValidateContext) error {
		other := c.Properties.Clone()
		other.Set("theme", "dark")
		c.Properties, c.Renew = &other, true
		return nil
	}
	for name, set := range map[string]func(*cookieauth.Config){
		"Validate": func(cfg *cookieauth.Config) { cfg.Events.Validate = moved },
		"Check":    func(cfg *cookieauth.Config) { cfg.Revalidation.Check = moved },
	} {
		t.Run(name, func(t *testing.T) {
			var cfg cookieauth.Config
			set(&cfg)
			s := newSite(t, cfg)
			s.get("/in")
			s.at(31)
			s.who("Alice", true)
			s.do["/theme"] = func(w http.ResponseWriter, r *http.Request) {
				theme, _ := s.auth.Ticket(r).Properties.Get("theme")
				w.Write([]byte(theme))
			}
			if got := s.get("/theme").body; got != "dark" {
				t.Errorf("the theme is %q", got)
			}
		})
	}
}

// TestRevalidationOfOldTickets: they were made by .NET or an earlier configuration
// and are asked about at once.
func TestRevalidationOfOldTickets(t *testing.T) {
	u := new(users)
	ring := dataprotectiontest.NewKeyRing(t)
	before := newSite(t, cookieauth.Config{KeyRing: ring})
	before.get("/in")
	s := newSite(t, cookieauth.Config{KeyRing: ring, Revalidation: cookieauth.Revalidation{Check: u.check}})
	s.jar = before.jar
	s.at(1)
	s.who("Alice", true)
	s.who("Alice", false)
	u.askedSince(t, 1)
}

func TestParallelRevalidation(t *testing.T) {
	var u users
	cfg := cookieauth.Config{Lifetime: 2 * time.Hour, Revalidation: cookieauth.Revalidation{Check: u.check}}
	eachMode(t, cfg, func(t *testing.T, s *site) {
		s.get("/in")
		s.at(31)
		parallel(t, s, "/private", func(a *answer, browser *site) {
			if a.body != "secret" {
				t.Errorf("answered %d %q", a.status, a.body)
			}
		})
	})
}

// parallel sends many requests with the same cookies at once.
func parallel(t *testing.T, s *site, path string, check func(a *answer, browser *site)) {
	t.Helper()
	const many = 32
	browsers, answers := make([]*site, many), make([]*answer, many)
	var requests sync.WaitGroup
	for i := range many {
		browser := *s
		browser.jar = maps.Clone(s.jar)
		browsers[i] = &browser
		requests.Go(func() { answers[i] = browser.get(path) })
	}
	requests.Wait()
	for i, a := range answers {
		check(a, browsers[i])
	}
}

func TestRevalidationOutageIsLogged(t *testing.T) {
	var log strings.Builder
	var u users
	s := newSite(t, cookieauth.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Revalidation: cookieauth.Revalidation{Check: u.check, Grace: -1}})
	s.get("/in")
	u.down.Store(true)
	s.at(31)
	s.do["/outage"] = func(w http.ResponseWriter, r *http.Request) {
		if err := s.auth.Outage(r); !errors.Is(err, errDown) || err.Error() != "Revalidation.Check: connection refused" {
			t.Errorf("got %v", err)
		}
	}
	s.get("/outage")
	if !strings.Contains(log.String(), "login cookie cannot be judged") {
		t.Errorf("log: %s", log.String())
	}
}
