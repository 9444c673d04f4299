package sqlstore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

func testMissingTable(t *testing.T, e engine) {
	cfg := e.config(t, "")
	cfg.CreateTable = false
	forbidden, allowed := newStore(t, cfg), e.store(t, "")

	_, err := forbidden.Load(t.Context(), "")
	outage(t, "Load", err, forbidden.Schema())
	outage(t, "Add", forbidden.Add(t.Context(), element("<a />"), ""), "make it once with: CREATE TABLE")

	empty := load(t, allowed)
	if len(empty.Elements) != 0 {
		t.Errorf("got %d elements", len(empty.Elements))
	}
	if _, err := allowed.Load(t.Context(), empty.Version); !errors.Is(err, dataprotection.ErrNotModified) {
		t.Errorf("Load of a table that is still missing: %v, want %v", err, dataprotection.ErrNotModified)
	}
	_, err = forbidden.Load(t.Context(), "")
	outage(t, "Load after another's", err, "CreateTable")

	e.exec(t, forbidden.Schema())
	if _, err := forbidden.Load(t.Context(), empty.Version); !errors.Is(err, dataprotection.ErrNotModified) {
		t.Errorf("an empty table is not as empty as a missing one: %v", err)
	}
	e.exec(t, forbidden.Schema()) // once more does no harm
	add(t, forbidden, "<a />")
}

// Instances that start together all make the table, and one of them the key.
func testTableMadeByMany(t *testing.T, e engine) {
	var stores [16]*sqlstore.Store
	var errs [16]error
	var ready, done sync.WaitGroup
	ready.Add(len(stores))
	for i := range stores {
		stores[i] = e.store(t, "")
		empty := load(t, stores[i]).Version
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = stores[i].Add(t.Context(), element("<a />"), empty)
		})
	}
	done.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, dataprotection.ErrConflict) {
			t.Error(err)
		}
	}
	if got := texts(load(t, stores[0])); won != 1 || got != "<a />" {
		t.Errorf("%d of %d Adds succeeded, and the table holds %s", won, len(stores), got)
	}
}

func testSchemas(t *testing.T, e engine) {
	cfg := e.config(t, `Odd "name" with a `+"`")
	switch e.dialect {
	case sqlstore.SQLite:
		cfg.Schema = "main"
	default:
		cfg.Schema = "Auth"
		e.exec(t, `CREATE SCHEMA "Auth"`)
	}
	s := newStore(t, cfg)
	add(t, s, "<a />")
	if got := texts(load(t, s)); got != "<a />" {
		t.Errorf("got %s", got)
	}
}

// A connection in which a write has failed is as good as new.
func testConnectionsAreLeftClean(t *testing.T, e engine) {
	s := e.store(t, "")
	empty := load(t, s).Version
	add(t, s, "<a />")
	for range 3 {
		if err := s.Add(t.Context(), element("<b />"), empty); !errors.Is(err, dataprotection.ErrConflict) {
			t.Fatalf("got %v, want %v", err, dataprotection.ErrConflict)
		}
	}
	add(t, e.store(t, ""), "<c />") // would wait for a lock that was left
	add(t, s, "<d />")
	if got, want := texts(load(t, s)), "<a />|<c />|<d />"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// outage fails the test if err is not an outage whose text has that in it.
func outage(t *testing.T, what string, err error, text string) {
	t.Helper()
	if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrConflict) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want one that Is ErrUnavailable and says %q", what, err, text)
	}
}
