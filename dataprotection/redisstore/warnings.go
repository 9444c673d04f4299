package redisstore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/internal/redisserver"
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
	node, err := redisserver.Master(ctx, s.client, s.key)
	if err != nil {
		return nil
	}
	var found []string
	note := func(is bool, format string, args ...any) {
		if is {
			found = append(found, fmt.Sprintf("the %s ", s)+fmt.Sprintf(format, args...))
		}
	}
	state := redisserver.Inspect(ctx, node)
	note(strings.HasPrefix(state.Evicts, "allkeys-"),
		"may be evicted, and with it every login: the server has maxmemory-policy %s; set it to noeviction", state.Evicts)
	note(state.KeepsNothing,
		"is lost, and with it every login, when the server restarts: it keeps nothing on disk; set appendonly yes")
	note(state.SaveFailed, "is not safe from a restart: the server's last attempt to save failed; look into its log")
	note(node.PTTL(ctx, s.key).Val() > 0, "has a time to live, and every login ends with it; run: PERSIST %s", s.key)
	return found
}
