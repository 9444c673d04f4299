package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// silence is how long a connection may say nothing before it is asked whether it
// still is one. It ends after as long without an answer.
const silence = 5 * time.Second

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
	l := listener{sub: s.client.Subscribe(ctx), changed: changed}
	defer l.sub.Close()
	stop := context.AfterFunc(ctx, func() { l.sub.Close() }) // reading does not look at ctx
	defer stop()
	err := l.listen(ctx, s.key)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.failed("listen", err)
}

// A listener is one subscription.
type listener struct {
	sub     *redis.PubSub
	changed func()
}

func (l listener) listen(ctx context.Context, key string) error {
	if err := l.sub.Subscribe(ctx, channel(key)); err != nil {
		return err
	}
	if _, err := l.sub.ReceiveTimeout(ctx, silence); err != nil {
		return err
	}
	if err := l.keyspace(ctx, key); err != nil {
		return err
	}
	l.changed()
	return l.pass(ctx)
}

// keyspace adds keyspace events, if that is permitted.
func (l listener) keyspace(ctx context.Context, key string) error {
	err := l.sub.PSubscribe(ctx, keyspacePattern(key))
	if err == nil {
		_, err = l.sub.ReceiveTimeout(ctx, silence)
	}
	var refused redis.Error
	if errors.As(err, &refused) {
		return nil
	}
	return err
}

// pass passes messages on until the connection ends.
func (l listener) pass(ctx context.Context) error {
	asked := false
	for {
		message, err := l.sub.ReceiveTimeout(ctx, silence)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			if asked {
				return fmt.Errorf("the server has not answered for %v", silence)
			}
			asked = true
			if err := l.sub.Ping(ctx); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		asked = false
		switch message.(type) {
		case *redis.Message:
			l.changed()
		case *redis.Subscription:
			l.changed() // the client has connected again, and may have missed something
		}
	}
}
