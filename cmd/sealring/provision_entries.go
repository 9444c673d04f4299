//go:build !windows

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// eachEntry calls do for each file in a directory, and then for the directory. Links
// and everything else are left alone.
//
// The account that owns the directory may put links there, and other files in the
// place of those that have been looked at, to have root change what they lead to. So
// everything goes by what is open, never by name.
func (o ownership) eachEntry(dir string, do func(f *os.File, info os.FileInfo) error) error {
	root, err := openNoLink(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	self, err := root.Open(".")
	if err != nil {
		return err
	}
	defer self.Close()
	owned, err := self.Stat()
	if err != nil {
		return err
	}
	owner := o.uid
	if o.name == "" {
		owner = int(stat(owned).Uid)
	}
	names, err := self.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := withFile(root, name, owner, do); err != nil {
			return err
		}
	}
	return do(self, owned)
}

// openNoLink opens a directory that must not be a link: where that leads is for
// whoever has made it to say.
func openNoLink(dir string) (*os.Root, error) {
	named, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	if opened, err := root.Stat("."); err != nil || !os.SameFile(named, opened) {
		return nil, errors.Join(fmt.Errorf("%s is a link; name the directory that it leads to", dir), err, root.Close())
	}
	return root, nil
}

// withFile calls do for one file, if it is one and still there.
func withFile(root *os.Root, name string, owner int, do func(f *os.File, info os.FileInfo) error) error {
	if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return ignoreGone(err)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which does not wait for the other end of a pipe
	if err != nil {
		return ignoreGone(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if s := stat(info); s.Nlink > 1 && int(s.Uid) != owner {
		return fmt.Errorf("%s has another name elsewhere, and would be changed there, too; remove it, or put a copy in its place", f.Name())
	}
	return do(f, info)
}

// ignoreGone is for what instances remove while it is looked at.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func stat(info os.FileInfo) *syscall.Stat_t { return info.Sys().(*syscall.Stat_t) }

func closeToOthers(f *os.File, info os.FileInfo) error {
	mode := os.FileMode(0o600)
	if info.IsDir() {
		mode = 0o700
	}
	return f.Chmod(mode)
}
