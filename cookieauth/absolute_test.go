package cookieauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/internal/bubbletest"
)

func TestAbsoluteLifetime(t *testing.T) {
	alice := claims.New("1", claims.Name("Alice"))
	bounded := func(t *testing.T) *site {
		return newSite(t, cookieauth.Config{Lifetime: 10 * time.Minute, AbsoluteLifetime: 25 * time.Minute})
	}
	t.Run("renewals go up to it and not past it", func(t *testing.T) {
		s := bounded(t)
		s.get("/in")
		for _, step := range []struct {
			minute  float64
			name    string
			renewed bool
		}{
			{8, "Alice", true},   // to 18
			{16, "Alice", true},  // to 25, not 26
			{22, "Alice", false}, // past the half, with nothing to gain
			{24.9, "Alice", false},
			{25.1, "", false},
		} {
			s.at(step.minute)
			s.who(step.name, step.renewed)
		}
	})
	t.Run("an end of its own is cut at sign-in", func(t *testing.T) {
		s := bounded(t)
		s.do["/in"] = s.signIn(alice, &cookieauth.SignInOptions{Persistent: true, Expires: start.Add(time.Hour)})
		if a := s.get("/in"); !strings.Contains(a.cookies[0], "expires=Mon, 15 Jun 2026 12:25:00 GMT") {
			t.Errorf("the cookie is %q", a.cookies)
		}
	})
	t.Run("a renewal that Validate asks for is bounded too", func(t *testing.T) {
		cfg := cookieauth.Config{Lifetime: 10 * time.Minute, AbsoluteLifetime: 15 * time.Minute}
		cfg.Events.Validate = renew
		s := newSite(t, cfg)
		s.get("/in")
		s.at(9)
		s.who("Alice", true)
		s.at(14)
		s.who("Alice", true)
		s.at(15.1)
		s.who("", false)
	})
	t.Run("a new sign-in begins anew, whatever it copies", func(t *testing.T) {
		s := bounded(t)
		s.get("/in")
		s.do["/again"] = func(w http.ResponseWriter, r *http.Request) {
			p := s.auth.Ticket(r).Properties.Clone()
			p.SetIssued(time.Time{})
			p.SetExpires(time.Time{})
			s.signIn(alice, &cookieauth.SignInOptions{Properties: p})(w, r)
		}
		s.at(9)
		s.get("/again")
		for _, minute := range []float64{18, 27, 33} {
			s.at(minute)
			if a := s.get("/who"); a.body != "Alice" {
				t.Errorf("at %v: signed in is %q", minute, a.body)
			}
		}
		s.at(35)
		s.who("", false)
	})
	t.Run("tickets from before count from their issue, once", func(t *testing.T) {
		ring := dataprotectiontest.NewKeyRing(t)
		before := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: 10 * time.Minute})
		before.get("/in")
		s := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: 10 * time.Minute, AbsoluteLifetime: 25 * time.Minute})
		s.jar = before.jar
		for _, minute := range []float64{8, 16} {
			s.at(minute)
			s.who("Alice", true)
		}
		s.at(25.1)
		s.who("", false)
	})
	t.Run("it holds where somebody else has renewed past it", func(t *testing.T) {
		ring := dataprotectiontest.NewKeyRing(t)
		s := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: 10 * time.Minute, AbsoluteLifetime: 25 * time.Minute})
		s.get("/in")
		other := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: 10 * time.Minute})
		other.jar = s.jar
		for _, minute := range []float64{8, 16, 24} {
			other.at(minute)
			other.who("Alice", true)
		}
		s.at(26)
		s.who("", false)
		other.at(26)
		other.who("Alice", false)
	})
}

// TestReseal has the ring rotate in the middle of a ticket's life.
func TestReseal(t *testing.T) {
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		profile   cookieauth.Profile
		noSliding bool
		forbidden bool // by the ticket itself
		want      bool
	}{
		"sliding":                    {want: true},
		"not sliding":                {noSliding: true},
		"not to be refreshed":        {forbidden: true},
		"as the reference does it":   {profile: cookieauth.ASPNETCore},
		"the reference, not sliding": {profile: cookieauth.ASPNETCore, noSliding: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				ring := dataprotectiontest.Open(t, dataprotection.Config{Application: "app", Store: memstore.New(), KeyLifetime: 10 * day, PollInterval: time.Hour})
				s := newSite(t, cookieauth.Config{KeyRing: ring, Profile: tt.profile, NoSliding: tt.noSliding, Lifetime: 60 * day})
				s.now = time.Now()
				opts := &cookieauth.SignInOptions{}
				if tt.forbidden {
					opts.Properties.SetAllowRefresh(false)
				}
				s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), opts)
				s.get("/in")
				first := ring.Status().SealingKey
				s.who("Alice", false)

				time.Sleep(12 * day)
				if ring.Status().SealingKey == first {
					t.Fatal("the ring has not rotated")
				}
				s.now = time.Now()
				s.who("Alice", tt.want)
				s.who("Alice", false)
			})
		})
	}
}

// TestParallelRenewal: many requests with one cookie that is due all succeed, and
// so does each cookie that they bring.
func TestParallelRenewal(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour, AbsoluteLifetime: 100 * time.Minute})
	s.get("/in")
	s.at(40)
	parallel(t, s, "/private", func(a *answer, browser *site) {
		if a.body != "secret" || len(a.cookies) != 1 {
			t.Errorf("answered %d %q, cookies %d", a.status, a.body, len(a.cookies))
		}
		s.at(99)
		if a := browser.get("/private"); a.body != "secret" {
			t.Errorf("with the cookie that it brought: answered %d %q", a.status, a.body)
		}
	})
}

// TestParallelStoredRenewal: one of them writes to the store, and none makes the
// session end sooner.
func TestParallelStoredRenewal(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	s.at(40)
	m.called()
	updates := -1
	parallel(t, s, "/private", func(a *answer, browser *site) {
		if a.body != "secret" || len(a.cookies) != 0 {
			t.Errorf("answered %d %q, cookies %d", a.status, a.body, len(a.cookies))
		}
		if updates < 0 {
			updates = len(slices.DeleteFunc(m.called(), func(call string) bool { return call != "Update" }))
		}
		s.at(99)
		if a := browser.get("/private"); a.body != "secret" {
			t.Errorf("afterwards: answered %d %q", a.status, a.body)
		}
	})
	if updates != 1 {
		t.Errorf("written %d times", updates)
	}
}
