package sealtest

import (
	"context"
	"fmt"
	"runtime"
)

// Failures runs the check of that name, or every one if there is no name, and
// returns the message of each that failed.
func Failures(ctx context.Context, name string, fresh func() func() Sealer, options Options) map[string]string {
	failures := make(map[string]string)
	for _, c := range checks {
		if name != "" && name != c.name {
			continue
		}
		r := &recorder{ctx: ctx}
		done := make(chan struct{})
		go func() { // which Fatalf can end
			defer close(done)
			c.run(r, holders{fresh: fresh, Options: options})
		}()
		<-done
		if r.failure != "" {
			failures[c.name] = r.failure
		}
	}
	return failures
}

// recorder is a reporter that remembers.
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
