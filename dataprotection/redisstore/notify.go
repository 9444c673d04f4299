package redisstore

import (
	"context"
	"strings"

	"github.com/sealring/sealring/internal/redisserver"
)

// channel is where changes are published. The braces have a cluster client listen
// on the node that has the list, the only one there that tells of keyspace events.
func channel(key string) string { return "sealring:{" + key + "}" }

// keyspacePattern matches the keyspace events of the list in any database, since a
// UniversalClient does not tell its own.
func keyspacePattern(key string) string {
	return "__keyspace@*__:" + globEscape.Replace(key)
}

var globEscape = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// Notify listens for changes of the list, as told in the package comment.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	err := redisserver.Listen(ctx, s.client, channel(s.key), keyspacePattern(s.key), changed)
	if ctx.Err() != nil {
		return err
	}
	return s.failed("listen", err)
}
