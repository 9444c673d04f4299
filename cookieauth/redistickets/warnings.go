package redistickets

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/redisserver"
)

// Warnings asks the server, or each master of a cluster, and tells what an operator
// should mend, in sentences for a log. What may not be asked is passed over. Call
// it when the program starts.
func (s *Store) Warnings(ctx context.Context) ([]string, error) {
	var mu sync.Mutex
	var found []string
	ask := func(ctx context.Context, node *redis.Client) error {
		state, err := redisserver.Inspect(ctx, node)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found = append(found, s.sentences(state)...)
		return ctx.Err()
	}
	var err error
	switch c := s.client.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, ask)
	case *redis.Client:
		err = ask(ctx, c)
	}
	if err == nil {
		err = s.client.Ping(ctx).Err()
	}
	if err != nil {
		return nil, s.failed("ask for settings", err)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func (s *Store) sentences(state redisserver.State) (found []string) {
	if state.Evicts != "" {
		found = append(found, fmt.Sprintf("the %s may be evicted, which signs people out or lets them in: the server has maxmemory-policy %s; set it to noeviction", s, state.Evicts))
	}
	if state.KeepsNothing {
		found = append(found, fmt.Sprintf("the %s are lost when the server restarts, which signs everybody out: it keeps nothing on disk; set appendonly yes", s))
	}
	if state.SaveFailed {
		found = append(found, fmt.Sprintf("the %s are not safe from a restart: the server's last attempt to save failed; look into its log", s))
	}
	return found
}
