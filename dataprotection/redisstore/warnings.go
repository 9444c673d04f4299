package redisstore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// findingsAge is how long what was found out about the server is good for.
const findingsAge = time.Minute

// findings remembers the warnings, so that a poll costs no more than it must.
type findings struct {
	mu       sync.Mutex
	asked    time.Time
	warnings []string
}

// warnings tells what an operator should mend on the server. What may not be asked
// is passed over.
func (s *Store) warnings(ctx context.Context) []string {
	s.findings.mu.Lock()
	defer s.findings.mu.Unlock()
	if s.findings.asked.IsZero() || time.Since(s.findings.asked) >= findingsAge {
		s.findings.warnings = s.inspect(ctx)
		s.findings.asked = time.Now()
	}
	return s.findings.warnings
}

// inspect asks the node that has the list.
func (s *Store) inspect(ctx context.Context) []string {
	var node redis.Cmdable = s.client
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		master, err := cluster.MasterForKey(ctx, s.key)
		if err != nil {
			return nil
		}
		node = master
	}
	var found []string
	note := func(is bool, format string, args ...any) {
		if is {
			found = append(found, fmt.Sprintf("the %s ", s)+fmt.Sprintf(format, args...))
		}
	}
	info := map[string]string{}
	for _, section := range []string{"memory", "persistence"} {
		parseInfo(info, node.Info(ctx, section).Val())
	}
	policy := info["maxmemory_policy"]
	note(info["maxmemory"] != "0" && strings.HasPrefix(policy, "allkeys-"),
		"may be evicted, and with it every login: the server has maxmemory-policy %s; set it to noeviction", policy)
	note(info["aof_enabled"] == "0" && savesNever(ctx, node),
		"is lost, and with it every login, when the server restarts: it keeps nothing on disk; set appendonly yes")
	note(info["rdb_last_bgsave_status"] == "err" || info["aof_last_write_status"] == "err" || info["aof_last_bgrewrite_status"] == "err",
		"is not safe from a restart: the server's last attempt to save failed; look into its log")
	note(node.PTTL(ctx, s.key).Val() > 0, "has a time to live, and every login ends with it; run: PERSIST %s", s.key)
	return found
}

// savesNever reports whether the server is known to make no snapshots.
func savesNever(ctx context.Context, node redis.Cmdable) bool {
	setting, err := node.ConfigGet(ctx, "save").Result()
	points, known := setting["save"]
	return err == nil && known && points == ""
}

// parseInfo adds what INFO says, lines of name:value.
func parseInfo(info map[string]string, text string) {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
}
