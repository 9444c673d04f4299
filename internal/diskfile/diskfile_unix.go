//go:build !windows

package diskfile

import (
	"errors"
	"os"
	"syscall"
)

// passing are the errors that network file systems give in passing. SMB on Linux says
// EINVAL at times, when a file is opened by one of two hard links while another process
// has it open by the other. NFS says EBADF when the server has forgotten an open file,
// and EIO when it has lost its session with the server.
var passing = []error{
	syscall.ESTALE, syscall.EBUSY, syscall.EAGAIN, syscall.EIO, syscall.EINVAL, syscall.EBADF,
}

// SyncDir makes a directory's entries durable. File systems that cannot do that
// for a directory say EINVAL or ENOTSUP.
//
// That it failed does not pass: the kernel tells once that it could not write
// something, and says yes to who asks again.
func SyncDir(path string) error { return syncDir(os.Open(path)) }

// SyncRoot is SyncDir for an open directory.
func SyncRoot(root *os.Root) error { return syncDir(root.Open(".")) }

func syncDir(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return errors.New(err.Error())
}
