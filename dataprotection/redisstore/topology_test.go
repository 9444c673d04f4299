package redisstore_test

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/storetest"
	"github.com/sealring/sealring/internal/realtest"
)

const patience = 60 * time.Second

// A ring whose master dies goes on with the replica that Sentinel makes the new one.
func TestSentinelFailover(t *testing.T) {
	atLength(t)
	master := realtest.Redis(t, "--repl-diskless-sync-delay", "0")
	host, port, _ := net.SplitHostPort(master.Address)
	replica := realtest.Redis(t, "--replicaof", host+" "+port)
	sentinel := startSentinel(t, host, port)

	client := use(t, redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "ring", SentinelAddrs: []string{sentinel}}))
	s := store(t, client, "")
	if err := s.Add(t.Context(), element("<before />"), ""); err != nil {
		t.Fatal(err)
	}
	known := load(t, s).Version
	ring, err := dataprotection.Open(t.Context(), dataprotection.Config{
		Application: "a", Store: store(t, client, "ring"), PollInterval: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	sealed, err := ring.Protector("p").ProtectString("x")
	if err != nil {
		t.Fatal(err)
	}
	opens := func() {
		t.Helper()
		if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil {
			t.Error(err)
		}
	}
	within(t, patience, "the replica and the sentinel know each other", func() bool {
		snap, err := store(t, dial(t, replica), "").Load(t.Context(), "")
		replicas, _ := redis.NewSentinelClient(&redis.Options{Addr: sentinel}).Replicas(t.Context(), "ring").Result()
		keys := dial(t, replica).LLen(t.Context(), "ring").Val()
		return err == nil && texts(snap) == "<before />" && len(replicas) == 1 && keys == 1
	})

	master.Kill()
	start := time.Now()
	opens()
	within(t, patience, "an element is added after the failover", func() bool {
		return s.Add(t.Context(), element("<after />"), known) == nil
	})
	t.Logf("the master was killed; the first change went through after %v", time.Since(start).Round(10*time.Millisecond))
	within(t, patience, "the ring reads the new master", func() bool {
		st := ring.Status()
		return st.Healthy && st.LastGoodLoad.After(start.Add(2*time.Second))
	})
	opens()
	if got, want := texts(load(t, store(t, dial(t, replica), ""))), "<before />|<after />"; got != want {
		t.Errorf("the new master has %s, want %s", got, want)
	}
	told, _ := listen(t, s)
	quiet(told)
	if err := store(t, dial(t, replica), "").Add(t.Context(), element("<news />"), ""); err != nil {
		t.Fatal(err)
	}
	await(t, told, "of a change on the new master")
}

// atLength skips what takes several servers and seconds.
func atLength(t *testing.T) {
	t.Helper()
	if !realtest.All() {
		t.Skip("several servers: only with SEALRING_REQUIRE=all")
	}
}

func startSentinel(t *testing.T, host, port string) string {
	t.Helper()
	program := realtest.Program(t, "redis-sentinel", "redis-sentinel")
	address := realtest.Address(t)
	_, own, _ := net.SplitHostPort(address)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	settings := fmt.Sprintf("port %s\nbind 127.0.0.1\nsentinel monitor ring %s %s 1\nsentinel down-after-milliseconds ring 500\nsentinel failover-timeout ring 5000\n", own, host, port)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	realtest.Start(t, exec.Command(program, file)).AwaitTCP(t, address)
	return address
}

func TestCluster(t *testing.T) {
	atLength(t)
	addresses, keys := realtest.RedisCluster(t, "--notify-keyspace-events", "Kl"), &lists{}
	connect := func(t *testing.T) *redis.ClusterClient {
		return use(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses[:1:1]})) // no room behind it, since each client appends
	}
	within(t, patience, "all nodes know the slots", func() bool {
		return connect(t).Set(t.Context(), "probe", 1, 0).Err() == nil && connect(t).ClusterInfo(t.Context()).Err() == nil
	})
	t.Run("contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
			key := keys.next()
			return func() dataprotection.Store { return store(t, connect(t), key) }
		}, contract)
	})
	// Keyspace events stay on the node that has the list.
	for range 5 {
		key := keys.next()
		t.Run("news from others of "+key, func(t *testing.T) {
			client := connect(t)
			told, _ := listen(t, store(t, client, key))
			quiet(told)
			push(t, client, key, "<a />")
			await(t, told, "of another program's RPUSH")
		})
	}
}
