package filestore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// transient reports whether err is one that network file systems give in passing.
func transient(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_DELETE_PENDING) || errors.Is(err, errChanging) || errors.Is(err, errUnmarked)
}

// syncDir does nothing: Windows has no such operation for directories.
func syncDir(*os.Root) error { return nil }

// isElement reports whether a directory entry of that name is an element.
func isElement(name string) bool { return strings.EqualFold(filepath.Ext(name), elementSuffix) }

func renameNew(dir *os.Root, name, newName string) error {
	from, err := windows.UTF16PtrFromString(filepath.Join(dir.Name(), name))
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(filepath.Join(dir.Name(), newName))
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH); err != nil {
		return &os.LinkError{Op: "rename", Old: name, New: newName, Err: err}
	}
	return nil
}
