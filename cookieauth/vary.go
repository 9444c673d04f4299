package cookieauth

import (
	"net/http"
	"strings"
)

// varyByCookie tells caches that the answer depends on the Cookie header. What
// others have said stays.
func varyByCookie(h http.Header) {
	for _, line := range h["Vary"] {
		for field := range strings.SplitSeq(line, ",") {
			if field = strings.TrimSpace(field); field == "*" || strings.EqualFold(field, "Cookie") {
				return
			}
		}
	}
	h.Add("Vary", "Cookie")
}
