package writers_test

import (
	"net/http"
	"testing"
)

// recoverer answers for a handler that panics, as such middleware does.
func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func TestRecovered(t *testing.T) {
	for _, c := range []struct {
		name    string
		carries bool // the error page has the renewal
		build   func(*site) http.Handler
	}{
		{"inside", true, func(s *site) http.Handler { return s.auth.Handler(recoverer(s.pages())) }},
		{"outside", false, func(s *site) http.Handler { return recoverer(s.auth.Handler(s.pages())) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, h2, due bool) {
				b := newSite(t, h2, c.build).browser(due)
				resp := b.get("/panic")
				if resp.StatusCode != http.StatusInternalServerError {
					t.Errorf("status %d, want 500", resp.StatusCode)
				}
				if c.carries {
					b.renewed(resp)
				} else {
					b.carries(resp, "")
				}
				b.is("alice")
			})
		})
	}
}
