// Package diskfile writes files so that a crash leaves them whole or not at all.
package diskfile

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// Write makes a new file of mode 0600, on the disk when it returns.
func Write(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
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

// attempts is how often an operation is tried that fails in passing; the waits
// between add up to 300 ms.
const attempts = 5

// Patiently repeats an operation that fails as network file systems do in passing.
func Patiently(ctx context.Context, operation func() error) error {
	for attempt := 0; ; attempt++ {
		err := operation()
		if err == nil || !transient(err) || attempt == attempts-1 {
			return err
		}
		timer := time.NewTimer(20 * time.Millisecond << attempt)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
