package bell_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/sealring/sealring/internal/bell"
)

func TestBell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bell.Bell
		b.Ring() // nobody listens
		ctx, cancel := context.WithCancel(t.Context())
		told, ended := 0, make(chan error, 1)
		go func() { ended <- b.Listen(ctx, func() { told++ }) }()
		for want := 1; want < 4; want++ {
			synctest.Wait()
			if told != want {
				t.Errorf("told %d times, want %d", told, want)
			}
			b.Ring()
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	})
}
