package diskfile

import (
	"errors"

	"golang.org/x/sys/windows"
)

// transient reports whether err is one that somebody else's open file gives in passing.
func transient(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_DELETE_PENDING) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// SyncDir does nothing: Windows has no such operation for directories.
func SyncDir(string) error { return nil }
