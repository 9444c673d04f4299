package ordinal

import (
	"unicode"
	"unicode/utf8"
)

// EqualFold reports whether a and b are equal after simple invariant
// upper-casing. It is stricter than [strings.EqualFold], for which the Kelvin
// sign is a K: letters of ASCII only ever equal letters of ASCII.
func EqualFold(a, b string) bool {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y && upper(x) != upper(y) {
			return false
		}
		if x == utf8.RuneError && a[:n] != b[:m] {
			return false // broken text equals only itself
		}
		a, b = a[n:], b[m:]
	}
	return len(a) == len(b)
}

func upper(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	if u := unicode.ToUpper(r); u >= utf8.RuneSelf {
		return u
	}
	return r // ı and ſ would become ASCII
}
