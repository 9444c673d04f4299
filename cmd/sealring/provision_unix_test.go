//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is made above the directory lets the account through, whatever the umask; what
// was there stays as it is.
func TestMakeDirectory(t *testing.T) {
	was := syscall.Umask(0o077)
	defer syscall.Umask(was)
	closed := filepath.Join(t.TempDir(), "closed")
	dir := filepath.Join(closed, "shop", "data", "keys")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := makeDirectory(dir); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]os.FileMode{closed: 0o700, filepath.Dir(filepath.Dir(dir)): 0o755, filepath.Dir(dir): 0o755, dir: 0o700} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
			}
		}
	}
}
