package cookieauthtest

import (
	"sync"
	"time"
)

// A Clock stands still until it is moved. Its method Now goes into
// cookieauth.Config.Now. It may be used concurrently. In a bubble of
// testing/synctest there is no need for one: there time.Now itself is such a clock.
type Clock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

// NewClock returns a clock that shows the given time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward or, below zero, back.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
