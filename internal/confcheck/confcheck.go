// Package confcheck gathers everything that is wrong with a configuration, so
// that whoever wrote it hears of it at once.
package confcheck

import (
	"errors"
	"strings"
)

// Problems are what has been found so far.
type Problems []string

// Add notes a reason against a field if bad is true.
func (p *Problems) Add(bad bool, field, reason string) {
	if bad {
		*p = append(*p, field+": "+reason)
	}
}

// Err returns the problems as one error of a package, or nil if there are none.
func (p Problems) Err(pkg string) error {
	if len(p) == 0 {
		return nil
	}
	return errors.New(pkg + ": invalid configuration: " + strings.Join(p, "; "))
}
