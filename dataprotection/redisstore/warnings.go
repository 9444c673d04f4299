package redisstore

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/internal/redisserver"
)

// findingsAge is how long what was found out about the server is good for.
const findingsAge = time.Minute

// findings remembers the warnings, so that a poll costs no more than it must.
type findings struct {
	asking sync.Mutex // held by the only one who asks; the others take what is known
	last   atomic.Pointer[finding]
}

type finding struct {
	at       time.Time
	warnings []string
}

// warnings tells what an operator should mend on the server. What may not be asked
// is passed over; while the server does not answer, what was known stays.
func (s *Store) warnings(ctx context.Context) []string {
	known := s.findings.last.Load()
	if (known == nil || time.Since(known.at) >= findingsAge) && s.findings.asking.TryLock() {
		defer s.findings.asking.Unlock()
		if found, err := s.inspect(ctx); err == nil {
			known = &finding{time.Now(), found}
			s.findings.last.Store(known)
		}
	}
	if known == nil {
		return nil
	}
	return known.warnings
}

// inspect asks the node that has the list.
func (s *Store) inspect(ctx context.Context) ([]string, error) {
	node, err := redisserver.Master(ctx, s.client, s.key)
	if err != nil {
		return nil, err
	}
	state, err := redisserver.Inspect(ctx, node)
	if err != nil {
		return nil, err
	}
	ttl := node.PTTL(ctx, s.key)
	if err := redisserver.Answered(ttl); err != nil {
		return nil, err
	}
	var found []string
	note := func(is bool, format string, args ...any) {
		if is {
			found = append(found, fmt.Sprintf("the %s ", s)+fmt.Sprintf(format, args...))
		}
	}
	note(strings.HasPrefix(state.Evicts, "allkeys-"),
		"may be evicted, and with it every login: the server has maxmemory-policy %s; set it to noeviction", state.Evicts)
	note(state.KeepsNothing,
		"is lost, and with it every login, when the server restarts: it keeps nothing on disk; set appendonly yes")
	note(state.SaveFailed, "is not safe from a restart: the server's last attempt to save failed; look into its log")
	note(ttl.Val() > 0, "has a time to live, and every login ends with it; run: PERSIST %s", s.key)
	return found, nil
}
