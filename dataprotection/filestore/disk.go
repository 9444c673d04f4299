package filestore

import (
	"io/fs"
	"os"
)

// disk holds the operations that file systems differ in, so that tests can fail them.
type disk struct {
	openDir func(dir string) (*os.Root, error)
	readDir func(dir string) ([]fs.DirEntry, error)
	open    func(path string) (fs.File, error)
	// link gives a file a second name. It never replaces.
	link func(dir *os.Root, name, newName string) error
	// renameNew renames a file without replacing another. Where there is no such
	// operation it fails with an error that Is errors.ErrUnsupported.
	renameNew func(dir *os.Root, name, newName string) error
	// rename renames a file and replaces another.
	rename func(dir *os.Root, name, newName string) error
}

func realDisk() disk {
	return disk{
		openDir:   os.OpenRoot,
		readDir:   os.ReadDir,
		open:      func(path string) (fs.File, error) { return os.Open(path) },
		link:      (*os.Root).Link,
		renameNew: renameNew,
		rename:    (*os.Root).Rename,
	}
}
