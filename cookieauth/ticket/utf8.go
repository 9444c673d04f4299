package ticket

import "unicode/utf8"

// toValidUTF8 puts U+FFFD in place of each longest beginning of a character that
// does not go on as it must, which is what .NET and browsers do. Package strings
// makes one of each run of such bytes, and a range loop one of each byte.
func toValidUTF8(s string) []byte {
	out := make([]byte, 0, len(s)+2)
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			n = brokenLength(s)
		}
		out = utf8.AppendRune(out, r)
		s = s[n:]
	}
	return out
}

// brokenLength returns how many bytes at the start of s begin a character that is not completed.
func brokenLength(s string) int {
	low, high, more := byte(0x80), byte(0xBF), 0
	switch b := s[0]; {
	case b >= 0xC2 && b <= 0xDF:
		more = 1
	case b >= 0xE0 && b <= 0xEF:
		more = 2
		if b == 0xE0 {
			low = 0xA0 // else overlong
		} else if b == 0xED {
			high = 0x9F // else a surrogate
		}
	case b >= 0xF0 && b <= 0xF4:
		more = 3
		if b == 0xF0 {
			low = 0x90 // else overlong
		} else if b == 0xF4 {
			high = 0x8F // else beyond U+10FFFF
		}
	}
	n := 1
	for n <= more && n < len(s) && low <= s[n] && s[n] <= high {
		low, high = 0x80, 0xBF
		n++
	}
	return n
}
