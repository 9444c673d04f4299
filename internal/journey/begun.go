package journey

import "net/http"

// Begun reports whether the header of an answer has gone out, as far as somebody
// tells: a handler further out, a writer with a method Status, or one of net/http.
func Begun(w http.ResponseWriter, r *http.Request) bool {
	if From(r.Context()).Answered() {
		return true
	}
	for {
		if s, ok := w.(interface{ Status() int }); ok && s.Status() != 0 {
			return true
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return hasWritten(w)
		}
		w = u.Unwrap()
	}
}
