package storetest

import (
	"errors"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

func versions(t reporter, s storage) {
	store := s.open()
	seen := make(map[dataprotection.Version]int)
	var want []dataprotection.Element
	for n := range 4 {
		before := load(t, store)
		s.unchanged(t, store, before.Version, want)
		if m, ok := seen[before.Version]; ok {
			t.Fatalf("with %d elements the version is the same as with %d", n, m)
		}
		seen[before.Version] = n

		add(t, store, element(n))
		want = append(want, element(n))
		snap, err := store.Load(t.Context(), before.Version)
		if err != nil {
			t.Fatalf("Load since a version before an Add: %v", err)
		}
		if snap.Version == before.Version || len(snap.Elements) != n+1 {
			t.Fatalf("Load since a version before an Add: got %d elements and the version changed: %v, want %d elements and a new version",
				len(snap.Elements), snap.Version != before.Version, n+1)
		}
	}
	_, err := store.Load(t.Context(), "no version that a store ever gave")
	if err != nil {
		t.Fatalf("Load since an unknown version: %v", err)
	}
}

// unchanged fails the check if Load does not say that all is as it was at since:
// by ErrNotModified, or by the same version with the same elements.
func (s storage) unchanged(t reporter, store dataprotection.Store, since dataprotection.Version, want []dataprotection.Element) {
	t.Helper()
	snap, err := store.Load(t.Context(), since)
	if errors.Is(err, dataprotection.ErrNotModified) {
		return
	}
	if err != nil {
		t.Fatalf("Load since the present version: %v", err)
	}
	if snap.Version != since || len(snap.Elements) != len(want) {
		t.Fatalf("Load since the present version: got %d elements and the version changed: %v, want %d and the same version",
			len(snap.Elements), snap.Version != since, len(want))
	}
}

// foreignVersions: a version is a word for a state of the content. One handle may
// not know the word of another, but must not take it for another state.
func foreignVersions(t reporter, s storage) {
	a, b := s.open(), s.open()
	stale := load(t, a).Version
	load(t, b)
	add(t, a, element(1))
	snap, err := b.Load(t.Context(), stale)
	if err != nil || len(snap.Elements) != 1 {
		t.Fatalf("Load since another handle's stale version: got %d elements and error %v, want 1 and none", len(snap.Elements), err)
	}
	contracttest.Must(t, "Add if another handle's stale version", b.Add(t.Context(), element(2), stale), dataprotection.ErrConflict)
	s.holds(t, b, element(1))
}

func compareAndAppend(t reporter, s storage) {
	store, other := s.open(), s.open()
	empty := load(t, store).Version
	if err := store.Add(t.Context(), element(1), empty); err != nil {
		t.Fatalf("Add to the empty store at its version: %v", err)
	}
	contracttest.Must(t, "Add at a version before our own Add", store.Add(t.Context(), element(2), empty), dataprotection.ErrConflict)

	one := s.holds(t, store, element(1)).Version
	add(t, other, element(3))
	contracttest.Must(t, "Add at a version before another handle's Add", store.Add(t.Context(), element(4), one), dataprotection.ErrConflict)
	contracttest.Must(t, "Add at an unknown version", store.Add(t.Context(), element(5), "no version that a store ever gave"), dataprotection.ErrConflict)

	two := s.holds(t, store, element(1), element(3)).Version
	if err := store.Add(t.Context(), element(6), two); err != nil {
		t.Fatalf("Add at the present version: %v", err)
	}
	s.holds(t, other, element(1), element(3), element(6))
}
