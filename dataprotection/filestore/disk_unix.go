//go:build !windows

package filestore

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// transient reports whether err is one that network file systems give in passing.
// EINVAL is what SMB on Linux says of a file that is removed while it is opened.
func transient(err error) bool {
	return errors.Is(err, syscall.ESTALE) || errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EINVAL) ||
		errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EIO) || errors.Is(err, errChanging)
}

// syncDir makes the directory's entries durable. File systems that cannot do that
// for a directory say EINVAL or ENOTSUP.
func syncDir(dir *os.Root) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// isElement reports whether a directory entry of that name is an element.
func isElement(name string) bool { return strings.HasSuffix(name, elementSuffix) }
