//go:build !windows

package diskfile

import (
	"errors"
	"os"
	"syscall"
)

// transient reports whether err is one that network file systems give in passing.
func transient(err error) bool {
	return errors.Is(err, syscall.ESTALE) || errors.Is(err, syscall.EBUSY) ||
		errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EIO)
}

// SyncDir makes a directory's entries durable. File systems that cannot do that
// for a directory say EINVAL or ENOTSUP.
func SyncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
