package memstore_test

import (
	"context"
	"slices"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

var (
	_ dataprotection.Store    = (*memstore.Store)(nil)
	_ dataprotection.Replacer = (*memstore.Store)(nil)
	_ dataprotection.Remover  = (*memstore.Store)(nil)
	_ dataprotection.Notifier = (*memstore.Store)(nil)
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) func() dataprotection.Store {
		s := memstore.New()
		return func() dataprotection.Store { return s }
	}, storetest.Options{RepeatedNames: true})
}

func element(name, xml string) dataprotection.Element {
	return dataprotection.Element{Name: name, XML: []byte(xml)}
}

// filled returns a store with the given texts and what Load returns of it.
func filled(t *testing.T, texts ...string) (*memstore.Store, []dataprotection.Element) {
	t.Helper()
	s := memstore.New()
	for _, text := range texts {
		if err := s.Add(t.Context(), element("", text), ""); err != nil {
			t.Fatal(err)
		}
	}
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s, snap.Elements
}

func texts(t *testing.T, s *memstore.Store) []string {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range snap.Elements {
		got = append(got, string(e.XML))
	}
	return got
}

func TestStore(t *testing.T) {
	t.Run("MEM-1 empty at first", func(t *testing.T) {
		if got := texts(t, memstore.New()); len(got) != 0 {
			t.Errorf("a new store holds %q", got)
		}
	})
	t.Run("MEM-2 order kept, any name or none, equal elements all kept", func(t *testing.T) {
		s := memstore.New()
		for _, e := range []dataprotection.Element{
			element("b", "<x/>"), element("", "<y/>"), element("..", "<x/>"), element("b", "<x/>"), element("a", "<w/>"),
		} {
			if err := s.Add(t.Context(), e, ""); err != nil {
				t.Fatalf("Add %q: %v", e.Name, err)
			}
		}
		if got, want := texts(t, s), []string{"<x/>", "<y/>", "<x/>", "<x/>", "<w/>"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	for _, row := range []struct {
		name   string
		remove []int
		want   []string
	}{
		{"MEM-3 delete none", nil, []string{"<a/>", "<b/>"}},
		{"MEM-3 delete the first", []int{0}, []string{"<b/>"}},
		{"MEM-3 delete the second", []int{1}, []string{"<a/>"}},
		{"MEM-3 delete both", []int{1, 0}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, loaded := filled(t, "<a/>", "<b/>")
			var chosen []dataprotection.Element
			for _, i := range row.remove {
				chosen = append(chosen, loaded[i])
			}
			if err := s.Remove(t.Context(), chosen...); err != nil {
				t.Fatal(err)
			}
			if got := texts(t, s); !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
	t.Run("MEM-4 deleted meanwhile", func(t *testing.T) {
		s, loaded := filled(t, "<a/>", "<b/>", "<c/>")
		if err := s.Remove(t.Context(), loaded[1]); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), loaded[0], loaded[1]); err != nil {
			t.Errorf("Remove of an element that is gone: %v", err)
		}
		if got, want := texts(t, s), []string{"<c/>"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A version of one store must mean nothing to another.
func TestVersionsDifferBetweenStores(t *testing.T) {
	a, b := memstore.New(), memstore.New()
	snap, err := a.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Load(context.Background(), snap.Version); err != nil {
		t.Errorf("Load since the version of another empty store: %v, want a snapshot", err)
	}
}

func TestZeroStore(t *testing.T) {
	var s memstore.Store
	if err := s.Add(t.Context(), element("a", "<a />"), ""); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, &s); !slices.Equal(got, []string{"<a />"}) {
		t.Errorf("got %q", got)
	}
}
