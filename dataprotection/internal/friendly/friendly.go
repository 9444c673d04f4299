// Package friendly decides what an element may be called in a medium that goes by
// names, such as a directory or the registry, as ASP.NET Core does
// (docs/formats.md, Store layouts).
package friendly

import (
	"crypto/rand"
	"fmt"
	"regexp"
)

// allowed are the names that are kept. The length leaves room for what a medium adds.
var allowed = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// Name returns name, if it may be kept, and else a random GUID.
func Name(name string) string {
	if allowed.MatchString(name) {
		return name
	}
	return Random()
}

// Random returns a random GUID.
func Random() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
