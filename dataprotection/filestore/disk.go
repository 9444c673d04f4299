package filestore

import (
	"context"
	"io/fs"
	"os"
	"time"
)

// disk holds the operations that file systems differ in, so that tests can fail them.
type disk struct {
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
		readDir:   os.ReadDir,
		open:      func(path string) (fs.File, error) { return os.Open(path) },
		link:      (*os.Root).Link,
		renameNew: renameNew,
		rename:    (*os.Root).Rename,
	}
}

// attempts is how often an operation is tried that fails in passing; the waits
// between add up to 300 ms.
const attempts = 5

// pause waits before the next attempt, a little longer each time.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(20 * time.Millisecond << attempt)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patiently repeats an operation that fails as network file systems do in passing.
func patiently(ctx context.Context, operation func() error) error {
	for attempt := 0; ; attempt++ {
		err := operation()
		if err == nil || !transient(err) || attempt == attempts-1 {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}
