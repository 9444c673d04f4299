package redisserver

import (
	"context"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A State is what a server has to be warned of. What may not be asked is taken for
// good.
type State struct {
	// Evicts is the server's maxmemory-policy if it may remove something by it.
	Evicts string
	// KeepsNothing says that nothing is on disk.
	KeepsNothing bool
	// SaveFailed says that the latest attempt to write to the disk failed.
	SaveFailed bool
}

// Master returns the node that has a key.
func Master(ctx context.Context, client redis.UniversalClient, key string) (redis.Cmdable, error) {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, key)
	}
	return client, nil
}

// Inspect asks a node.
func Inspect(ctx context.Context, node redis.Cmdable) (s State) {
	info := map[string]string{}
	for _, section := range []string{"memory", "persistence"} {
		parseInfo(info, node.Info(ctx, section).Val())
	}
	if info["maxmemory"] != "0" && info["maxmemory_policy"] != "noeviction" {
		s.Evicts = info["maxmemory_policy"]
	}
	s.KeepsNothing = info["aof_enabled"] == "0" && savesNever(ctx, node)
	s.SaveFailed = info["rdb_last_bgsave_status"] == "err" || info["aof_last_write_status"] == "err" || info["aof_last_bgrewrite_status"] == "err"
	return s
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
