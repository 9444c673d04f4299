package cookieauth_test

import (
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/bubbletest"
)

// TestForgottenTooEarly ends a session under an Authenticator with an absolute end, and
// then stays away from another one, which has none, for longer than that.
func TestForgottenTooEarly(t *testing.T) {
	for _, c := range []struct {
		name, scheme string
		end          func(s *site)
	}{
		{"all of a user, under another scheme", "Admins", func(s *site) { s.check(s.auth.EndSessionsOf(s.t.Context(), "1")) }},
		{"everybody's, under another scheme", "Admins", func(s *site) { s.check(s.auth.EndAllSessions(s.t.Context())) }},
		{"one that was begun by the other", "", func(s *site) { s.get("/out") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
				m.forgets = true
				cutoffs := openCutoffs(t, cookieauth.CutoffsConfig{Store: m})
				long := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: cutoffs})
				short := newSite(t, cookieauth.Config{KeyRing: ring, Cutoffs: cutoffs, Scheme: c.scheme, AbsoluteLifetime: time.Hour})
				long.live, short.live = true, true
				long.get("/in")
				short.jar = maps.Clone(long.jar)
				c.end(short)
				time.Sleep(5 * time.Hour)
				long.who("", false)
			})
		})
	}
}

// noEnds is a store that cannot be written.
type noEnds struct {
	*memory
	down bool
}

func (n *noEnds) End(c ctx, ids ...string) error {
	if n.down {
		return errDown
	}
	return n.memory.End(c, ids...)
}

// TestEndedWhileItIsRenewed: the cut-off of a session that the store could not remove
// lasts as long as the renewal by an instance that had not heard of it.
func TestEndedWhileItIsRenewed(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		m.forgets = true
		store := &noEnds{memory: newMemory()}
		cfg := cookieauth.Config{TicketStore: store, Lifetime: 10 * time.Hour}
		one, two := member(t, ring, m, cfg), member(t, ring, m, cfg)
		one.get("/in")
		two.jar = maps.Clone(one.jar)
		id := one.sessionID()
		time.Sleep(8 * time.Hour)
		store.down = true
		if err := one.auth.EndSessionOf(t.Context(), "1", id); !errors.Is(err, errDown) {
			t.Errorf("got %v", err)
		}
		two.who("Alice", false) // renewed for ten hours
		time.Sleep(cookieauth.DefaultCutoffPollInterval)
		synctest.Wait()
		for range 11 {
			two.who("", false)
			time.Sleep(time.Hour)
		}
	})
}

// partition is a store whose cut-offs one instance cannot read.
type partition struct {
	*memory
	away atomic.Bool
}

func (p *partition) LoadCutoffs(c ctx, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	if p.away.Load() {
		return nil, "", errDown
	}
	return p.memory.LoadCutoffs(c, since)
}

// TestRenewedWithoutNews: an instance that cannot hear of a sign-out renews the ticket,
// but not beyond the cut-off, so whoever keeps quiet until that is forgotten is not
// let in again.
func TestRenewedWithoutNews(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		ring, m := dataprotectiontest.NewKeyRing(t), newMemory()
		m.forgets = true
		store := &partition{memory: m}
		one := member(t, ring, m, cookieauth.Config{Lifetime: 10 * time.Hour})
		two := newSite(t, cookieauth.Config{KeyRing: ring, Lifetime: 10 * time.Hour, Cutoffs: openCutoffs(t, cookieauth.CutoffsConfig{Store: store})})
		two.live = true
		one.get("/in")
		two.jar = maps.Clone(one.jar)
		store.away.Store(true)
		time.Sleep(time.Minute)
		one.get("/out")
		time.Sleep(6 * time.Hour)
		if a := two.get("/who"); a.body != "Alice" {
			t.Errorf("in the outage the user is %q", a.body)
		}
		time.Sleep(time.Hour)
		store.away.Store(false)
		time.Sleep(4*time.Hour + 10*time.Minute) // 11 hours and some minutes after the sign-out
		one.jar = maps.Clone(two.jar)
		one.who("", false)
		two.who("", false)
	})
}
