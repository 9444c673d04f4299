package journey

import "net/http"

// Begun reports whether the header of the answer to a request has gone out, as far
// as the request's journey or a writer in the chain can tell.
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
			return false
		}
		w = u.Unwrap()
	}
}
