// Package diskfile writes files so that a crash leaves them whole or not at all, and
// has patience with file systems that fail in passing.
package diskfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes a new file of mode 0600, on the disk when it returns. The name has to be
// one that nobody else has: if there is such a file, the network has repeated the
// request, which is an error that passes with the next name.
func Write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return Passing(err.Error())
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr // some network file systems report a full disk only here
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

// Make makes a directory of mode 0700 if it is missing, durably.
func Make(path string) error {
	err := os.Mkdir(path, 0o700)
	if os.IsExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}
