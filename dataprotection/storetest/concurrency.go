package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

// writers is how many handles work at the same time.
const writers = 16

func oneOfMany(t reporter, s storage) {
	if s.NoAtomicCompare {
		t.Skip("the store does not promise an atomic compare-and-append")
	}
	var want []dataprotection.Element
	for round := range 5 {
		stores := make([]dataprotection.Store, writers)
		seen := make([]dataprotection.Version, writers)
		for i := range stores {
			stores[i] = s.open()
			seen[i] = s.holds(t, stores[i], want...).Version
		}
		errs := contracttest.Together(writers, func(i int) error {
			return stores[i].Add(t.Context(), element(100*round+i), seen[i])
		})
		var winners []int
		for i, err := range errs {
			contracttest.Only(t, "Add at the same version by many", err, dataprotection.ErrConflict)
			if err == nil {
				winners = append(winners, i)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("of %d Adds at the same version %d succeeded, want 1", writers, len(winners))
		}
		want = append(want, element(100*round+winners[0]))
		s.holds(t, stores[0], want...)
	}
}

func allOfMany(t reporter, s storage) {
	const each = 5
	var want []dataprotection.Element
	for i := range writers * each {
		want = append(want, element(i))
	}
	errs := contracttest.Together(writers, func(i int) error {
		store := s.open()
		for _, e := range want[i*each : (i+1)*each] {
			if err := store.Add(t.Context(), e, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Add by many: %v", err)
	}
	s.holds(t, s.open(), want...)
}

// readingWhileWriting: what a reader has seen once, it and every later reader see
// whole and for good.
func readingWhileWriting(t reporter, s storage) {
	const total = 30
	whole := make(map[string]bool)
	for i := range total {
		whole[string(s.text(element(i).XML))] = true
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := contracttest.Together(3, func(i int) error {
		store := s.open()
		if i > 0 {
			return s.watch(ctx, store, whole, total)
		}
		for n := range total {
			if err := store.Add(ctx, element(n), ""); err != nil {
				cancel()
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			t.Fatalf("reading while writing: %v", err)
		}
	}
}

// watch loads until all elements are there.
func (s storage) watch(ctx context.Context, store dataprotection.Store, whole map[string]bool, total int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var since dataprotection.Version
	for seen := 0; seen < total; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			return fmt.Errorf("saw %d of %d elements: %w", seen, total, ctx.Err())
		}
		snap, err := store.Load(ctx, since)
		if errors.Is(err, dataprotection.ErrNotModified) {
			continue
		}
		if err != nil {
			return fmt.Errorf("after %d elements: %w", seen, err)
		}
		if len(snap.Elements)+len(snap.Unreadable) < seen {
			return fmt.Errorf("saw %d elements after %d", len(snap.Elements), seen)
		}
		for _, e := range snap.Elements {
			if !whole[string(s.text(e.XML))] {
				return fmt.Errorf("saw an element that nobody has added, of %d bytes", len(e.XML))
			}
		}
		seen, since = len(snap.Elements), snap.Version
	}
	return nil
}

// abandonedCalls: whoever stops waiting leaves nothing behind that others wait
// for, such as a lock or a transaction.
func abandonedCalls(t reporter, s storage) {
	var stores [writers]dataprotection.Store
	errs := contracttest.Together(writers, func(i int) error {
		store := s.open()
		stores[i] = store
		snap, err := store.Load(t.Context(), "")
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*500*time.Microsecond)
		defer cancel()
		_ = store.Add(ctx, element(i), snap.Version) // whether it was added is left open
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatalf("Load: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	store := s.open()
	for n := writers; ; n++ {
		snap, err := store.Load(ctx, "")
		if err != nil {
			t.Fatalf("Load after calls were abandoned: %v", err)
		}
		err = store.Add(ctx, element(n), snap.Version)
		if err == nil {
			break
		}
		contracttest.Only(t, "Add after calls were abandoned", err, dataprotection.ErrConflict) // one of them is still under way
		time.Sleep(time.Millisecond)
	}
	// Nothing may be under way any more when the caller takes the store's place away.
	for _, store := range stores {
		if _, err := store.Load(ctx, ""); err != nil {
			t.Fatalf("Load by one whose call was abandoned: %v", err)
		}
	}
}
