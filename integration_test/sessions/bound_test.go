package sessions_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/internal/realtest"
)

// mute is a store that tells nobody of its changes.
type mute struct{ store }

// TestBound measures how long an instance accepts what another one has ended: a
// poll and one read, or, where the store tells of changes, next to nothing.
func TestBound(t *testing.T) {
	const interval = 500 * time.Millisecond // in a program ten seconds
	tries := 5
	if realtest.All() {
		tries = 20
	}
	for name, notifies := range map[string]bool{"polled": false, "told": true} {
		t.Run(name, func(t *testing.T) {
			c := new(clock)
			c.now.Store(time.Now().UnixNano())
			var shared store = memtickets.New(memtickets.Config{Now: c.Now})
			if !notifies {
				shared = mute{shared}
			}
			all := newInstances(t, 2, mode{name: name, cutoffs: true, poll: interval}, shared, c)
			var took []time.Duration
			for range tries {
				cookie := all[0].send("/in?user=1", "").cookie
				if a := all[1].send("/me", cookie); a.status != http.StatusOK {
					t.Fatalf("signed in, and answered %d %q", a.status, a.body)
				}
				if a := all[0].send("/out", cookie); a.status != http.StatusOK {
					t.Fatalf("sign-out is answered %d %q", a.status, a.body)
				}
				ended := time.Now()
				for all[1].send("/me", cookie).status == http.StatusOK {
					if time.Since(ended) > 30*time.Second {
						t.Fatal("still accepted after 30 s")
					}
					time.Sleep(100 * time.Microsecond)
				}
				took = append(took, time.Since(ended))
			}
			slices.Sort(took)
			t.Logf("of %d sign-outs the other instance heard after %v at least, %v in the middle, %v at most; it polls every %v", tries,
				took[0].Round(time.Microsecond), took[len(took)/2].Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond), interval)
		})
	}
}
