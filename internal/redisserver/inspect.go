package redisserver

import (
	"context"
	"errors"
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

// Inspect asks a node. The error says that it did not answer; that it refused to is none.
func Inspect(ctx context.Context, node redis.Cmdable) (State, error) {
	memory, persistence, save := node.Info(ctx, "memory"), node.Info(ctx, "persistence"), node.ConfigGet(ctx, "save")
	for _, answer := range []redis.Cmder{memory, persistence, save} {
		if err := Answered(answer); err != nil {
			return State{}, err
		}
	}
	info := map[string]string{}
	parseInfo(info, memory.Val())
	parseInfo(info, persistence.Val())
	s := State{
		KeepsNothing: info["aof_enabled"] == "0" && savesNever(save),
		SaveFailed:   info["rdb_last_bgsave_status"] == "err" || info["aof_last_write_status"] == "err" || info["aof_last_bgrewrite_status"] == "err",
	}
	if info["maxmemory"] != "0" && info["maxmemory_policy"] != "noeviction" {
		s.Evicts = info["maxmemory_policy"]
	}
	return s, nil
}

// Answered returns the error of a command that did not reach the server and back. A
// refusal of the server's is an answer.
func Answered(command redis.Cmder) error {
	var refused redis.Error
	if err := command.Err(); !errors.As(err, &refused) {
		return err
	}
	return nil
}

// savesNever reports whether the server is known to make no snapshots.
func savesNever(save *redis.MapStringStringCmd) bool {
	points, known := save.Val()["save"]
	return known && points == ""
}

// parseInfo adds what INFO says, lines of name:value.
func parseInfo(info map[string]string, text string) {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
}
