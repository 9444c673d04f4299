package redisstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
	"github.com/sealring/sealring/internal/realtest"
)

// TestMain keeps the client's own log of lost connections out of the output.
func TestMain(m *testing.M) {
	redis.SetLogger(silent{})
	m.Run()
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// dial returns a client of a server.
func dial(t testing.TB, server *realtest.Server) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(server.DSN)
	if err != nil {
		t.Fatal(err)
	}
	return use(t, redis.NewClient(options))
}

// use closes a client at the end of the test.
func use[C redis.UniversalClient](t testing.TB, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}

// store returns a store on a key, or on the default one.
func store(t testing.TB, client redis.UniversalClient, key string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(redisstore.Config{Client: client, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lists gives each caller a key of its own.
type lists struct{ made atomic.Int64 }

func (l *lists) next() string { return fmt.Sprintf("keys:%d", l.made.Add(1)) }

func element(text string) dataprotection.Element {
	return dataprotection.Element{Name: "an element", XML: []byte(text)}
}

func load(t testing.TB, s dataprotection.Store) dataprotection.Snapshot {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func texts(snap dataprotection.Snapshot) string {
	var all []string
	for _, e := range snap.Elements {
		all = append(all, string(e.XML))
	}
	return strings.Join(all, "|")
}

func push(t testing.TB, client redis.UniversalClient, key string, items ...any) {
	t.Helper()
	if err := client.RPush(t.Context(), key, items...).Err(); err != nil {
		t.Fatal(err)
	}
}

// within waits until yes holds.
func within(t testing.TB, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	for start := time.Now(); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("%s: not after %v", what, limit)
		}
	}
}

// listen collects what Notify tells, and returns once it listens.
func listen(t *testing.T, n dataprotection.Notifier) (told chan struct{}, ended chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	told, ended = make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- n.Notify(ctx, func() { told <- struct{}{} }) }()
	t.Cleanup(cancel)
	await(t, told, "that it listens")
	return told, ended
}

func await(t *testing.T, told chan struct{}, what string) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Fatalf("Notify has not told %s", what)
	}
}
