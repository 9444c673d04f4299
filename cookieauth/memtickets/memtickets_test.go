package memtickets_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/cookieauth/sessiontest"
	"github.com/sealring/sealring/dataprotection"
)

var (
	_ cookieauth.TicketStore  = (*memtickets.Store)(nil)
	_ cookieauth.CutoffStore  = (*memtickets.Store)(nil)
	_ dataprotection.Notifier = (*memtickets.Store)(nil)
)

func TestContract(t *testing.T) {
	sessiontest.Run(t, func(*testing.T) func() sessiontest.Store {
		s := memtickets.New(memtickets.Config{})
		return func() sessiontest.Store { return s }
	}, sessiontest.Options{})
}

func BenchmarkStore(b *testing.B) {
	sessiontest.Benchmark(b, memtickets.New(memtickets.Config{}))
}

// A clock is set by hand.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func newStore() (*memtickets.Store, *clock) {
	c := &clock{time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)}
	return memtickets.New(memtickets.Config{Now: c.now}), c
}

func TestExpiry(t *testing.T) {
	s, clock := newStore()
	given := &cookieauth.StoredSession{ID: "A", User: "u", Expires: clock.Add(time.Hour)}
	if err := s.Create(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		after time.Duration
		want  error
	}{
		{time.Hour - 1, nil},
		{1, nil},
		{1, cookieauth.ErrNoSession},
		{time.Hour, cookieauth.ErrNoSession},
	} {
		clock.Time = clock.Add(row.after)
		if _, err := s.Load(t.Context(), "A"); !errors.Is(err, row.want) {
			t.Errorf("Load at %s: got error %v, want %v", clock.now(), err, row.want)
		}
		list, err := s.ByUser(t.Context(), "u")
		if err != nil || (len(list) == 1) != (row.want == nil) {
			t.Errorf("ByUser at %s: got %d sessions and error %v", clock.now(), len(list), err)
		}
		if err := s.Update(t.Context(), given); !errors.Is(err, row.want) {
			t.Errorf("Update at %s: got error %v, want %v", clock.now(), err, row.want)
		}
	}
}

// Whatever expires is gone after a bounded number of others have come.
func TestCleanUp(t *testing.T) {
	const n = 1000
	s, clock := newStore()
	fill := func(prefix string) {
		for i := range n {
			id := fmt.Sprint(prefix, i)
			given := &cookieauth.StoredSession{ID: id, User: fmt.Sprint("user ", i%10), Expires: clock.Add(time.Duration(i) * time.Second)}
			if err := s.Create(t.Context(), given); err != nil {
				t.Fatal(err)
			}
			if i%3 == 0 { // some live a little longer
				given.Expires = given.Expires.Add(time.Minute)
				if err := s.Update(t.Context(), given); err != nil && !errors.Is(err, cookieauth.ErrNoSession) {
					t.Fatal(err)
				}
			}
			if i%5 == 0 {
				if err := s.End(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.AddCutoffs(t.Context(), cookieauth.Cutoff{Session: id, Until: clock.Add(time.Duration(i) * time.Second)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill("first ")
	clock.Time = clock.Add(n * time.Second).Add(time.Hour + time.Minute)
	fill("second ")
	if sessions, users, queued := memtickets.Size(s); sessions != n*4/5 || users != 8 || queued != sessions {
		t.Errorf("got %d sessions of %d users, and %d in the queue; want %d of 8", sessions, users, queued, n*4/5)
	}
	cutoffs, _, err := s.LoadCutoffs(t.Context(), "")
	if err != nil || len(cutoffs) != n {
		t.Errorf("got %d cut-offs and error %v, want %d", len(cutoffs), err, n)
	}
	for i := range n {
		if err := s.End(t.Context(), fmt.Sprint("second ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if sessions, users, queued := memtickets.Size(s); sessions+users+queued != 0 {
		t.Errorf("after the end of all: got %d sessions of %d users, and %d in the queue", sessions, users, queued)
	}
}

// A version of one store must mean nothing to another.
func TestVersionsDifferBetweenStores(t *testing.T) {
	a, _ := newStore()
	b, _ := newStore()
	_, version, err := a.LoadCutoffs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.LoadCutoffs(t.Context(), version); err != nil {
		t.Errorf("LoadCutoffs since the version of another empty store: %v, want a list", err)
	}
}
