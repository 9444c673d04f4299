package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

// trigger is the one that docs/load-balancing.md shows.
var trigger = []string{
	`CREATE FUNCTION sealring_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('sealring', ''); RETURN NULL; END $$`,
	`CREATE TRIGGER sealring_changed AFTER INSERT OR UPDATE OR DELETE ON "DataProtectionKeys" FOR EACH STATEMENT EXECUTE FUNCTION sealring_changed()`,
}

func testNotify(t *testing.T, e engine) {
	if e.dialect != sqlstore.PostgreSQL {
		t.Skip("it has no notifications")
	}
	s := e.store(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- s.Notify(ctx, func() { told <- struct{}{} }) }()
	await(t, told, "that it listens")
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"Add", func() error { return s.Add(t.Context(), element("<a />"), "") }},
		{"Replace", func() error { return s.Replace(t.Context(), load(t, s).Elements[0], element("<b />")) }},
		{"Remove", func() error { return s.Remove(t.Context(), load(t, s).Elements[0]) }},
		{"an INSERT of another program", func() error {
			e.exec(t, append(trigger, `INSERT INTO "DataProtectionKeys" ("Xml") VALUES ('<c />')`)...)
			return nil
		}},
	} {
		quiet(told)
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		await(t, told, "of "+step.what)
	}
	e.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'listen sealring'`)
	select {
	case err := <-ended:
		outage(t, "Notify", err, "listen: PostgreSQL table")
	case <-time.After(patience):
		t.Fatal("Notify goes on without a connection")
	}
}

func TestNotifyErrors(t *testing.T) {
	s := sqlite(t).store(t, "")
	if err := s.Notify(t.Context(), func() { t.Error("it said that it listens") }); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without Listen: %v, want %v", err, errors.ErrUnsupported)
	}
	cfg := sqlstore.Config{DB: sqlite(t).open(t), Dialect: sqlstore.PostgreSQL}
	cfg.Listen = func(context.Context, string, func()) error { return nil }
	outage(t, "a Listen that returns", newStore(t, cfg).Notify(t.Context(), func() {}), "Config.Listen returned")
	cfg.Listen = func(ctx context.Context, channel string, _ func()) error {
		if channel != sqlstore.Channel {
			t.Errorf("channel %q", channel)
		}
		<-ctx.Done()
		return errors.New("some error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newStore(t, cfg).Notify(ctx, func() {}); !errors.Is(err, context.Canceled) || errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("with an ended context: %v", err)
	}
}

func await(t *testing.T, told chan struct{}, what string) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatalf("Notify has not told %s", what)
	}
}

// quiet waits until nothing more is told of what has happened so far.
func quiet(told chan struct{}) {
	for {
		select {
		case <-told:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}
