package poll_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/internal/poll"
)

func TestJitter(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := poll.Jitter(time.Second)
		if d <= 800*time.Millisecond-time.Nanosecond || d > time.Second {
			t.Fatalf("a second became %v", d)
		}
		seen[d] = true
	}
	if len(seen) < 900 {
		t.Errorf("only %d different pauses of 1000", len(seen))
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if err := poll.Sleep(t.Context(), time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("slept %v, %v", time.Since(begin), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin = time.Now()
		if err := poll.Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Minute {
			t.Errorf("slept %v, %v", time.Since(begin), err)
		}
	})
}

// A store whose news ends twice, then comes, then is wanted no more.
func TestListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		calls, woken := 0, 0
		ctx, cancel := context.WithCancel(t.Context())
		poll.Listen(ctx, func(_ context.Context, changed func()) error {
			if calls++; calls < 3 {
				return errors.New("connection refused")
			}
			changed()
			changed()
			cancel()
			return ctx.Err()
		}, func() { woken++ }, time.Minute, slog.New(slog.NewTextHandler(&log, nil)), "pkg")
		if calls != 3 || woken != 2 {
			t.Errorf("asked %d times, woken %d times", calls, woken)
		}
		for _, want := range []string{"pkg: the store's notifications ended; polling goes on\" err=\"connection refused\"", "pkg: the store notifies again"} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("want %q once in the log:\n%s", want, log.String())
			}
		}
	})
}

func TestListenToNobody(t *testing.T) {
	calls := 0
	poll.Listen(t.Context(), func(context.Context, func()) error {
		calls++
		return fmt.Errorf("no news here: %w", errors.ErrUnsupported)
	}, nil, time.Hour, nil, "pkg")
	if calls != 1 {
		t.Errorf("asked %d times", calls)
	}
}
