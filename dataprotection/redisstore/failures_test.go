package redisstore_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// outage fails the test if err is not an outage whose text has that in it.
func outage(t *testing.T, what string, err error, text string) {
	t.Helper()
	if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrConflict) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want one that Is ErrUnavailable and says %q", what, err, text)
	}
}

func TestServerAway(t *testing.T) {
	server := realtest.Redis(t, "--appendfsync", "always")
	client := use(t, redis.NewClient(&redis.Options{Addr: server.Address, MaxRetries: -1, DialerRetries: 1}))
	s := store(t, client, "")
	if err := s.Add(t.Context(), element("<a />"), ""); err != nil {
		t.Fatal(err)
	}
	snap := load(t, s)
	server.Kill()
	_, err := s.Load(t.Context(), "")
	outage(t, "Load", err, server.Address)
	_, err = s.Load(t.Context(), snap.Version)
	outage(t, "Load since", err, "refused")
	outage(t, "Add", s.Add(t.Context(), element("<b />"), snap.Version), "refused")
	outage(t, "Replace", s.Replace(t.Context(), snap.Elements[0], element("<b />")), "refused")
	outage(t, "Remove", s.Remove(t.Context(), snap.Elements...), "refused")
	server.Start(t) // it has forgotten the scripts
	within(t, patience, "nothing is new after the restart", func() bool {
		_, err := s.Load(t.Context(), snap.Version)
		return errors.Is(err, dataprotection.ErrNotModified)
	})
	if err := s.Add(t.Context(), element("<b />"), snap.Version); err != nil {
		t.Errorf("Add after the restart: %v", err)
	}
}

// A link that is cut without a word bounds every call by the client's time limit.
func TestCutLink(t *testing.T) {
	link := realtest.NewLink(t, realtest.Redis(t).Address)
	s := store(t, use(t, redis.NewClient(&redis.Options{Addr: link.Address, MaxRetries: -1, ReadTimeout: 200 * time.Millisecond})), "")
	if err := s.Add(t.Context(), element("<a />"), ""); err != nil {
		t.Fatal(err)
	}
	link.Cut()
	_, err := s.Load(t.Context(), "")
	outage(t, "Load", err, "timeout")
	outage(t, "Add", s.Add(t.Context(), element("<b />"), ""), "timeout")
	link.Mend()
	within(t, patience, "it goes on", func() bool { return s.Add(t.Context(), element("<b />"), "") == nil })
	if got, want := texts(load(t, s)), "<a />|<b />"; got != want { // the first <b /> may have arrived late, but not twice
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReplica(t *testing.T) {
	master := realtest.Redis(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(master.Address)
	replica := realtest.Redis(t, "--replicaof", host+" "+port)
	s := store(t, use(t, redis.NewClient(&redis.Options{Addr: replica.Address, MaxRetries: -1})), "")
	if err := store(t, dial(t, master), "").Add(t.Context(), element("<a />"), ""); err != nil {
		t.Fatal(err)
	}
	within(t, patience, "the replica has the element", func() bool {
		snap, err := s.Load(t.Context(), "")
		return err == nil && texts(snap) == "<a />"
	})
	outage(t, "Add on a replica", s.Add(t.Context(), element("<b />"), ""), "connected to a replica")
}

func TestRefusals(t *testing.T) {
	server := realtest.Redis(t)
	client := dial(t, server)
	if err := client.Set(t.Context(), "text", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := store(t, client, "text").Load(t.Context(), "")
	outage(t, "Load of a key of another type", err, "something else than it should")

	client.ConfigSet(t.Context(), "maxmemory", "1")
	outage(t, "Add without memory", store(t, client, "").Add(t.Context(), element("<a />"), ""), "reached maxmemory")
	client.ConfigSet(t.Context(), "maxmemory", "0")

	client.ConfigSet(t.Context(), "min-replicas-to-write", "1")
	outage(t, "Add without replicas", store(t, client, "").Add(t.Context(), element("<a />"), ""), "min-replicas-to-write")
	client.ConfigSet(t.Context(), "min-replicas-to-write", "0")

	client.ConfigSet(t.Context(), "requirepass", "geheim")
	_, err = store(t, dial(t, server), "").Load(t.Context(), "")
	outage(t, "Load without a password", err, "NOAUTH")
}

// permissions are those that docs/load-balancing.md asks for.
var permissions = []any{
	"resetchannels", "&sealring:{DataProtection-Keys}", "&__keyspace@*__:DataProtection-Keys", "~DataProtection-Keys", "-@all",
	"+eval", "+evalsha", "+lrange", "+rpush", "+lset", "+lrem", "+publish", "+subscribe", "+psubscribe", "+ping", "+pttl", "+info", "+config|get",
}

// restricted returns a client of a user with these permissions.
func restricted(t *testing.T, server *realtest.Server, rules ...any) *redis.Client {
	t.Helper()
	args := append([]any{"ACL", "SETUSER", "app", "reset", "on", ">geheim"}, rules...)
	if err := dial(t, server).Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	return use(t, redis.NewClient(&redis.Options{Addr: server.Address, Username: "app", Password: "geheim"}))
}

func TestPermissions(t *testing.T) {
	t.Run("all that are documented", func(t *testing.T) {
		server := realtest.Redis(t, "--appendonly", "no", "--notify-keyspace-events", "Kl")
		s := store(t, restricted(t, server, permissions...), "")
		told, _ := listen(t, s)
		worksFully(t, s)
		if w := load(t, s).Warnings; len(w) != 1 {
			t.Errorf("got warnings %q, want the one that nothing is kept", w)
		}
		quiet(told)
		push(t, dial(t, server), "DataProtection-Keys", "<other />")
		await(t, told, "of another program's RPUSH")
	})
	t.Run("without INFO, CONFIG, PTTL, PUBLISH and keyspace events", func(t *testing.T) {
		server := realtest.Redis(t, "--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
		s := store(t, restricted(t, server, "resetchannels", "&sealring:{DataProtection-Keys}", "~DataProtection-Keys", "-@all",
			"+eval", "+evalsha", "+lrange", "+rpush", "+lset", "+lrem", "+subscribe", "+ping"), "")
		listen(t, s)
		worksFully(t, s)
		if w := load(t, s).Warnings; len(w) != 0 {
			t.Errorf("got warnings %q", w)
		}
	})
	t.Run("reading only", func(t *testing.T) {
		server := realtest.Redis(t)
		s := store(t, restricted(t, server, "resetchannels", "~DataProtection-Keys", "-@all", "+eval", "+evalsha", "+lrange"), "")
		load(t, s)
		outage(t, "Add", s.Add(t.Context(), element("<a />"), ""), "lacks permissions")
		outage(t, "Notify", s.Notify(t.Context(), func() {}), "lacks permissions")
	})
	t.Run("none", func(t *testing.T) {
		server := realtest.Redis(t)
		_, err := store(t, restricted(t, server, "resetchannels", "-@all"), "").Load(t.Context(), "")
		outage(t, "Load", err, "lacks permissions")
	})
}

// worksFully adds, replaces and removes.
func worksFully(t *testing.T, s dataprotection.Store) {
	t.Helper()
	snap := load(t, s)
	if err := s.Add(t.Context(), element("<a />"), snap.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.(dataprotection.Replacer).Replace(t.Context(), load(t, s).Elements[0], element("<b />")); err != nil {
		t.Fatal(err)
	}
	if err := s.(dataprotection.Remover).Remove(t.Context(), load(t, s).Elements...); err != nil {
		t.Fatal(err)
	}
	if got := texts(load(t, s)); got != "" {
		t.Errorf("the list holds %s", got)
	}
}
