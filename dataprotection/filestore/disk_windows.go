package filestore

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

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
