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
		if c, d := a[0], b[0]; c|d < utf8.RuneSelf { // as nearly all are
			if c != d && upperASCII(c) != upperASCII(d) {
				return false
			}
			a, b = a[1:], b[1:]
			continue
		}
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

func upperASCII(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}

func upper(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(upperASCII(byte(r)))
	}
	if u := unicode.ToUpper(r); u >= utf8.RuneSelf {
		return u
	}
	return r // ı and ſ would become ASCII
}
