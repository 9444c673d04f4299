//go:build !windows

package filestore

import "strings"

// isElement reports whether a directory entry of that name is an element.
func isElement(name string) bool { return strings.HasSuffix(name, elementSuffix) }
