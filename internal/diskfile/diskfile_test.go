package diskfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

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
	if err := diskfile.Write(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
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
	calls := 0
	if err := diskfile.Patiently(t.Context(), func() error { calls++; return fs.ErrNotExist }); err != fs.ErrNotExist || calls != 1 {
		t.Errorf("got error %v after %d calls, want the error of the first", err, calls)
	}
}
