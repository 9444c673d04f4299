package filetickets_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/internal/realtest"
)

// A full disk is an error that says so, and leaves what was there.
func TestFullDisk(t *testing.T) {
	if !realtest.All() || os.Getuid() != 0 {
		t.Skip("it takes a mount: only as root, with SEALRING_REQUIRE=all")
	}
	dir := t.TempDir()
	if err := syscall.Mount("full", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("nothing can be mounted here: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	s := newStore(t, filetickets.Config{Dir: dir})
	first := session(id(1), "u")
	create(t, s, first)
	big := session(id(2), "u")
	big.Ticket = make([]byte, 100_000)
	failing(t, "Create", s.Create(t.Context(), big), "no space left")
	big.ID = id(1)
	failing(t, "Update", s.Update(t.Context(), big), "no space left")
	got, err := s.Load(t.Context(), id(1))
	if err != nil || string(got.Ticket) != string(first.Ticket) {
		t.Errorf("got %v", err)
	}
	if err := s.End(t.Context(), id(1)); err != nil {
		t.Error(err)
	}
}
