//go:build !race

package antiforgery_test

import (
	"crypto/fips140"
	"net/http"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

// TestAllocations holds what tokens cost in memory, exactly: a key schedule for each
// that is opened or sealed, the text of a new one, and what the header needs. (Under
// the race detector sync.Pool forgets on purpose.)
func TestAllocations(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS 140-3 mode takes the modes of crypto/cipher, which allocate")
	}
	p := protect(t, antiforgery.Config{})
	h := p.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tokens, cookie := visit(t, p, nil)
	w := discard{http.Header{}}
	for range firstRequests {
		h.ServeHTTP(w, request("GET", "/", nil)) // which are watched
	}
	post := request("POST", "/", nil, cookie, header+": "+tokens.Request)
	get := request("GET", "/", nil, cookie)
	for _, c := range []struct {
		name string
		do   func()
		want float64
	}{
		{"a POST with its pair", func() { h.ServeHTTP(w, post) }, 0},
		{"a page that asks for a token", func() { clear(w.header); _, _ = p.Tokens(w, get) }, 3},
		{"a page that does not", func() { h.ServeHTTP(w, get) }, 0},
	} {
		if got := testing.AllocsPerRun(200, c.do); got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
}

// firstRequests is how many requests a Protection watches.
const firstRequests = 100
