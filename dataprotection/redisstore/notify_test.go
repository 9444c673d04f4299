package redisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

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

func TestNotifyOfEveryChange(t *testing.T) {
	s := store(t, dial(t, realtest.Redis(t)), "")
	told, _ := listen(t, s)
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"Add", func() error { return s.Add(t.Context(), element("<a />"), "") }},
		{"Replace", func() error { return s.Replace(t.Context(), load(t, s).Elements[0], element("<b />")) }},
		{"Remove", func() error { return s.Remove(t.Context(), load(t, s).Elements[0]) }},
	} {
		quiet(told)
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		await(t, told, "of "+step.what)
	}
}

// What a .NET program appends is told of where the server has keyspace events; a
// key with characters of a pattern is found, too.
func TestNotifyOfOthers(t *testing.T) {
	server := realtest.Redis(t, "--notify-keyspace-events", "Kl")
	for _, key := range []string{"DataProtection-Keys", `a*[b]?\c`, "tagged{x}y"} {
		t.Run(key, func(t *testing.T) {
			client := dial(t, server)
			told, _ := listen(t, store(t, client, key))
			quiet(told)
			push(t, client, key, "<a />")
			await(t, told, "of another program's RPUSH")
			quiet(told)
			push(t, client, "other"+key, "<a />")
			select {
			case <-told:
				t.Error("Notify told of another list")
			case <-time.After(200 * time.Millisecond):
			}
		})
	}
}

// A connection that ends ends Notify, so that the ring begins again and asks what
// it has missed.
func TestNotifyEndsWithTheConnection(t *testing.T) {
	server := realtest.Redis(t)
	s := store(t, dial(t, server), "")
	_, ended := listen(t, s)
	server.Kill()
	select {
	case err := <-ended:
		if !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("got error %v, want one that Is ErrUnavailable", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Notify goes on without a server")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Notify(ctx, func() {}); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if err := s.Notify(t.Context(), func() { t.Error("it said that it listens") }); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("without a server: %v", err)
	}
	server.Start(t)
	told, _ := listen(t, s)
	quiet(told)
	if err := s.Add(t.Context(), element("<a />"), ""); err != nil {
		t.Fatal(err)
	}
	await(t, told, "of a change after the restart")
}
