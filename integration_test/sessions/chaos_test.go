package sessions_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/cookieauth/redistickets"
	"github.com/sealring/sealring/internal/realtest"
)

const (
	clients   = 50
	instances = 4
)

// TestChaos has many clients renew, sign in and sign out on several instances, each
// request on any of them, while the store is cut off and comes back. Nobody who has
// not signed out is logged out, and nobody who has comes back.
//
// It goes in rounds. Within one the clients act at once; after each of them the clock
// moves, so that sessions have to be renewed, and the cookies that people had when
// they signed out are sent to every instance.
func TestChaos(t *testing.T) {
	rounds := 12
	if realtest.All() {
		rounds = 24
	}
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			c := new(clock)
			c.now.Store(time.Now().UnixNano())
			chaos(t, m, c, memtickets.New(memtickets.Config{Now: c.Now}), rounds)
		})
	}
	t.Run("both, in Redis", func(t *testing.T) {
		if !realtest.All() {
			t.Skip("runs with SEALRING_REQUIRE=all")
		}
		c := new(clock)
		c.now.Store(time.Now().UnixNano())
		client := redis.NewClient(&redis.Options{Addr: realtest.Redis(t).Address})
		t.Cleanup(func() { client.Close() })
		shared, err := redistickets.New(redistickets.Config{Client: client, Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		chaos(t, mode{"both", true, true, quick}, c, shared, 6)
	})
}

func chaos(t *testing.T, m mode, c *clock, store store, rounds int) {
	shared := &faulty{store: store}
	w := &world{t: t, mode: m, shared: shared, instances: newInstances(t, instances, m, shared, c)}
	for n := range clients {
		w.clients = append(w.clients, &client{w: w, id: fmt.Sprint("user ", n), random: rand.New(rand.NewPCG(uint64(n), 1))})
	}
	for round := range rounds {
		w.outage = round%3 == 2
		w.round()
		c.advance(lifetime / 4) // so that at most a half passes without a renewal
	}
	t.Logf("%d requests in %d rounds, %d of them in an outage: %d cookies of ended sessions, each tried on %d instances", w.requests(), rounds, w.refused(), w.died, instances)
}

// A world is everything in one test.
type world struct {
	t         *testing.T
	mode      mode
	shared    *faulty
	instances []*instance
	clients   []*client
	outage    bool     // in this round the store comes and goes
	dead      []string // the latest cookies of sessions that have ended
	died      int      // how many there were in all
}

// remembered is how many cookies of ended sessions are tried after each round.
const remembered = 200

// A client is a browser of one user. Its cookie is in use by one session at most.
type client struct {
	w      *world
	id     string
	random *rand.Rand
	cookie string
	in     bool     // as the user understands it
	dead   []string // cookies that should be good for nothing from now on

	requests, refused int
}

func (w *world) round() {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for w.outage {
			select {
			case <-stop:
				w.shared.down.Store(false)
				return
			case <-time.After(2 * time.Millisecond):
				w.shared.down.Store(!w.shared.down.Load())
			}
		}
	}()
	var acting sync.WaitGroup
	for _, c := range w.clients {
		acting.Go(func() {
			for range 5 {
				c.act()
			}
		})
	}
	acting.Wait()
	close(stop)
	<-stopped
	for _, c := range w.clients {
		c.visit() // each makes itself seen at least once without an outage
		w.dead = append(w.dead, c.dead...)
		w.died += len(c.dead)
		c.dead = nil
	}
	w.dead = w.dead[max(0, len(w.dead)-remembered):]
	w.heard()
	w.replay()
}

// heard waits until every instance has heard of everything.
func (w *world) heard() {
	now := time.Now()
	for _, i := range w.instances {
		for i.cutoffs != nil && w.behind(i) {
			if time.Since(now) > 30*time.Second {
				w.t.Fatalf("an instance is not up to date: %+v", i.cutoffs.Status())
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// behind reports whether an instance still accepts any of the dead.
func (w *world) behind(i *instance) bool {
	return slices.ContainsFunc(w.dead, func(cookie string) bool { return i.send("/me", cookie).status == http.StatusOK })
}

// replay sends the cookies of ended sessions to every instance.
func (w *world) replay() {
	for _, i := range w.instances {
		for _, cookie := range w.dead {
			if a := i.send("/me", cookie); a.status != http.StatusUnauthorized {
				w.t.Errorf("a cookie of an ended session is answered %d %q", a.status, a.body)
			}
		}
	}
}

func (w *world) requests() (n int) {
	for _, c := range w.clients {
		n += c.requests
	}
	return n
}

func (w *world) refused() (n int) {
	for _, c := range w.clients {
		n += c.refused
	}
	return n
}

func (c *client) any() *instance { return c.w.instances[c.random.IntN(instances)] }

func (c *client) act() {
	switch n := c.random.IntN(20); {
	case !c.in || n == 0:
		c.signIn()
	case n < 3:
		c.signOut("/out")
	case n == 3:
		c.signOut("/everywhere")
	case n == 4:
		c.signOutDuringAVisit()
	default:
		c.visit()
	}
}

// answered notes an answer. It returns false for 503, which may only be in an outage.
func (c *client) answered(what string, a answer) bool {
	c.requests++
	if a.status != http.StatusServiceUnavailable {
		return true
	}
	c.refused++
	if !c.w.outage {
		c.w.t.Errorf("%s: %s is answered 503 without an outage: %s", c.id, what, a.body)
	}
	return false
}

// visit sends three requests with one cookie to different instances at once.
func (c *client) visit() {
	var answers [3]answer
	var all sync.WaitGroup
	for n := range answers {
		i := c.any()
		all.Go(func() { answers[n] = i.send("/me", c.cookie) })
	}
	all.Wait()
	for _, a := range answers {
		if !c.answered("a visit", a) {
			continue
		}
		if c.in && (a.status != http.StatusOK || a.body != c.id) {
			c.w.t.Errorf("%s is logged out: %d %q", c.id, a.status, a.body)
		}
		if !c.in && a.status != http.StatusUnauthorized {
			c.w.t.Errorf("%s is logged in: %d %q", c.id, a.status, a.body)
		}
		c.keep(a)
	}
}

// keep does with a cookie what a browser does. The ones before are of the same
// session still.
func (c *client) keep(a answer) {
	if a.set && a.cookie != "" {
		c.cookie = a.cookie
	}
}

func (c *client) signIn() {
	old := c.cookie
	a := c.any().send("/in?user="+"user+"+c.id[len("user "):], c.cookie)
	if !c.answered("a sign-in", a) {
		c.keep(a) // the session goes on, and may have been renewed
		// With both, the old session may have ended in the cut-offs and not in the store.
		c.recover()
		return
	}
	c.cookie, c.in = a.cookie, true
	if old != "" {
		c.dead = append(c.dead, old)
	}
}

func (c *client) signOut(path string) {
	old := c.cookie
	a := c.any().send(path, old)
	if !c.answered("a sign-out", a) {
		if a.set && a.cookie == "" {
			c.w.t.Errorf("%s: a sign-out that failed removes the cookie", c.id)
		}
		c.keep(a)
		c.recover()
		return
	}
	c.in = false
	c.cookie = ""
	c.dead = append(c.dead, old)
}

// signOutDuringAVisit: the slower request may bring a renewed cookie afterwards.
func (c *client) signOutDuringAVisit() {
	var visit answer
	var all sync.WaitGroup
	i, cookie := c.any(), c.cookie
	all.Go(func() { visit = i.send("/me", cookie) })
	c.signOut("/out")
	all.Wait()
	c.requests++
	if visit.set && visit.cookie != "" {
		if c.in {
			c.cookie = visit.cookie
		} else {
			c.dead = append(c.dead, visit.cookie)
		}
	}
}

// recover is what a user does who was told that it did not work: they do not know
// whether they are signed in, since the line broke, and sign out until it works.
func (c *client) recover() {
	for c.cookie != "" {
		old := c.cookie
		a := c.any().send("/out", old)
		if c.answered("a sign-out", a) {
			c.in, c.cookie = false, ""
			c.dead = append(c.dead, old)
		}
	}
	c.in = false
}
