package diskfile

import (
	"os"

	"golang.org/x/sys/windows"
)

// passing are the errors that somebody else's open file gives in passing.
var passing = []error{
	windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_DELETE_PENDING, windows.ERROR_ACCESS_DENIED,
}

// SyncDir does nothing: Windows has no such operation for directories.
func SyncDir(string) error { return nil }

// SyncRoot does nothing either.
func SyncRoot(*os.Root) error { return nil }
