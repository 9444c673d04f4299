package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/contracttest"
)

func oneOfManyCreates(t reporter, s tickets) {
	stores := s.opened(handles)
	for range 10 {
		given := session("a")
		errs := contracttest.Together(handles, func(i int) error {
			return stores[i].Create(t.Context(), changed(given, i))
		})
		winner := -1
		for i, err := range errs {
			contracttest.Only(t, "Create of one id by many", err, fs.ErrExist)
			if err == nil && winner >= 0 {
				t.Fatalf("of %d Creates of one id more than one succeeded", handles)
			}
			if err == nil {
				winner = i
			}
		}
		if winner < 0 {
			t.Fatalf("of %d Creates of one id none succeeded", handles)
		}
		holds(t, stores[0], changed(given, winner))
	}
}

func allOfManyCreates(t reporter, s tickets) {
	const each = 10
	stores := s.opened(handles)
	all := make([]*cookieauth.StoredSession, handles*each)
	for i := range all {
		all[i] = session("a")
	}
	errs := contracttest.Together(handles, func(i int) error {
		for _, given := range all[i*each : (i+1)*each] {
			if err := stores[i].Create(t.Context(), given); err != nil {
				return err
			}
		}
		return nil
	})
	contracttest.Must(t, "Create by many", errors.Join(errs...), nil)
	lists(t, s.open(), "a", all...)
}

// racingUpdates: afterwards the session is what one of the updates made it, whole.
func racingUpdates(t reporter, s tickets) {
	const each = 10
	stores, given := s.opened(handles), session("a")
	create(t, stores[0], given)
	errs := contracttest.Together(handles, func(i int) error {
		for n := range each {
			if err := stores[i].Update(t.Context(), changed(given, i*each+n)); err != nil {
				return err
			}
		}
		return nil
	})
	contracttest.Must(t, "Update by many", errors.Join(errs...), nil)
	got, err := stores[0].Load(t.Context(), given.ID)
	contracttest.Must(t, "Load", err, nil)
	if err := whole(got, given, handles*each); err != nil {
		t.Fatalf("Load after updates by many: %v", err)
	}
	holds(t, stores[1], got)
}

// whole reports whether a session is what one of its updates made it.
func whole(got, given *cookieauth.StoredSession, updates int) error {
	var n int
	if _, err := fmt.Sscanf(got.UserAgent, "update %d", &n); err != nil || n < 0 || n >= updates {
		return fmt.Errorf("the user agent is %q, which nobody stored", got.UserAgent)
	}
	if d := difference(got, changed(given, n)); d != "" {
		return fmt.Errorf("it is none of the updates: %s", d)
	}
	return nil
}

// readingWhileUpdating: a session that nobody ends is always there, and whole.
func readingWhileUpdating(t reporter, s tickets) {
	const updates = 60
	stores, given := s.opened(4), session("a")
	create(t, stores[0], changed(given, 0))
	ctx, finished := context.WithCancel(t.Context())
	defer finished()
	errs := contracttest.Together(len(stores), func(i int) error {
		if i == 0 {
			defer finished()
			for n := range updates {
				if err := stores[0].Update(t.Context(), changed(given, n)); err != nil {
					return err
				}
			}
			return nil
		}
		for ctx.Err() == nil {
			got, err := stores[i].Load(t.Context(), given.ID)
			if err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			if err := whole(got, given, updates); err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			listed, err := stores[i].ByUser(t.Context(), "a")
			if err != nil || len(listed) != 1 {
				return fmt.Errorf("listing: got %d sessions and error %w, want 1", len(listed), err)
			}
			if err := whole(listed[0], given, updates); err != nil {
				return fmt.Errorf("listing: %w", err)
			}
		}
		return nil
	})
	contracttest.Must(t, "reading while updating", errors.Join(errs...), nil)
}

// updateAndEndRace: however updates and the end of a session race, it is over.
func updateAndEndRace(t reporter, s tickets) {
	stores := s.opened(4)
	for round := range 60 {
		given := session("a")
		create(t, stores[round%4], given)
		var over atomic.Bool
		errs := contracttest.Together(len(stores), func(i int) error {
			if i == 0 {
				defer over.Store(true)
				return stores[0].End(t.Context(), given.ID)
			}
			return updateUntilGone(t.Context(), stores[i], given, &over)
		})
		contracttest.Must(t, "an end and updates", errors.Join(errs...), nil)
		for _, store := range stores {
			gone(t, store, given)
		}
	}
}

// updateUntilGone updates a session until it is told that it is gone, which must
// be as soon as its end is over.
func updateUntilGone(ctx context.Context, store cookieauth.TicketStore, given *cookieauth.StoredSession, over *atomic.Bool) error {
	for n := 0; ; n++ {
		late := over.Load()
		err := store.Update(ctx, changed(given, n))
		switch {
		case errors.Is(err, cookieauth.ErrNoSession):
			return nil
		case err != nil:
			return err
		case late:
			return errors.New("an update that began after the end of its session succeeded")
		}
	}
}

// listingWhileChanging: a list has whatever was created before and was not ended
// before it was returned, and nothing that was ended before it was asked for.
func listingWhileChanging(t reporter, s tickets) {
	stores := s.opened(4)
	var l ledger
	ctx, finished := context.WithCancel(t.Context())
	defer finished()
	errs := contracttest.Together(len(stores), func(i int) error {
		if i < 2 {
			return l.watch(ctx, stores[i])
		}
		if i == 2 {
			defer finished()
		}
		for range 40 {
			if err := l.change(t.Context(), stores[i]); err != nil {
				return err
			}
			time.Sleep(pace)
		}
		return nil
	})
	contracttest.Must(t, "listing while creating and ending", errors.Join(errs...), nil)
}

// pace is how long a writer waits, so that others see what happens in between.
const pace = time.Millisecond

// A ledger knows which sessions there must be and which there must not be.
type ledger struct {
	mu    sync.Mutex
	alive map[string]bool // created, and nobody has begun to end it
	ended map[string]bool
}

// change creates two sessions and ends one of them.
func (l *ledger) change(ctx context.Context, store cookieauth.TicketStore) error {
	stays, goes := session("a"), session("a")
	for _, given := range []*cookieauth.StoredSession{stays, goes} {
		if err := store.Create(ctx, given); err != nil {
			return fmt.Errorf("creating: %w", err)
		}
		l.note(func() { l.alive[given.ID] = true })
	}
	l.note(func() { delete(l.alive, goes.ID) })
	if err := store.End(ctx, goes.ID); err != nil {
		return fmt.Errorf("ending: %w", err)
	}
	l.note(func() { l.ended[goes.ID] = true })
	return nil
}

func (l *ledger) note(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive == nil {
		l.alive, l.ended = map[string]bool{}, map[string]bool{}
	}
	f()
}

func (l *ledger) watch(ctx context.Context, store cookieauth.TicketStore) error {
	for last := false; !last; {
		last = ctx.Err() != nil // and one look more
		var before, ended []string
		l.note(func() { before, ended = keys(l.alive), keys(l.ended) })
		listed, err := store.ByUser(context.WithoutCancel(ctx), "a")
		if err != nil {
			return fmt.Errorf("listing: %w", err)
		}
		there := make(map[string]bool)
		for _, s := range listed {
			there[s.ID] = true
		}
		var after map[string]bool
		l.note(func() { after = set(keys(l.alive)) })
		for _, id := range before {
			if after[id] && !there[id] {
				return fmt.Errorf("listing: of %d sessions one is missing in the list of %d", len(before), len(listed))
			}
		}
		for _, id := range ended {
			if there[id] {
				return errors.New("a session that was ended before is listed")
			}
		}
	}
	return nil
}
