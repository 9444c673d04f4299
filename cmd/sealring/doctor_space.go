package main

import (
	"errors"
	"fmt"
	"io/fs"
)

// What a rotation needs at least, and what is so little that other programs will
// soon have used it up.
const (
	littleSpace = 64 << 20
	noSpace     = 1 << 20
)

// checkSpace looks at the disk that a directory lies on.
func checkSpace(x *examination) []finding {
	if x.place == "" {
		return nil
	}
	free, err := freeSpace(x.place)
	f := finding{warning, "space", fmt.Sprintf("there are %d MiB left on the disk of %s", free>>20, x.place), "on a full disk no key is made and no revocation is stored", "make room, or move the directory"}
	switch {
	case errors.Is(err, fs.ErrNotExist): // an empty ring, which is said elsewhere
		return nil
	case err != nil:
		f.Severity, f.What = unknown, fmt.Sprintf("the room on the disk of %s cannot be asked for: %v", x.place, err)
	case free >= littleSpace:
		return nil
	case free < noSpace:
		f.Severity = critical
	}
	return []finding{f}
}
