//go:build !race

package cookieauth_test

import (
	"crypto/fips140"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
)

// TestAllocations holds what each request costs in memory, exactly. What it costs in
// time is for the benchmarks to say. (Under the race detector sync.Pool forgets on
// purpose.)
func TestAllocations(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS 140-3 mode takes the modes of crypto/cipher, which allocate")
	}
	s := newSite(t, cookieauth.Config{})
	s.do["/in"] = s.signIn(benchUser(), nil)
	s.get("/in")
	h := s.auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := discard{http.Header{}}
	for _, c := range []struct {
		name, cookies string
		want          float64
	}{
		{"no cookie", "", 0},
		{"other cookies", "theme=dark; lang=en; __Host-sealringer=x", 0},
		{"a ticket of five claims", "theme=dark; __Host-sealring=" + s.jar["__Host-sealring"], 2}, // text of the ticket, visit
	} {
		r := benchRequest(c.cookies)
		if c.cookies == "" {
			r.Header.Del("Cookie")
		}
		if got := testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) }); got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
	hostile := benchRequest("__Host-sealring=chunks-1000; " + strings.Repeat("__Host-sealringC1=x; ", 500))
	if got := testing.AllocsPerRun(20, func() { h.ServeHTTP(w, hostile) }); got > 100 {
		t.Errorf("a hostile cookie: %v allocations", got)
	}

	user, r := benchUser(), benchRequest("theme=dark")
	got := testing.AllocsPerRun(200, func() {
		clear(w.h)
		if err := s.auth.SignIn(w, r, user, nil); err != nil {
			t.Fatal(err)
		}
	})
	if got != 4 { // key schedule, Set-Cookie line, the list of those, values that forbid caching
		t.Errorf("a sign-in: %v allocations, want 4", got)
	}
}

// TestCutoffAllocations: looking up whether a session is over costs no call of the
// store, and the request no more memory than it may.
func TestCutoffAllocations(t *testing.T) {
	m := newMemory()
	cutoffs := openCutoffs(t, cookieauth.CutoffsConfig{Store: m, PollInterval: time.Minute, Now: func() time.Time { return start }})
	s := newSite(t, cookieauth.Config{Cutoffs: cutoffs})
	for i := range 1000 {
		s.check(s.auth.EndSessionsOf(t.Context(), "user "+strconv.Itoa(i)))
	}
	s.do["/in"] = s.signIn(benchUser(), nil)
	s.get("/in")
	h := s.auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := discard{http.Header{}}
	r := benchRequest("theme=dark; __Host-sealring=" + s.jar["__Host-sealring"])
	m.called()
	if got := testing.AllocsPerRun(200, func() { h.ServeHTTP(w, r) }); got > 10 {
		t.Errorf("%v allocations, at most 10", got)
	}
	if calls := m.called(); len(calls) > 0 {
		t.Errorf("the store was asked: %v", calls)
	}
}
