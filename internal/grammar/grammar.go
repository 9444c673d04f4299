// Package grammar tells well-formed pieces of HTTP from others, for configurations
// that are checked before they end up in a header.
package grammar

import "strings"

// What to say of pieces that are not well-formed.
const (
	NotToken     = "must be of letters, digits and !#$%&'*+-.^_`|~"
	NotText      = "must be of printable ASCII"
	NotAttribute = "must be of printable ASCII without semicolon"
	NotHost      = "must be a host name, without scheme and port"
	NotPath      = "must be a path that begins with a single slash, without query"
	NotPathBase  = "must begin with a slash, not end with one, and have neither query nor semicolon"
)

// IsToken reports whether s is a name of a header, a cookie or the like (RFC 9110,
// section 5.6.2).
func IsToken(s string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !isAlnum(r) && !strings.ContainsRune(marks, r)
	}) < 0
}

func isAlnum(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// IsText reports whether s can be the value of a header as it is: it is printable
// ASCII, or empty.
func IsText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7E }) < 0
}

// IsAttribute reports whether s can stand between the semicolons of a Set-Cookie line.
func IsAttribute(s string) bool { return IsText(s) && !strings.Contains(s, ";") }

// IsHost reports whether s can be the name of a host or a domain, or is empty.
func IsHost(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !isAlnum(r) && r != '-' && r != '.' && r != '_' }) < 0
}

// IsPath reports whether s is a path on this host, and nothing that a browser could
// take for the address of another.
func IsPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "?#\\") && IsText(s)
}

// IsPathBase reports whether s is a path below which a program lives, which becomes
// the path of its cookies.
func IsPathBase(s string) bool { return IsPath(s) && IsAttribute(s) && !strings.HasSuffix(s, "/") }

// HasPrefixFold is strings.HasPrefix without regard to case.
func HasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
