//go:build !windows

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// victim is a file outside of the key directory, which nothing may change.
func victim(t *testing.T) (path string, unchanged func(when string)) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "victim")
	if err := os.WriteFile(path, []byte("victim"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, func(when string) {
		t.Helper()
		after, err := os.Stat(path)
		if err != nil || after.Mode() != before.Mode() || stat(after).Uid != stat(before).Uid || stat(after).Gid != stat(before).Gid {
			t.Errorf("%s: the file has mode %v and owner %d, %v; it had %v and %d", when, after.Mode(), stat(after).Uid, err, before.Mode(), stat(before).Uid)
		}
	}
}

// keyDirectory is one with a key that is too open. For root it belongs to an account,
// which is returned; others have it for themselves.
func keyDirectory(t *testing.T) (dir string, account ownership) {
	t.Helper()
	dir = t.TempDir()
	account = ownership{"me", os.Getuid(), os.Getgid()}
	if os.Getuid() == 0 {
		account = ownership{"somebody", 12345, 12345}
	}
	key := filepath.Join(dir, "key.xml")
	if err := os.WriteFile(key, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{key, dir} {
		if err := os.Chown(path, account.uid, account.gid); err != nil {
			t.Fatal(err)
		}
	}
	return dir, account
}

// provisioned does what the command does, and returns its error.
func provisioned(o ownership, dir string) error {
	for _, task := range o.tasks(dir) {
		if err := task.do(); err != nil {
			return err
		}
	}
	return nil
}

func TestPlantedLinks(t *testing.T) {
	path, unchanged := victim(t)
	dir, account := keyDirectory(t)
	for name, target := range map[string]string{"absolute.xml": path, ".sealring-store": "../" + filepath.Base(filepath.Dir(path)) + "/victim", "directory": filepath.Dir(path)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.xml"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := provisioned(account, dir); err != nil {
		t.Fatal(err)
	}
	unchanged("links")
	if info, err := os.Stat(filepath.Join(dir, "key.xml")); err != nil || info.Mode() != 0o600 || int(stat(info).Uid) != account.uid {
		t.Errorf("the key itself has mode %v, %v", info.Mode(), err)
	}
}

// A link that takes the place of a key after it was looked at is not followed either.
func TestLinkInPlaceOfAFile(t *testing.T) {
	path, unchanged := victim(t)
	dir, account := keyDirectory(t)
	link, key := filepath.Join(dir, "link"), filepath.Join(dir, "key.xml")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.Symlink(path, link)
				_ = os.Rename(link, key)
				_ = os.WriteFile(link, nil, 0o644)
				_ = os.Rename(link, key)
			}
		}
	}()
	for range 500 {
		_ = provisioned(account, dir) // an error says that there was a link
	}
	close(stop)
	<-stopped
	unchanged("a race")
}

// A second name for somebody else's file, where the system lets an account make one,
// is refused: it cannot be told from a first.
func TestPlantedHardLink(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has files of several accounts")
	}
	path, unchanged := victim(t)
	dir, account := keyDirectory(t)
	if err := os.Link(path, filepath.Join(dir, "planted.xml")); err != nil {
		t.Fatal(err)
	}
	for _, o := range []ownership{account, {}} {
		if err := provisioned(o, dir); err == nil || !strings.Contains(err.Error(), "planted.xml has another name elsewhere") {
			t.Errorf("%q: got %v", o.name, err)
		}
		unchanged("a hard link")
	}
	if err := os.Remove(filepath.Join(dir, "planted.xml")); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key.xml")
	if err := os.Link(key, filepath.Join(dir, "key.tmp")); err != nil {
		t.Fatal(err)
	}
	if err := provisioned(account, dir); err != nil {
		t.Errorf("a key that an instance is just writing: %v", err)
	}
}

// The directory may be a link for everybody but who gives it away or removes it.
func TestDirectoryThatIsALink(t *testing.T) {
	dir, account := keyDirectory(t)
	link := filepath.Join(t.TempDir(), "keys")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := makeDirectory(link); err != nil {
		t.Fatal(err)
	}
	if err := provisioned(account, link); err == nil || !strings.Contains(err.Error(), "keys is a link; name the directory") {
		t.Errorf("got %v", err)
	}
	if info, err := os.Stat(filepath.Join(dir, "key.xml")); err != nil || info.Mode() != 0o644 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
	if err := checkKeyDirectory(link); err == nil || !strings.Contains(err.Error(), "no directory but a file or a link") {
		t.Errorf("to be removed: got %v", err)
	}
}
