package cookieauth_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth"
)

// TestAllocations holds what each request costs in memory. What it costs in time
// is for the benchmarks to say.
func TestAllocations(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	s.do["/in"] = s.signIn(benchUser(), nil)
	s.get("/in")
	h := s.auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := discard{http.Header{}}
	for _, c := range []struct {
		name, cookies string
		most          float64
	}{
		{"no cookie", "", 0},
		{"other cookies", "theme=dark; lang=en; __Host-sealringer=x", 0},
		{"a ticket of five claims", "theme=dark; __Host-sealring=" + s.jar["__Host-sealring"], 10},
	} {
		r := benchRequest(c.cookies)
		if c.cookies == "" {
			r.Header.Del("Cookie")
		}
		if got := testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) }); got > c.most {
			t.Errorf("%s: %v allocations, at most %v", c.name, got, c.most)
		}
	}
	hostile := benchRequest("__Host-sealring=chunks-1000; " + strings.Repeat("__Host-sealringC1=x; ", 500))
	if got := testing.AllocsPerRun(20, func() { h.ServeHTTP(w, hostile) }); got > 100 {
		t.Errorf("a hostile cookie: %v allocations", got)
	}
}
