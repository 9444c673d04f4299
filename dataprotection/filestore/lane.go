package filestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
)

// A lane lets one goroutine at a time work on the directory.
type lane chan struct{}

// run does work in the store's lane and waits for it, or for ctx. Work that ctx
// has abandoned keeps the lane until the kernel lets go of it, so that a hung
// mount ties up one goroutine and not one for each call.
func run[T any](ctx context.Context, s *Store, work func() (T, error)) (T, error) {
	var none T
	if s == nil || s.dir == "" {
		return none, errors.New("filestore: the store has no directory; make it with New or Shared and a path")
	}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case s.lane <- struct{}{}:
	case <-ctx.Done():
		return none, s.ended(ctx)
	}

	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-s.lane }()
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done: // it ended together with ctx, and its outcome is known
		return r.value, r.err
	default:
		return none, s.ended(ctx)
	}
}

// ended is the error of a call whose context has ended while the directory kept it
// waiting. That a time limit has passed says something about the directory.
func (s *Store) ended(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &dataprotection.RingError{Op: "wait", Err: fmt.Errorf("%s does not answer; is its file server up and reachable? %w", s, ctx.Err())}
	}
	return ctx.Err()
}
