package setcookie

import (
	"net/http"
	"slices"
	"strings"
)

const header = "Set-Cookie"

// Append adds lines to those that wait in h.
func Append(h http.Header, lines ...string) {
	h[header] = append(h[header], lines...)
}

// Remove takes out of h the lines that match. It never changes the slice that it
// finds, which may be shared.
func Remove(h http.Header, match func(line string) bool) {
	if !slices.ContainsFunc(h[header], match) {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(h[header]), match)
	if len(kept) == 0 {
		delete(h, header)
		return
	}
	h[header] = kept
}

// Sets reports whether a line sets the cookie of this name, in any case.
func Sets(line, name string) bool {
	return len(line) > len(name) && line[len(name)] == '=' && strings.EqualFold(line[:len(name)], name)
}

// Delete adds the line that removes a cookie from the browser, and takes out
// waiting lines that set it for the same domain or, without one, the same path.
// The latter goes by whether the text occurs in the line, as in ASP.NET Core.
func Delete(h http.Header, name string, a *Attributes) {
	Remove(h, func(line string) bool { return Sets(line, name) && a.sameScope(line) })
	expired := a.Expired()
	Append(h, string(expired.AppendTo([]byte(name+"="))))
}

func (a *Attributes) sameScope(line string) bool {
	switch {
	case a.Domain != "":
		return containsFold(line, "domain="+a.Domain)
	case a.Path != "":
		return containsFold(line, "path="+a.Path)
	}
	return true
}

func containsFold(line, part string) bool {
	return strings.Contains(strings.ToLower(line), strings.ToLower(part))
}
