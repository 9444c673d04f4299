package chunk

import (
	"errors"
	"strings"

	"github.com/sealring/sealring/internal/cookie"
)

const (
	headPrefix = "chunks-"
	partSuffix = "C"

	// MaxParts is how many parts a value may have. The reader makes a list of them,
	// and their number is the client's to say.
	MaxParts = 1024
)

var (
	// ErrTooLarge says that a value has more parts or bytes than are read.
	ErrTooLarge = errors.New("the cookie has too many chunks or bytes")
	// ErrIncomplete says that a part is missing.
	ErrIncomplete = errors.New("a chunk of the cookie is missing")
)

// Value returns the value that a cookie stands for: its own, head, or the joined
// values of its parts. Where parts are there twice, the last ones count, or the
// first. It refuses more than max bytes.
func Value(h cookie.Header, name, head string, first bool, max int) (string, error) {
	n := Count(head)
	if n == 0 {
		if len(head) > max {
			return "", ErrTooLarge
		}
		return head, nil
	}
	if n > MaxParts {
		return "", ErrTooLarge
	}
	parts := make([]string, n)
	h.Numbered(name+partSuffix, parts, first)
	size := 0
	for _, p := range parts {
		if p == "" {
			return "", ErrIncomplete
		}
		if size += len(p); size > max {
			return "", ErrTooLarge
		}
	}
	return strings.Join(parts, ""), nil
}

// Count returns the number of parts that a cookie of this value announces, or 0.
func Count(head string) int {
	digits, ok := strings.CutPrefix(head, headPrefix)
	if !ok {
		return 0
	}
	n, _ := cookie.Number(digits)
	return n
}

// present returns the number of the last part that the request's cookie announces and
// is there, going on from the given one to the first that is missing.
func present(h cookie.Header, name string, from int) (last int) {
	if _, count := h.Find(name); count == 0 {
		return from - 1
	}
	n := min(Count(h.Last(name)), MaxParts)
	if n < from {
		return from - 1
	}
	parts := make([]string, n)
	h.Numbered(name+partSuffix, parts, false)
	last = from - 1
	for last < n && parts[last] != "" {
		last++
	}
	return last
}
