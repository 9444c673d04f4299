package main

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/sealring/sealring/middleware"
)

// A limit is how many attempts may be made at once, and how long it takes until there
// is one more.
type limit struct {
	burst float64
	every time.Duration
}

// Whoever guesses is slowed down, and nobody is locked out: waiting helps.
var (
	perAccount = limit{burst: 10, every: time.Minute} // from browsers that were never logged in to it
	perDevice  = limit{burst: 10, every: time.Minute} // from one that was: strangers cannot use these up
	perAddress = limit{burst: 50, every: 10 * time.Second}
)

// maxBuckets bounds the memory that those who guess can make us use.
const maxBuckets = 100_000

// attempts counts what was tried lately, in the memory of this instance. It may be
// used concurrently.
type attempts struct {
	now     func() time.Time
	mu      sync.Mutex
	buckets map[string]bucket
}

// A bucket has room for so many attempts at some moment, and for more later.
type bucket struct {
	limit limit
	room  float64
	at    time.Time
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, buckets: map[string]bucket{}}
}

// A try is one attempt, which counts in several ways.
type try map[string]limit

// take notes an attempt before it is made, so that many at once do not slip through,
// and returns 0. If there is no room for it, it returns how long to wait.
func (a *attempts) take(t try) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for key, limit := range t {
		if b := a.bucket(key, limit, now); b.room < 1 {
			wait = max(wait, time.Duration((1-b.room)*float64(limit.every)))
		}
	}
	if wait > 0 {
		return wait
	}
	for key, limit := range t {
		b := a.bucket(key, limit, now)
		b.room--
		a.put(key, b)
	}
	return 0
}

// forgive takes an attempt back, because it was a good one.
func (a *attempts) forgive(t try) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for key, limit := range t {
		b := a.bucket(key, limit, now)
		b.room = min(b.room+1, limit.burst)
		a.put(key, b)
	}
}

// bucket returns what there is room for now.
func (a *attempts) bucket(key string, limit limit, now time.Time) bucket {
	b, ok := a.buckets[key]
	if !ok {
		return bucket{limit, limit.burst, now}
	}
	return b.later(now)
}

// later returns the bucket as it is at a later moment.
func (b bucket) later(now time.Time) bucket {
	gained := float64(now.Sub(b.at)) / float64(b.limit.every)
	return bucket{b.limit, min(b.room+max(gained, 0), b.limit.burst), now}
}

// put keeps a bucket. If there are too many, those go that have filled up again, and
// if that is not enough, all.
func (a *attempts) put(key string, b bucket) {
	if len(a.buckets) >= maxBuckets {
		for k, old := range a.buckets {
			if old.later(b.at).room >= old.limit.burst {
				delete(a.buckets, k)
			}
		}
		if len(a.buckets) >= maxBuckets {
			clear(a.buckets)
		}
	}
	a.buckets[key] = b
}

// clientAddress is where a request comes from, as far as the proxies in front vouch
// for it. Who has one IPv6 address has 2^64 of them.
func clientAddress(r *http.Request) string {
	host := middleware.ClientAddress(r)
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() && !addr.Is4In6() {
		if network, err := addr.Prefix(64); err == nil {
			return network.String()
		}
	}
	return host
}
