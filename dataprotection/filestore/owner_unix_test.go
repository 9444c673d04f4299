//go:build !windows

package filestore_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sealring/sealring/dataprotection/filestore"
)

// What root writes into an account's directory, that account can read; and who owns
// the directory is warned about once, however many files there are.
func TestRootWritesForTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o700)
	if err := os.Chown(dir, 1234, 1235); err != nil {
		t.Fatal(err)
	}
	s := filestore.OnHost(filestore.New(dir))
	add(t, s, "a", "<a />")
	add(t, s, "b", "<b />")
	known := load(t, s)
	if err := s.Replace(t.Context(), known.Elements[0], element("a", "<a>new</a>")); err != nil {
		t.Fatal(err)
	}
	if err := filestore.Provision(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.xml", "b.xml", filestore.MarkerName} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 1234 || owner.Gid != 1235 || info.Mode() != 0o600 {
			t.Errorf("%s belongs to %d:%d and has mode %v, want 1234:1235 and 0600", name, owner.Uid, owner.Gid, info.Mode())
		}
	}
	if warnings := load(t, s).Warnings; len(warnings) != 1 || !strings.HasSuffix(warnings[0], "run: chown 0 "+dir) {
		t.Errorf("got %q, want one about the directory", warnings)
	}
}
