//go:build !windows

package filestore

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
)

// transient reports whether err is one that network file systems give in passing.
// SMB on Linux says EINVAL at times, when a file is opened by one of two hard links
// while another process has it open by the other; NFS says EBADF when the server has
// forgotten an open file.
func transient(err error) bool {
	return slices.ContainsFunc([]error{
		syscall.ESTALE, syscall.EBUSY, syscall.EAGAIN, syscall.EIO, syscall.EINVAL, syscall.EBADF, errChanging, errUnmarked,
	}, func(passing error) bool { return errors.Is(err, passing) })
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
