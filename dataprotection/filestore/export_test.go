package filestore

import (
	"errors"
	"io/fs"
	"os"
)

// OnStep has f called at each step of writing.
func OnStep(s *Store, f func(step string)) *Store {
	s.step = f
	return s
}

// errNoLinks is what FUSE file systems say to link(2).
var errNoLinks = fs.ErrPermission

// WithoutLinks makes s behave as on a file system without hard links.
func WithoutLinks(s *Store) *Store {
	s.disk.link = func(*os.Root, string, string) error { return errNoLinks }
	return s
}

// WithPlainRename makes s behave as on a file system that has neither hard links
// nor a rename that does not replace.
func WithPlainRename(s *Store) *Store {
	WithoutLinks(s)
	s.disk.renameNew = func(*os.Root, string, string) error { return errors.ErrUnsupported }
	return s
}

// WithFullDisk makes s unable to create another directory entry for an element.
func WithFullDisk(s *Store) *Store {
	real := s.disk.link
	s.disk.link = func(dir *os.Root, name, newName string) error {
		if isElement(newName) {
			return errDiskFull
		}
		return real(dir, name, newName)
	}
	s.disk.renameNew = func(*os.Root, string, string) error { return errDiskFull }
	return s
}

var errDiskFull = errors.New("no space left on device")

// WithRepeatedLinks makes s link twice and hear of the second attempt only.
func WithRepeatedLinks(s *Store) *Store {
	real := s.disk.link
	s.disk.link = func(dir *os.Root, name, newName string) error {
		if err := real(dir, name, newName); err != nil {
			return err
		}
		return real(dir, name, newName)
	}
	return s
}

// WithLostReplies makes s rename and hear that it failed, once.
func WithLostReplies(s *Store, failure error) *Store {
	real, lost := s.disk.rename, false
	s.disk.rename = func(dir *os.Root, name, newName string) error {
		err := real(dir, name, newName)
		if err == nil && !lost {
			lost, err = true, failure
		}
		return err
	}
	return s
}

// WithBusyDirectory makes s open its directory only at the third attempt.
func WithBusyDirectory(s *Store, failure error) *Store {
	real, calls := s.disk.openDir, 0
	s.disk.openDir = func(dir string) (*os.Root, error) {
		if calls++; calls%3 != 0 {
			return nil, &fs.PathError{Op: "open", Path: dir, Err: failure}
		}
		return real(dir)
	}
	return s
}

// OnReadDir has f called instead of, and with, the listing of a directory.
func OnReadDir(s *Store, f func(readDir func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error)) *Store {
	real := s.disk.readDir
	s.disk.readDir = func(dir string) ([]fs.DirEntry, error) {
		return f(func() ([]fs.DirEntry, error) { return real(dir) })
	}
	return s
}

// OnOpen has f called instead of, and with, the opening of a file for reading.
func OnOpen(s *Store, f func(path string, open func() (fs.File, error)) (fs.File, error)) *Store {
	real := s.disk.open
	s.disk.open = func(path string) (fs.File, error) {
		return f(path, func() (fs.File, error) { return real(path) })
	}
	return s
}

// InContainer has s believe that it runs in a container with these mount points.
func InContainer(s *Store, mounts string) *Store {
	s.fleeting = func(dir string) bool { return !mounted(dir, mounts) }
	return s
}

// OnHost has s believe that it runs in no container.
func OnHost(s *Store) *Store {
	s.fleeting = func(string) bool { return false }
	return s
}

var (
	ClaimName          = claimName
	TempName           = tempName
	StemOfTemp         = stemOfTemp
	StateOf            = stateOf
	Mounted            = mounted
	DockerControlGroup = dockerControlGroup
	SaysContainer      = saysContainer
	IsInContainer      = inContainer
	Quote              = quote
)

const (
	MarkerName = markerName
	MaxSize    = maxSize
)
