package redistickets_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/redistickets"
	"github.com/sealring/sealring/cookieauth/sessiontest"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

var (
	_ cookieauth.TicketStore  = (*redistickets.Store)(nil)
	_ cookieauth.CutoffStore  = (*redistickets.Store)(nil)
	_ dataprotection.Notifier = (*redistickets.Store)(nil)
)

func TestContract(t *testing.T) {
	server, prefixes := realtest.Redis(t), &prefixes{}
	sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
		prefix := prefixes.next()
		return func() sessiontest.Store { return store(t, dial(t, server), prefix) }
	}, sessiontest.Options{Restart: func() {
		// From the answer to this on, all that the server has answered is on disk.
		if err := dial(t, server).ConfigSet(t.Context(), "appendfsync", "always").Err(); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		server.Start(t)
	}})
}

func TestCluster(t *testing.T) {
	if !realtest.All() {
		t.Skip("several servers: only with SEALRING_REQUIRE=all")
	}
	addresses, prefixes := realtest.RedisCluster(t), &prefixes{}
	connect := func(t testing.TB) *redis.ClusterClient {
		return use(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses[:1:1]})) // no room behind it, since each client appends
	}
	within(t, "the nodes know the slots", func() bool {
		s := store(t, connect(t), "probe")
		for _, id := range []string{"A", "B", "C", "D", "E", "F"} {
			if s.End(t.Context(), id) != nil {
				return false
			}
		}
		return true
	})
	sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
		prefix := prefixes.next()
		return func() sessiontest.Store { return store(t, connect(t), prefix) }
	}, sessiontest.Options{})
	t.Run("one slot for all", func(t *testing.T) {
		s := store(t, connect(t), "{app}:")
		create(t, s, session("A", "u"))
		if err := s.AddCutoffs(t.Context(), cutoff("u")); err != nil {
			t.Error(err)
		}
	})
	t.Run("warnings", func(t *testing.T) {
		if err := connect(t).ForEachMaster(t.Context(), func(ctx context.Context, node *redis.Client) error {
			return errors.Join(node.ConfigSet(ctx, "maxmemory", "100mb").Err(), node.ConfigSet(ctx, "maxmemory-policy", "allkeys-lru").Err())
		}); err != nil {
			t.Fatal(err)
		}
		got, err := store(t, connect(t), "").Warnings(t.Context())
		if err != nil || len(got) != 1 || !strings.Contains(got[0], "allkeys-lru") {
			t.Errorf("got %q and error %v, want one of the policy", got, err)
		}
	})
}

func BenchmarkStore(b *testing.B) {
	sessiontest.Benchmark(b, store(b, dial(b, realtest.Redis(b)), ""))
}

func TestConfig(t *testing.T) {
	_, err := redistickets.New(redistickets.Config{})
	if err == nil || !strings.Contains(err.Error(), "redistickets: invalid configuration: Client: required") {
		t.Errorf("got error %v", err)
	}
}

func TestLayout(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	given := session("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "alice")
	given.Scheme, given.Address, given.UserAgent = "Cookies", "192.0.2.1", "Mozilla"
	create(t, s, given)
	ended := cookieauth.Cutoff{Session: "B", Until: given.Expires}
	if err := s.AddCutoffs(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	slices.Sort(keys)
	want := []string{
		"sealring:session:ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"sealring:user:K9gGyX8OAK8aH8Myj6djqSaXI8jbj6xPk69x2xhtbpA",
		"sealring:{cutoffs}", "sealring:{cutoffs}:version",
	}
	if err != nil || !slices.Equal(keys, want) {
		t.Errorf("got keys %q and error %v, want %q", keys, err, want)
	}
	hash, err := client.HGetAll(t.Context(), keys[0]).Result()
	if err != nil || len(hash) != 9 || hash["user"] != "alice" || hash["scheme"] != "Cookies" || hash["address"] != "192.0.2.1" || hash["agent"] != "Mozilla" || hash["ticket"] != "\x01" {
		t.Errorf("got the hash %q and error %v", hash, err)
	}
	items, err := client.ZRangeWithScores(t.Context(), "sealring:{cutoffs}", 0, -1).Result()
	if err != nil || len(items) != 1 || items[0].Member != `{"session":"B"}` || items[0].Score != float64(given.Expires.UnixMicro()) {
		t.Errorf("got cut-offs %v and error %v", items, err)
	}
	for _, key := range keys[:2] {
		left := client.TTL(t.Context(), key).Val()
		if left < 59*time.Minute || left > 2*time.Hour {
			t.Errorf("%s lives for %s, want an hour, or two", key, left)
		}
	}
	if left := client.TTL(t.Context(), keys[2]).Val(); left > 0 {
		t.Errorf("the cut-offs live for %s, want for good", left)
	}
}

// What ends or expires leaves nothing behind.
func TestCleanUp(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	brief := session("A", "alice")
	brief.Expires = time.Now().Add(300 * time.Millisecond)
	create(t, s, brief, session("B", "bob"), session("C", "bob"))
	if err := s.End(t.Context(), "B", "C", "D"); err != nil {
		t.Fatal(err)
	}
	within(t, "one session is left, expires, and leaves the list of its user", func() bool {
		keys, err := client.Keys(t.Context(), "*").Result()
		return err == nil && len(keys) == 1 && strings.HasPrefix(keys[0], "sealring:user:")
	})
	past := session("E", "alice")
	later, err := redistickets.New(redistickets.Config{Client: client, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	past.Expires = time.Now().Add(3 * time.Hour)
	create(t, later, past)
	keys, err := client.Keys(t.Context(), "sealring:user:*").Result()
	if err != nil || len(keys) != 1 {
		t.Fatalf("got %q, %v", keys, err)
	}
	if members := client.ZRange(t.Context(), keys[0], 0, -1).Val(); len(members) != 1 || members[0] != "E" {
		t.Errorf("the list of the user has %q, want E", members)
	}
}

// A call that breaks off after the first of its commands leaves the list too long.
func TestListsThatAreTooLong(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	create(t, s, session("A", "alice"), session("B", "alice"))
	if err := client.Del(t.Context(), "sealring:session:A").Err(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		list, err := s.ByUser(t.Context(), "alice")
		if err != nil || len(list) != 1 || list[0].ID != "B" {
			t.Errorf("got %d sessions and error %v, want B", len(list), err)
		}
	}
	if err := s.Update(t.Context(), session("A", "alice")); !errors.Is(err, cookieauth.ErrNoSession) {
		t.Errorf("Update: got error %v", err)
	}
	if err := s.Create(t.Context(), session("B", "bob")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create: got error %v", err)
	}
	for user, want := range map[string]int{"alice": 1, "bob": 0} {
		if got := len(members(t, client, s, user)); got != want {
			t.Errorf("the list of %s has %d members, want %d", user, got, want)
		}
	}
}

// members returns what the list of a user has, by looking at all lists.
func members(t *testing.T, client *redis.Client, s *redistickets.Store, user string) []string {
	t.Helper()
	ids, err := client.ZRange(t.Context(), redistickets.UserKey(s, user), 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A list that got lost comes back with the next update.
func TestLostLists(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	s := store(t, client, "")
	given := session("A", "alice")
	create(t, s, given)
	if err := client.Del(t.Context(), redistickets.UserKey(s, "alice")).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	if list, err := s.ByUser(t.Context(), "alice"); err != nil || len(list) != 1 {
		t.Errorf("got %d sessions and error %v, want 1", len(list), err)
	}
}

// repeating does everything twice, as a client does when an answer got lost.
type repeating struct{}

func (repeating) DialHook(next redis.DialHook) redis.DialHook { return next }
func (repeating) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		next(ctx, cmd)
		return next(ctx, cmd)
	}
}

func (repeating) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		next(ctx, cmds)
		return next(ctx, cmds)
	}
}

func TestRepeatedCommands(t *testing.T) {
	client := dial(t, realtest.Redis(t))
	client.AddHook(repeating{})
	s := store(t, client, "")
	given := session("A", "alice")
	create(t, s, given)
	if err := s.Create(t.Context(), given); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create of what is there: got error %v", err)
	}
	if err := s.Update(t.Context(), given); err != nil {
		t.Errorf("Update: %v", err)
	}
	if err := s.End(t.Context(), "A"); err != nil {
		t.Errorf("End: %v", err)
	}
	if got := members(t, client, s, "alice"); len(got) != 0 {
		t.Errorf("the list of the user has %q", got)
	}
	if err := s.AddCutoffs(t.Context(), cutoff("alice")); err != nil {
		t.Errorf("AddCutoffs: %v", err)
	}
}

func TestNotifyTellsWithinASecondOrSo(t *testing.T) {
	server := realtest.Redis(t)
	s := store(t, dial(t, server), "")
	ctx, cancel := context.WithCancel(t.Context())
	told, ended := make(chan struct{}, 100), make(chan error, 1)
	go func() { ended <- s.Notify(ctx, func() { told <- struct{}{} }) }()
	<-told
	if err := store(t, dial(t, server), "another:").AddCutoffs(t.Context(), cutoff("u")); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := store(t, dial(t, server), "").AddCutoffs(t.Context(), cutoff("u")); err != nil {
		t.Fatal(err)
	}
	<-told
	t.Logf("news took %s", time.Since(begin))
	select {
	case <-told:
		t.Error("it told of another application's cut-off")
	default:
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}
