package token_test

import (
	"fmt"

	"github.com/sealring/sealring/cookieauth/claims"
)

// A sortCase is a list of claims whose types are the numbers that key returns, and
// whose values are their places.
type sortCase struct {
	name string
	n    int
	key  func(i int) int
	want string // orderHash
}

func (c sortCase) claims() (list []*claims.Claim) {
	for i := range c.n {
		list = append(list, &claims.Claim{Type: fmt.Sprintf("t%05d", c.key(i)), Value: fmt.Sprint(i)})
	}
	return list
}

func sortCases() []sortCase {
	return []sortCase{
		{"all equal", 500, func(int) int { return 0 }, "5d9b8fe4593c270e"},
		{"two types", 1000, func(i int) int { return i % 2 }, "5e9b8a5f804390ea"},
		{"descending in pairs", 700, func(i int) int { return (700 - i) / 2 }, "6ac21ceff0a4cc5c"},
		{"mixed", 3000, func(i int) int { return i * 7919 % 37 }, "fd7aa277ac976a39"},
		{"mixed, few equal", 2000, func(i int) int { return i * i % 1999 }, "2331bcf45f233b3f"},
		{"deep enough for the heap sort", 4096, deep(4096), "10e1ac9b74077671"},
		{"seventeen", 17, func(i int) int { return i * 5 % 7 }, "deecf040a716b942"},
		{"sixteen", 16, func(i int) int { return i * 5 % 7 }, "a31c82e863831771"},
	}
}

// deep returns keys for which the median of three is nearly the least each time.
func deep(n int) func(i int) int {
	return func(i int) int {
		half := n / 2
		switch {
		case i >= half:
			return (i - half + 1) * 2 / 3
		case i%2 == 0:
			return (i + 1) / 3
		default:
			return (half + i) / 3
		}
	}
}
