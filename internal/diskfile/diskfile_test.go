package diskfile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/sealring/sealring/internal/diskfile"
)

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	for range 2 {
		if err := diskfile.Make(dir); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "b")
	if err := diskfile.Write(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	var passing diskfile.Passing
	if err := diskfile.Write(path, []byte("second")); !errors.As(err, &passing) {
		t.Errorf("a second Write: got error %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := diskfile.Make(filepath.Join(dir, "c", "d")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Make without its parent: got error %v", err)
	}
}

func TestPatiently(t *testing.T) {
	const changing = diskfile.Passing("changing")
	for _, test := range []struct {
		name  string
		err   error
		times int // how often the operation fails
		calls int
		want  error
	}{
		{"for good", fs.ErrNotExist, 10, 1, fs.ErrNotExist},
		{"in passing", fmt.Errorf("wrapped: %w", changing), 4, 5, nil},
		{"in passing, for too long", changing, 10, 5, changing},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			err := diskfile.Patiently(t.Context(), func() error {
				calls++
				if calls <= test.times {
					return test.err
				}
				return nil
			})
			if !errors.Is(err, test.want) || calls != test.calls {
				t.Errorf("%s: got error %v after %d calls, want %v after %d", test.name, err, calls, test.want, test.calls)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := diskfile.Patiently(ctx, func() error { return changing }); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: got error %v", err)
	}
}
