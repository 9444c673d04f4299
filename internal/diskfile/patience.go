package diskfile

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Attempts is how often an operation is tried that fails in passing. The waits
// between add up to 300 ms.
const Attempts = 5

// Passing is an error of a caller's own that Patiently tries again.
type Passing string

func (p Passing) Error() string { return string(p) }

// Patiently repeats an operation that fails as network file systems do in passing.
// The operation must be one that may be repeated although it has been carried out:
// what gets lost may be the reply.
func Patiently(ctx context.Context, operation func() error) error {
	for attempt := 0; ; attempt++ {
		err := operation()
		if err == nil || !passes(err) || attempt == Attempts-1 {
			return err
		}
		if err := Pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// Pause waits before the next attempt, a little longer each time, or for ctx.
func Pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(20 * time.Millisecond << attempt)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func passes(err error) bool {
	var own Passing
	return errors.As(err, &own) || slices.ContainsFunc(passing, func(e error) bool { return errors.Is(err, e) })
}
