// Package contracttest is what the suites that check contracts of stores share:
// checks that fail through an interface, so that a suite's own tests can watch
// them fail for broken stores.
package contracttest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// T is the part of *testing.T that checks use.
type T interface {
	Context() context.Context
	Helper()
	Fatalf(format string, args ...any)
	Skip(args ...any)
}

// Failure runs a check and returns what it failed with, or "" if it did not fail.
func Failure(ctx context.Context, check func(t T)) string {
	r := &recorder{ctx: ctx}
	done := make(chan struct{})
	go func() { // which Fatalf can end
		defer close(done)
		check(r)
	}()
	<-done
	return r.failure
}

// recorder is a T that remembers.
type recorder struct {
	ctx     context.Context
	failure string
}

func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Helper()                  {}
func (r *recorder) Skip(...any)              { runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Only fails the check if err is neither nil nor the one error that may come.
func Only(t T, what string, err, allowed error) {
	t.Helper()
	if err != nil && !errors.Is(err, allowed) {
		t.Fatalf("%s: got error %v, want none or %v", what, err, allowed)
	}
}

// Must fails the check if err is not the one that has to come, which may be nil.
func Must(t T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got error %v, want %v", what, err, want)
	}
}

// Together calls f for each of n at the same time and returns the errors.
func Together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			errs[i] = f(i)
		})
	}
	done.Wait()
	return errs
}

// Notifying checks the Notify of a dataprotection.Notifier: that it tells when it
// has begun to listen and of each change, each within patience, and returns its
// context's error. One that returns errors.ErrUnsupported at once is none. Change
// makes a change through another handle.
func Notifying(t T, patience time.Duration, notify func(ctx context.Context, changed func()) error, change func(n int)) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told := make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- notify(ctx, func() {
			select {
			case told <- struct{}{}:
			default:
			}
		})
	}()

	select {
	case <-told: // it listens
	case err := <-ended:
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("this store is no Notifier after all")
		}
		t.Fatalf("Notify returned %v while its context was alive", err)
	case <-time.After(patience):
		t.Fatalf("Notify has not told that it listens in %v", patience)
	}
	for n := range 2 {
		change(n)
		select {
		case <-told:
		case <-time.After(patience):
			t.Fatalf("Notify has not told of change %d in %v", n+1, patience)
		}
		for quiet := false; !quiet; { // one change may be told more than once
			select {
			case <-told:
			case <-time.After(200 * time.Millisecond):
				quiet = true
			}
		}
	}

	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Notify returned %v after its context was cancelled, want %v", err, context.Canceled)
		}
	case <-time.After(patience):
		t.Fatalf("Notify has not returned %v after its context was cancelled", patience)
	}
}
