package redisserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// silence is how long a connection may say nothing before it is asked whether it
// still is one. It ends after as long without an answer.
const silence = 5 * time.Second

// Listen calls changed when it has begun to listen and for each message on a
// channel, until ctx ends, whose error it returns, or the connection cannot go on.
// If pattern is not empty it listens to channels that match it too, if permitted.
func Listen(ctx context.Context, client redis.UniversalClient, channel, pattern string, changed func()) error {
	return listenWithin(ctx, silence, client, channel, pattern, changed)
}

func listenWithin(ctx context.Context, silence time.Duration, client redis.UniversalClient, channel, pattern string, changed func()) error {
	l := listener{sub: client.Subscribe(ctx), silence: silence, changed: changed}
	defer l.sub.Close()
	stop := context.AfterFunc(ctx, func() { l.sub.Close() }) // reading does not look at ctx
	defer stop()
	err := l.listen(ctx, channel, pattern)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// A listener is one subscription.
type listener struct {
	sub     *redis.PubSub
	silence time.Duration
	changed func()
}

func (l listener) listen(ctx context.Context, channel, pattern string) error {
	if err := l.sub.Subscribe(ctx, channel); err != nil {
		return err
	}
	if _, err := l.sub.ReceiveTimeout(ctx, l.silence); err != nil {
		return err
	}
	if err := l.match(ctx, pattern); err != nil {
		return err
	}
	l.changed()
	return l.pass(ctx)
}

// match adds channels that match a pattern, if that is permitted.
func (l listener) match(ctx context.Context, pattern string) error {
	if pattern == "" {
		return nil
	}
	err := l.sub.PSubscribe(ctx, pattern)
	if err == nil {
		_, err = l.sub.ReceiveTimeout(ctx, l.silence)
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
		message, err := l.sub.ReceiveTimeout(ctx, l.silence)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			if asked {
				return fmt.Errorf("the server has not answered for %v", l.silence)
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
