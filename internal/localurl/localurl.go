// Package localurl tells addresses within a site from addresses elsewhere, so
// that nobody is sent to another site by a parameter of the request.
package localurl

import "strings"

// IsLocal reports whether a browser that is sent to s stays on the site. Such an
// s begins with a slash, and not with two or with a slash and a backslash, which
// browsers take for another host. It has no control characters: browsers leave
// out tabs and line breaks, so that one between two slashes would be two slashes
// . It is the test of ASP.NET Core; nothing is decoded.
func IsLocal(s string) bool {
	if s == "" || s[0] != '/' || len(s) > 1 && (s[1] == '/' || s[1] == '\\') {
		return false
	}
	return strings.IndexFunc(s, isControl) < 0
}

func isControl(r rune) bool { return r < 0x20 || 0x7F <= r && r <= 0x9F }
