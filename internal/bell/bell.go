// Package bell tells goroutines of one process that something has changed.
package bell

import (
	"context"
	"sync"
)

// A Bell tells all who listen. The zero Bell is ready.
type Bell struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next ring; nil if nobody waits
}

// Ring tells all who listen.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Listen calls changed at once, and then after each ring, or once after several
// in quick succession, until ctx ends, whose error it returns.
func (b *Bell) Listen(ctx context.Context, changed func()) error {
	for {
		next := b.nextRing()
		changed()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
		}
	}
}

func (b *Bell) nextRing() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}
