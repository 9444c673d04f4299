package poll

import (
	"log/slog"
	"sync/atomic"
)

// A listener remembers whether it has been told that there is no news any more.
type listener struct {
	wake  func()
	log   *slog.Logger
	name  string
	ended atomic.Bool
}

func (l *listener) changed() {
	if l.ended.CompareAndSwap(true, false) {
		l.log.Info(l.name + ": the store notifies again")
	}
	l.wake()
}

func (l *listener) stopped(err error) {
	if l.ended.CompareAndSwap(false, true) {
		l.log.Warn(l.name+": the store's notifications ended; polling goes on", "err", err)
	}
}
