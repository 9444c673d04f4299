package cookieauth

import (
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/sealring/sealring/internal/ordinal"
)

// requested returns path and query of a request as the browser asked for it. A
// router that has taken a prefix off the request's URL does not change them.
func requested(r *http.Request) (path, query string) {
	if strings.HasPrefix(r.RequestURI, "/") {
		path, query, _ = strings.Cut(r.RequestURI, "?")
		return path, query
	}
	return r.URL.EscapedPath(), r.URL.RawQuery
}

// splitPath returns the part of the requested path that is the path base, as it
// was written, and what follows it. Both are decoded.
func (a *Authenticator) splitPath(r *http.Request) (base, path string) {
	path, _ = requested(r)
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	n := len(a.cfg.PathBase)
	if n > 0 && len(path) >= n && ordinal.EqualFold(path[:n], a.cfg.PathBase) && (len(path) == n || path[n] == '/') {
		return path[:n], path[n:]
	}
	return "", path
}

// queryValue returns the values of a query parameter, joined with commas as
// ASP.NET Core joins them. Its name is compared without regard to case.
func queryValue(r *http.Request, name string) string {
	_, query := requested(r)
	var values []string
	for key, value := range queryPairs(query) {
		if ordinal.EqualFold(key, name) {
			values = append(values, value)
		}
	}
	return strings.Join(values, ",")
}

// queryPairs goes through a query in its order.
func queryPairs(query string) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for pair := range strings.SplitSeq(query, "&") {
			key, value, _ := strings.Cut(pair, "=")
			if !yield(unescapeQuery(key), unescapeQuery(value)) {
				return
			}
		}
	}
}

func unescapeQuery(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}
