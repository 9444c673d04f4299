package cookieauth

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/poll"
)

// start begins the background work, which Close ends.
func (c *Cutoffs) start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	var notifying sync.WaitGroup
	if n, ok := c.cfg.Store.(dataprotection.Notifier); ok {
		notifying.Go(func() { poll.Listen(ctx, n.Notify, c.wakeUp, c.cfg.PollInterval, c.cfg.Logger, "cookieauth: cut-offs") })
	}
	go func() {
		defer close(c.done)
		c.run(ctx)
		notifying.Wait()
	}()
}

// wakeUp causes a turn soon. It never blocks.
func (c *Cutoffs) wakeUp() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run takes a turn at every poll, and whenever it is woken.
func (c *Cutoffs) run(ctx context.Context) {
	for {
		t := time.NewTimer(poll.Jitter(c.cfg.PollInterval))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		case <-c.wake:
			t.Stop()
		}
		c.turn(ctx)
		if c.loadError() != nil { // do not let a store's news drive us round while it fails
			_ = poll.Sleep(ctx, min(time.Second, c.cfg.PollInterval))
		}
	}
}

// turn brings snapshot and store together.
func (c *Cutoffs) turn(ctx context.Context) {
	err := c.flush(ctx)
	if loadErr := c.load(ctx); loadErr != nil {
		err = loadErr
	}
	if ctx.Err() != nil {
		return // being closed
	}
	c.mu.Lock()
	before := c.loadErr
	c.loadErr = err
	c.mu.Unlock()
	switch {
	case err != nil && before == nil:
		c.cfg.Logger.Error("cookieauth: the cut-offs cannot be brought up to date, those known so far stay in force", "err", err)
	case err == nil && before != nil:
		c.cfg.Logger.Info("cookieauth: the cut-offs are up to date again")
	}
}

func (c *Cutoffs) loadError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadErr
}

// flush writes what waits to be written. What fails goes on waiting.
func (c *Cutoffs) flush(ctx context.Context) error {
	c.mu.Lock()
	waiting := maps.Clone(c.pending)
	c.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := c.cfg.Store.AddCutoffs(ctx, slices.Collect(maps.Values(waiting))...); err != nil {
		return &storeError{"store cut-offs", err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, written := range waiting {
		if c.pending[key] == written { // else it has been prolonged again
			delete(c.pending, key)
		}
	}
	return nil
}

// load reads the store if it has changed. Cut-offs that are known already stay,
// even if the store has lost them.
func (c *Cutoffs) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*storeTimeout)
	defer cancel()
	stored := c.current.Load() // what the store must have, since it had it before
	list, version, err := c.cfg.Store.LoadCutoffs(ctx, c.version)
	now := c.now()
	switch {
	case errors.Is(err, dataprotection.ErrNotModified):
		c.loaded(now)
		return nil
	case err != nil:
		return &storeError{"load cut-offs", err}
	}
	c.version = version
	base := newCutoffSet()
	for _, cut := range list {
		base.add(cut)
	}
	c.restore(stored, base, now)
	c.merge(base, now)
	c.loaded(now)
	return nil
}

func (c *Cutoffs) loaded(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastLoad = now
}

// restore has written to the store again what it has lost: it may have been
// restarted empty, or put back from a backup. What is about to be forgotten is not
// missed, as clocks differ.
func (c *Cutoffs) restore(stored *cutoffSnapshot, base *cutoffSet, now time.Time) {
	lost := 0
	for _, set := range [...]*cutoffSet{stored.base, stored.recent} {
		set.all(func(cut Cutoff) {
			if cut.Until.After(now.Add(cutoffSlack)) && !base.has(cut) {
				lost++
				c.writeLater(cut)
			}
		})
	}
	if lost > 0 {
		c.cfg.Logger.LogAttrs(context.Background(), slog.LevelError, "cookieauth: the store has lost cut-offs; they stay in force and are put back", slog.Int("lost", lost))
	}
}

// merge makes base the new one, with everything that is known beside it and may
// not be forgotten yet.
func (c *Cutoffs) merge(base *cutoffSet, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep := func(cut Cutoff) {
		if cut.Until.After(now) {
			base.add(cut)
		}
	}
	known := c.current.Load()
	known.base.all(keep)
	known.recent.all(keep)
	c.publish(newCutoffSnapshot(base, newCutoffSet()))
}
