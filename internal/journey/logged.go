package journey

import "net/http"

// Secret notes that the path of the request is a secret, as that of a link from an
// e-mail may be.
func (j *Journey) Secret() { j.state.Or(isSecret) }

// LoggedPath returns the path of a request for a log, "" if it is a secret.
func LoggedPath(r *http.Request) string {
	if j := From(r.Context()); j != nil && j.state.Load()&isSecret != 0 {
		return ""
	}
	return Logged(r.URL.Path)
}

// Logged bounds what a client can put into a log.
func Logged(s string) string {
	const limit = 1024
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
