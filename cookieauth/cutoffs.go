package cookieauth

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/confcheck"
)

// Defaults of CutoffsConfig.
const (
	DefaultCutoffPollInterval = 10 * time.Second
	// DefaultLongestLife is how long browsers keep a cookie at most.
	DefaultLongestLife = 400 * 24 * time.Hour
	// longestOfAll is what all stores can note the end of.
	longestOfAll = 100 * 365 * 24 * time.Hour
)

const (
	// maxCutoffPollInterval is well below cutoffSlack.
	maxCutoffPollInterval = 15 * time.Minute
	// cutoffSlack is how much longer cut-offs are kept than their tickets can last:
	// other instances renew a ticket until they know of its end, and clocks differ.
	cutoffSlack = time.Hour
	// storeTimeout bounds a visit to a store of sessions or cut-offs.
	storeTimeout = 5 * time.Second
	// cutoffCloseTimeout bounds Close.
	cutoffCloseTimeout = 5 * time.Second
)

// CutoffsConfig configures Cutoffs. It is copied; changing it later has no effect.
type CutoffsConfig struct {
	_ struct{}

	// Store keeps the cut-offs where all instances see them. Required. If it is a
	// dataprotection.Notifier too, news comes at once and not with the next poll.
	Store CutoffStore

	// PollInterval is how often the store is asked for news, less up to a fifth. What
	// one instance has ended, every other one refuses after this time and one read of
	// the store. The default is 10 s, the longest 15 min.
	PollInterval time.Duration

	// LongestLife is how long a ticket is valid at most from when it was issued or
	// renewed, whatever SignInOptions.Expires says: "sign out everywhere" cannot be
	// forgotten before the last ticket has ended that it concerns. The default is 400
	// days, which is how long browsers keep a cookie. Where all logins are shorter, less
	// saves memory. The longest is 100 years.
	LongestLife time.Duration

	// Logger receives when the store is out of reach, and when it is back. The default
	// is slog.Default().
	Logger *slog.Logger

	// Now is the clock. The default is time.Now. It is for tests.
	Now func() time.Time
}

func (c CutoffsConfig) withDefaults() (CutoffsConfig, error) {
	c.PollInterval = cmp.Or(c.PollInterval, DefaultCutoffPollInterval)
	c.LongestLife = cmp.Or(c.LongestLife, DefaultLongestLife)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var p confcheck.Problems
	p.Add(c.Store == nil, "Store", "required")
	p.Add(c.PollInterval < time.Millisecond || c.PollInterval > maxCutoffPollInterval, "PollInterval", "must be from a millisecond to 15 minutes")
	p.Add(c.LongestLife < time.Second, "LongestLife", "less than a second")
	p.Add(c.LongestLife > longestOfAll, "LongestLife", "more than 100 years")
	return c, p.Err("cookieauth: cut-offs")
}

// Cutoffs know which sessions are over: single ones, or all of a user or of
// everybody that began before some moment. Requests look into an immutable snapshot
// in memory; one goroutine keeps that up to date with the store.
//
// While the store is out of reach after OpenCutoffs, what is known stays in force
// and nothing new can be ended. What was once known stays in force until it may be
// forgotten, whatever the store says; if the store has lost it, it is put back.
//
// One Cutoffs may serve several Authenticators. What it says of a user or of
// everybody then concerns all of them, so their users' ids must mean the same.
//
// It is safe for concurrent use. Open one with OpenCutoffs.
type Cutoffs struct {
	cfg     CutoffsConfig
	current atomic.Pointer[cutoffSnapshot]
	cancel  context.CancelFunc
	done    chan struct{}
	wake    chan struct{} // holds one

	version dataprotection.Version // of base; for the goroutine alone

	mu       sync.Mutex        // guards what follows, and the replacing of current
	pending  map[Cutoff]Cutoff // to be written by the goroutine, by what they are without Until
	lastLoad time.Time
	loadErr  error
}

// OpenCutoffs loads the cut-offs and follows them in the background until Close.
// The error Is dataprotection.ErrUnavailable if the store cannot be read: without
// its cut-offs a program would let in who has signed out. Ctx bounds the opening only.
func OpenCutoffs(ctx context.Context, cfg CutoffsConfig) (*Cutoffs, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cutoffs{cfg: cfg, done: make(chan struct{}), wake: make(chan struct{}, 1), pending: map[Cutoff]Cutoff{}}
	c.current.Store(newCutoffSnapshot(newCutoffSet(), newCutoffSet()))
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	c.start()
	return c, nil
}

// CutoffsStatus says how Cutoffs are.
type CutoffsStatus struct {
	_ struct{}
	// Known is the number of cut-offs in force.
	Known int
	// LastLoad is when the store was last read, or had nothing new.
	LastLoad time.Time
	// Err is why the latest attempt to bring them up to date failed, or nil. While it
	// is not nil, other instances may have ended sessions that are still accepted here.
	Err error
}

// Status returns how the cut-offs are, for health checks.
func (c *Cutoffs) Status() CutoffsStatus {
	if !c.opened() {
		return CutoffsStatus{Err: errCutoffsNotOpened}
	}
	snap := c.current.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	return CutoffsStatus{Known: snap.base.len() + snap.recent.len(), LastLoad: c.lastLoad, Err: c.loadErr}
}

// EndSession ends the session with an id, as Authenticator.SessionID returns it, on
// all instances. That the id is one of the user who asks is for the caller to know;
// Authenticator.EndSession looks. The error Is dataprotection.ErrUnavailable if the
// store cannot be written; then the session may or may not have ended.
func (c *Cutoffs) EndSession(ctx context.Context, id string) error {
	if !c.opened() {
		return errCutoffsNotOpened
	}
	if id == "" || len(id) > maxSessionID || !isStorable(id) {
		return ErrNoSession
	}
	return c.add(ctx, Cutoff{Session: id, Until: c.now().Add(c.longestLife() + cutoffSlack)})
}

// Close ends the background work. It is idempotent and returns within a few
// seconds even if the store hangs. What is known then stays in force.
func (c *Cutoffs) Close() error {
	if !c.opened() {
		return nil
	}
	c.cancel()
	t := time.NewTimer(cutoffCloseTimeout)
	defer t.Stop()
	select {
	case <-c.done:
	case <-t.C:
		c.cfg.Logger.Warn("cookieauth: the cut-offs were closed while their store did not answer")
	}
	return nil
}

// opened is false for nil and for a zero value.
func (c *Cutoffs) opened() bool { return c != nil && c.current.Load() != nil }

// add writes cut-offs to the store, durably, and then knows them.
func (c *Cutoffs) add(ctx context.Context, cutoffs ...Cutoff) error {
	if !c.opened() {
		return errCutoffsNotOpened
	}
	for i := range cutoffs {
		cutoffs[i] = cutoffs[i].inMicroseconds()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout) // a sign-out is finished when the browser has gone
	defer cancel()
	if err := c.cfg.Store.AddCutoffs(ctx, cutoffs...); err != nil {
		return &storeError{"store cut-offs", err}
	}
	c.learn(cutoffs...)
	return nil
}

// inMicroseconds rounds up: what began before in nanoseconds did so in microseconds, too.
func (c Cutoff) inMicroseconds() Cutoff {
	up := func(t time.Time) time.Time {
		if t.IsZero() {
			return time.Time{}
		}
		return t.UTC().Round(0).Add(time.Microsecond - 1).Truncate(time.Microsecond)
	}
	c.Before, c.Until = up(c.Before), up(c.Until)
	return c
}

// learn puts cut-offs into the snapshot.
func (c *Cutoffs) learn(cutoffs ...Cutoff) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.publish(c.current.Load().with(cutoffs))
}

// publish replaces the snapshot. The caller holds mu.
func (c *Cutoffs) publish(next *cutoffSnapshot) {
	close(c.current.Swap(next).next)
}

// prolong keeps a cut-off longer, because a ticket that it concerns has turned up
// that ends later than was foreseen. The goroutine writes that to the store.
func (c *Cutoffs) prolong(cut Cutoff, end time.Time) {
	cut.Until = end.Add(cutoffSlack)
	c.writeLater(cut)
	c.learn(cut.inMicroseconds())
}

func (c *Cutoffs) writeLater(cut Cutoff) {
	cut = cut.inMicroseconds()
	key := cut
	key.Until = time.Time{}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cut.Until.After(c.pending[key].Until) {
		c.pending[key] = cut
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Cutoffs) now() time.Time { return c.cfg.Now() }

func (c *Cutoffs) longestLife() time.Duration { return c.cfg.LongestLife }

// behind returns for how long the store has been out of reach beyond what cut-offs
// are kept longer for. A renewal must be shorter by that: else the ticket of a session
// that was ended meanwhile, which cannot be known here, would outlive its cut-off.
func (c *Cutoffs) behind() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loadErr == nil {
		return 0
	}
	return max(0, c.now().Sub(c.lastLoad)-cutoffSlack/2) // the other half is for clocks
}
