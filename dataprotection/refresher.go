package dataprotection

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sealring/sealring/internal/poll"
)

const (
	// loadTimeout bounds one turn of the background work, so that a store that
	// hangs shows as what it is.
	loadTimeout = 30 * time.Second
	// closeTimeout bounds Close.
	closeTimeout = 5 * time.Second
	// reloadInterval is the least time between two reloads for unknown keys.
	reloadInterval = time.Second
	// reloadTimeout bounds how long a request waits for such a reload.
	reloadTimeout = 5 * time.Second
	// reopenInterval is how often keys that could not be opened are tried again.
	reopenInterval = 30 * time.Second
	// unshownAfter is how long a store may take to show what it has taken: longer than
	// the defaults of NFS have a client remember a directory.
	unshownAfter = 2 * time.Minute
	// maxConflicts is how often a ring tries again to make a key while others write.
	maxConflicts = 10
)

// A refresher keeps a ring in step with its store. One goroutine does the work;
// what it alone uses is not guarded.
type refresher struct {
	ring   *KeyRing
	cfg    *Config
	health health

	// used by first, then by the goroutine
	reader   reader
	contents *contents        // the last good ones
	own      map[KeyID]ownKey // keys made here that the store has not shown yet
	known    knownRevocations
	lastFull time.Time

	closing <-chan struct{} // closed when Close begins
	cancel  context.CancelFunc
	done    chan struct{}
	wake    chan struct{} // holds one

	mu         sync.Mutex
	waiting    chan struct{} // closed when the next turn has ended; nil if none is asked for
	running    chan struct{} // closed when the turn under way has ended; nil if nobody has asked for it
	lastReload time.Time
}

// An ownKey is one that was made here.
type ownKey struct {
	*ringKey
	made time.Time
}

func newRefresher(ring *KeyRing) *refresher {
	return &refresher{
		ring: ring, cfg: &ring.cfg,
		reader: reader{cfg: &ring.cfg},
		own:    map[KeyID]ownKey{},
		known:  knownRevocations{keys: map[KeyID]bool{}},
		health: health{log: ring.cfg.Logger},
		done:   make(chan struct{}), wake: make(chan struct{}, 1),
	}
}

// first fills the ring, or says why it cannot.
func (r *refresher) first(ctx context.Context) error {
	r.reader.renew(ctx, r.cfg)
	c, err := r.reader.readSettled(ctx, "")
	if err != nil {
		return errors.Join(err, r.reader.renewals.err)
	}
	r.take(c)
	p, err := r.settle(ctx)
	if err != nil {
		return err
	}
	r.health.loaded(r.cfg.now(), nil)
	r.health.report(r.problems(p, nil))
	r.logOpened()
	return nil
}

func (r *refresher) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.closing = cancel, ctx.Done()
	var notifying sync.WaitGroup
	if n, ok := r.cfg.Store.(Notifier); ok {
		notifying.Go(func() { poll.Listen(ctx, n.Notify, r.wakeUp, r.cfg.PollInterval, r.cfg.Logger, "dataprotection") })
	}
	go func() {
		defer close(r.done)
		r.run(ctx)
		notifying.Wait()
	}()
}

func (r *refresher) close() {
	r.cancel()
	t := time.NewTimer(closeTimeout)
	defer t.Stop()
	select {
	case <-r.done:
	case <-t.C:
		r.cfg.Logger.Warn("dataprotection: the key ring was closed while its store did not answer", "store", storeName(r.cfg.Store))
	}
}

// run takes a turn at every poll, and whenever it is woken.
func (r *refresher) run(ctx context.Context) {
	for {
		t := time.NewTimer(poll.Jitter(r.cfg.PollInterval))
		select {
		case <-ctx.Done():
			t.Stop()
			r.release(r.takeWaiting())
			return
		case <-t.C:
		case <-r.wake:
			t.Stop()
		}
		waiting := r.takeWaiting()
		r.turn(ctx)
		r.release(waiting)
	}
}

// turn brings the ring up to date with its store.
func (r *refresher) turn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	loadErr := r.load(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return // the ring is being closed
	}
	r.health.loaded(r.cfg.now(), loadErr)
	var p plan
	if loadErr == nil {
		p, loadErr = r.settle(ctx)
	} else {
		p = r.plan(r.cfg.now())
		r.publish(p)
	}
	r.health.report(r.problems(p, loadErr))
}

// load reads the store if it has changed. Whatever goes wrong, the last good
// contents stay.
func (r *refresher) load(ctx context.Context) error {
	since := r.contents.version
	renewed := r.reader.renew(ctx, r.cfg)
	if r.contents.unusable() != nil && (renewed || time.Since(r.lastFull) >= reopenInterval) {
		since = ""
	}
	c, err := r.reader.readSettled(ctx, since)
	switch {
	case errors.Is(err, ErrNotModified):
		return nil
	case err != nil:
		if c != nil {
			r.takeReadable(c)
		}
		return err
	case len(c.keys)+len(c.skipped) == 0 && len(r.contents.keys) > 0:
		return &RingError{Op: "list", Err: errors.New("the store had keys and is empty now; is it still mounted? The keys known so far stay in use until the ring is opened anew")}
	}
	r.take(c)
	return nil
}

// takeReadable takes from contents with unreadable elements what cannot be wrong
// to take: the revocations, and the keys that are new, a successor among them.
// Else one broken file would keep every later revocation from taking hold.
func (r *refresher) takeReadable(c *contents) {
	r.known.merge(c)
	keys := slices.Clone(r.contents.keys)
	for _, k := range c.keys {
		if r.contents.key(k.info.ID) == nil {
			keys = append(keys, k)
		}
	}
	r.contents.keys = keys
}

// take makes c the contents that the ring works on. Revocations once seen stay
// in force, and a key made here stays known until the store has shown it once.
func (r *refresher) take(c *contents) {
	r.lastFull = time.Now()
	for _, k := range c.keys {
		delete(r.own, k.info.ID)
	}
	for _, k := range r.own {
		c.keys = append(c.keys, k.ringKey)
	}
	r.known.add(c)
	r.contents = c
}

// settle decides which key seals, makes a new one if that is due, and publishes
// the result. Of several instances that find a key due at once one makes it; the
// others find out and take that one.
func (r *refresher) settle(ctx context.Context) (plan, error) {
	for range maxConflicts {
		p := r.plan(r.cfg.now())
		if p.create == nil || r.ring.current.Load() != nil {
			r.publish(p) // what is known must not wait for a slow write
		}
		if p.create == nil {
			return p, p.err
		}
		k, err := r.create(ctx, *p.create)
		switch {
		case err == nil:
			p = r.made(r.cfg.now(), k)
			r.publish(p)
			return p, nil
		case !errors.Is(err, ErrConflict):
			p.failed = err
			if p.proper {
				r.publish(p)
				return p, nil
			}
			p.err = err
			return p, err
		}
		if err := r.reloadAfterConflict(ctx); err != nil {
			return p, err
		}
	}
	return plan{}, &RingError{Op: "add", Element: "a key", Err: fmt.Errorf("others wrote to the store each time, %d times: %w", maxConflicts, ErrConflict)}
}

// reloadAfterConflict waits a moment, so that instances get out of step. What another
// has written may be what the next key is to be sealed with.
func (r *refresher) reloadAfterConflict(ctx context.Context) error {
	if err := poll.Sleep(ctx, poll.Jitter(settlePause)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.reader.renew(ctx, r.cfg)
	c, err := r.reader.readSettled(ctx, "")
	if err != nil {
		return err
	}
	r.take(c)
	return nil
}

// reload has the store read for a request that met an unknown key. Requests that
// come at the same time share one turn, and turns keep a distance, so that made
// up key ids cost the store little. The error Is ErrUnavailable: the store could
// not be asked.
func (r *refresher) reload(ctx context.Context) error {
	turn := r.askForTurn()
	if turn == nil {
		return r.lastTurn()
	}
	t := time.NewTimer(reloadTimeout)
	defer t.Stop()
	select {
	case <-turn:
		return r.lastTurn()
	case <-r.closing:
		return errClosedRing
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	case <-t.C:
		return fmt.Errorf("%w: the store did not answer within %v", ErrUnavailable, reloadTimeout)
	}
}

// lastTurn says whether the store has been asked.
func (r *refresher) lastTurn() error {
	select {
	case <-r.closing:
		return errClosedRing
	default:
		return r.health.loadError()
	}
}

// askForTurn returns a channel that is closed when a turn has ended that begins
// after the call. If the last such turn was too short a time ago, it is the one
// under way, which may well bring the key, or nil.
func (r *refresher) askForTurn() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting != nil {
		return r.waiting
	}
	if !r.lastReload.IsZero() && time.Since(r.lastReload) < reloadInterval {
		return r.running
	}
	select {
	case <-r.closing:
		return nil
	default:
	}
	r.lastReload = time.Now()
	r.waiting = make(chan struct{})
	r.wakeUp()
	return r.waiting
}

func (r *refresher) takeWaiting() chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.waiting = r.waiting, nil
	return r.running
}

func (r *refresher) release(waiting chan struct{}) {
	if waiting == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = nil
	close(waiting)
}

// wakeUp causes a turn soon. It never blocks.
func (r *refresher) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
