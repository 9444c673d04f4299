package storetest

import (
	"slices"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

// remover returns a handle that can remove, or skips the check.
func (s storage) remover(t reporter) (dataprotection.Store, dataprotection.Remover) {
	store := s.open()
	remover, ok := store.(dataprotection.Remover)
	if !ok {
		t.Skip("the store is no Remover")
	}
	return store, remover
}

// find returns those of the loaded elements that hold what the given ones hold.
func (s storage) find(t reporter, store dataprotection.Store, wanted ...dataprotection.Element) []dataprotection.Element {
	t.Helper()
	loaded := load(t, store).Elements
	var found []dataprotection.Element
	for _, w := range wanted {
		i := slices.IndexFunc(loaded, func(e dataprotection.Element) bool { return string(s.text(e.XML)) == string(s.text(w.XML)) })
		if i < 0 {
			t.Fatalf("the store has lost element %q", w.Name)
		}
		found = append(found, loaded[i])
	}
	return found
}

func removing(t reporter, s storage) {
	store, remover := s.remover(t)
	other := s.open()
	add(t, store, element(1), element(2), element(3), element(4))
	before := load(t, store).Version

	if err := remover.Remove(t.Context()); err != nil {
		t.Fatalf("Remove of nothing: %v", err)
	}
	s.unchanged(t, store, before, []dataprotection.Element{element(1), element(2), element(3), element(4)})

	if err := remover.Remove(t.Context(), s.find(t, other, element(3), element(1))...); err != nil {
		t.Fatalf("Remove of two elements: %v", err)
	}
	snap, err := store.Load(t.Context(), before)
	if err != nil || snap.Version == before {
		t.Fatalf("Load since a version before Remove: error %v, version changed: %v", err, snap.Version != before)
	}
	s.holds(t, store, element(2), element(4))
	s.holds(t, other, element(2), element(4))
	contracttest.Must(t, "Add at a version before Remove", other.Add(t.Context(), element(5), before), dataprotection.ErrConflict)

	add(t, other, element(1)) // what was removed may come back
	s.holds(t, store, element(1), element(2), element(4))
	if err := remover.Remove(t.Context(), s.find(t, store, element(4), element(2), element(1))...); err != nil {
		t.Fatalf("Remove of all elements: %v", err)
	}
	s.holds(t, other)
}

func removingTheGone(t reporter, s storage) {
	store, remover := s.remover(t)
	other := s.open().(dataprotection.Remover)
	add(t, store, element(1), element(2), element(3))
	loaded := s.find(t, store, element(1), element(2))
	if err := other.Remove(t.Context(), loaded[0]); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	if err := remover.Remove(t.Context(), loaded...); err != nil {
		t.Fatalf("Remove of two elements, the first of which is gone: %v", err)
	}
	s.holds(t, store, element(3))
}

// replacer returns a handle that can replace, or skips the check.
func (s storage) replacer(t reporter) (dataprotection.Store, dataprotection.Replacer) {
	store := s.open()
	replacer, ok := store.(dataprotection.Replacer)
	if !ok {
		t.Skip("the store is no Replacer")
	}
	return store, replacer
}

func replacing(t reporter, s storage) {
	store, replacer := s.replacer(t)
	other := s.open()
	add(t, store, element(1), element(2))
	before := load(t, other).Version

	changed := element(1)
	changed.XML = element(11).XML
	if err := replacer.Replace(t.Context(), s.find(t, store, element(1))[0], changed); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	s.holds(t, store, element(2), changed)
	s.holds(t, other, element(2), changed)
	snap, err := other.Load(t.Context(), before)
	if err != nil || snap.Version == before {
		t.Fatalf("Load since a version before Replace: error %v, version changed: %v", err, snap.Version != before)
	}
	if got := s.find(t, other, changed)[0].Name; !s.NoNames && got != changed.Name {
		t.Fatalf("after Replace the element is called %q, want %q", got, changed.Name)
	}
	if err := replacer.Replace(t.Context(), s.find(t, other, changed)[0], element(1)); err != nil {
		t.Fatalf("Replace of what has been replaced, loaded afresh: %v", err)
	}
	s.holds(t, other, element(1), element(2))
}

func replacingTheChanged(t reporter, s storage) {
	store, replacer := s.replacer(t)
	add(t, store, element(1), element(2))
	stale := s.find(t, store, element(1))[0]
	if err := replacer.Replace(t.Context(), stale, element(11)); err != nil {
		t.Fatalf("Replace: %v", err)
	}
	contracttest.Must(t, "Replace of what has been replaced", replacer.Replace(t.Context(), stale, element(12)), dataprotection.ErrConflict)
	s.holds(t, store, element(11), element(2))

	remover, ok := store.(dataprotection.Remover)
	if !ok {
		return
	}
	gone := s.find(t, store, element(11))[0]
	if err := remover.Remove(t.Context(), gone); err != nil {
		t.Fatalf("Remove: %v", err)
	}
	contracttest.Must(t, "Replace of what has been removed", replacer.Replace(t.Context(), gone, element(12)), dataprotection.ErrConflict)
	s.holds(t, store, element(2))
}

// replacingByTheSame: databases do not count a row as changed that got the value it had.
func replacingByTheSame(t reporter, s storage) {
	store, replacer := s.replacer(t)
	add(t, store, element(1))
	if err := replacer.Replace(t.Context(), s.find(t, store, element(1))[0], element(1)); err != nil {
		t.Fatalf("Replace of an element by itself: %v", err)
	}
	s.holds(t, store, element(1))
}

// nearlyEqual: databases compare text by collations, many of which take no account
// of case, accents or blanks at the end.
func nearlyEqual(t reporter, s storage) {
	store, replacer := s.replacer(t)
	present := dataprotection.Element{Name: "key-1", XML: []byte(`<a b="resume" />`)}
	add(t, store, present)
	for _, text := range []string{`<a b="RESUME" />`, `<a b="résumé" />`, `<a b="résumé " />`} {
		before, stale := load(t, store).Version, s.find(t, store, present)[0]
		present.XML = []byte(text)
		if err := replacer.Replace(t.Context(), stale, present); err != nil {
			t.Fatalf("Replace of %s by %s: %v", stale.XML, text, err)
		}
		if snap, err := store.Load(t.Context(), before); err != nil || snap.Version == before {
			t.Fatalf("Load since %s became %s: error %v, version changed: %v", stale.XML, text, err, snap.Version != before)
		}
		contracttest.Must(t, "Replace of what has become nearly the same", replacer.Replace(t.Context(), stale, element(2)), dataprotection.ErrConflict)
		s.holds(t, store, present)
	}
}

func notifying(t reporter, s storage) {
	notifier, ok := s.open().(dataprotection.Notifier)
	if !ok {
		t.Skip("the store is no Notifier")
	}
	writer := s.open()
	contracttest.Notifying(t, patience, notifier.Notify, func(n int) { add(t, writer, element(n)) })
}
