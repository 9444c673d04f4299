package redistickets_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/redistickets"
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
	return use(t, redis.NewClient(&redis.Options{Addr: server.Address}))
}

// use closes a client at the end of the test.
func use[C redis.UniversalClient](t testing.TB, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}

// store returns a store with a prefix, or with the default one.
func store(t testing.TB, client redis.UniversalClient, prefix string) *redistickets.Store {
	t.Helper()
	s, err := redistickets.New(redistickets.Config{Client: client, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// prefixes gives each caller one of its own.
type prefixes struct{ made atomic.Int64 }

func (p *prefixes) next() string { return fmt.Sprintf("test%d:", p.made.Add(1)) }

// session returns a session that lives for an hour.
func session(id, user string) *cookieauth.StoredSession {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &cookieauth.StoredSession{ID: id, User: user, Created: now, LastSeen: now, Expires: now.Add(time.Hour), Ticket: []byte{1}}
}

func cutoff(user string) cookieauth.Cutoff {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return cookieauth.Cutoff{User: user, Before: now, Until: now.Add(time.Hour)}
}

// create stores sessions and fails the test if that does not work.
func create(t testing.TB, s *redistickets.Store, sessions ...*cookieauth.StoredSession) {
	t.Helper()
	for _, n := range sessions {
		if err := s.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// within waits until yes holds.
func within(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for start := time.Now(); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("%s: not after a minute", what)
		}
	}
}
