package dataprotection

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// misfitInterval is how often the log tells of payloads that do not fit, at most:
// whoever changes a cookie by hand makes one.
const misfitInterval = time.Hour

// misfits are payloads that name a good key of the ring and fail authentication
// under it. To their senders they are like any other invalid payload; an operator
// whose instances do not agree on the application's name would look for the cause
// in the keys, which are in order.
type misfits struct {
	untold atomic.Int64 // how many there were since the log last told of them
	next   atomic.Int64 // when it may again, in nanoseconds since 1970
}

// misfit counts one, and tells of it if that is due.
func (r *KeyRing) misfit(ctx context.Context, id KeyID) {
	if r.cfg.Logger == nil { // an ephemeral ring
		return
	}
	m := &r.misfits
	m.untold.Add(1)
	now, next := r.cfg.Now(), m.next.Load()
	if now.UnixNano() < next || !m.next.CompareAndSwap(next, now.Add(misfitInterval).UnixNano()) {
		return
	}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn,
		"dataprotection: payloads name a key of this ring, and fail authentication under it; if they are honest ones, they were most likely made under another application name, or for another purpose, with the same keys; damaged and forged ones look the same",
		slog.String("key", id.String()), slog.String("application", r.cfg.Application), slog.Int64("payloads", m.untold.Swap(0)))
}
