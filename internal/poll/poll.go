// Package poll has what those need who follow a store: pauses that are not in
// step with those of other instances, and a listener that outlives failures.
package poll

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"time"
)

// Jitter shortens d by up to a fifth, so that instances do not act in step.
func Jitter(d time.Duration) time.Duration {
	var b [8]byte
	rand.Read(b[:])
	share := float64(binary.BigEndian.Uint64(b[:])>>11) / (1 << 53)
	return d - time.Duration(share*float64(d)/5)
}

// Sleep returns after d, or with the error of ctx as soon as that ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Listen passes on a store's own news to wake, until ctx ends. Notify is as
// dataprotection.Notifier says. When it ends it is tried again after a pause; that
// it ended is logged once, and once that there is news again. An error that Is
// errors.ErrUnsupported says that there will never be news. Name begins the messages.
func Listen(ctx context.Context, notify func(context.Context, func()) error, wake func(), pause time.Duration, log *slog.Logger, name string) {
	l := listener{wake: wake, log: log, name: name}
	for ctx.Err() == nil {
		err := notify(ctx, l.changed)
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		if ctx.Err() == nil {
			l.stopped(err)
			_ = Sleep(ctx, pause)
		}
	}
}
