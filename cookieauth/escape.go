package cookieauth

import (
	"strings"

	"github.com/sealring/sealring/internal/grammar"
)

// The three ways in which ASP.NET Core percent-encodes. Go's own keep other
// characters, and addresses are compared by their text.

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

var (
	dataChars  = charSet(letters + "-._~")
	queryChars = charSet(letters + "-._~!$()*,;@")
	pathChars  = charSet(letters + "-._~!$&'()*+,/:;=@")
)

func charSet(chars string) (set [256]bool) {
	for i := range len(chars) {
		set[chars[i]] = true
	}
	return set
}

// escapeData is Uri.EscapeDataString.
func escapeData(s string) string { return escape(s, &dataChars, false) }

// escapeQuery encodes the value of a query parameter.
func escapeQuery(s string) string { return escape(s, &queryChars, false) }

// escapePath encodes a path and leaves what is encoded already.
func escapePath(s string) string { return escape(s, &pathChars, true) }

// escapeLocation encodes only what a header cannot carry.
func escapeLocation(s string) string {
	if grammar.IsText(s) {
		return s
	}
	var printable [256]bool
	for c := 0x20; c <= 0x7E; c++ {
		printable[c] = true
	}
	return escape(s, &printable, true)
}

func escape(s string, keep *[256]bool, keepEncoded bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		c := s[i]
		if keep[c] || keepEncoded && c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' || 'a' <= c && c <= 'f'
}
