package middleware_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sealring/sealring/middleware"
)

func TestRedirectHTTPS(t *testing.T) {
	usual := must(t)(middleware.RedirectHTTPS(middleware.HTTPSConfig{Logger: quiet}))
	other := must(t)(middleware.RedirectHTTPS(middleware.HTTPSConfig{Port: 8443, NoHSTS: true, Logger: quiet}))
	public := func(o string) func(http.Handler) http.Handler {
		outer := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{o}}))
		return func(next http.Handler) http.Handler { return outer(usual(next)) }
	}
	const hsts = "max-age=31536000"
	for _, c := range []struct {
		name     string
		h        func(http.Handler) http.Handler
		method   string
		target   string
		call     call
		status   int
		location string
		hsts     string
	}{
		{"plain HTTP", usual, "GET", "/a%2Fb?c=d", call{peer: "203.0.113.5:1", host: "app.example"}, 307, "https://app.example/a%2Fb?c=d", ""},
		{"plain HTTP, HEAD", usual, "HEAD", "/", call{peer: "203.0.113.5:1", host: "app.example"}, 307, "https://app.example/", ""},
		{"plain HTTP with a port", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "app.example:8080"}, 307, "https://app.example/", ""},
		{"plain HTTP to IPv6", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "[2001:db8::1]:8080"}, 307, "https://[2001:db8::1]/", ""},
		{"to another port", other, "GET", "/", call{peer: "203.0.113.5:1", host: "app.example:8080"}, 307, "https://app.example:8443/", ""},
		{"a path like another host", usual, "GET", "//evil.example/x", call{peer: "203.0.113.5:1", host: "app.example"}, 307, "https://app.example//evil.example/x", ""},
		{"no host", usual, "GET", "/", call{peer: "203.0.113.5:1"}, 400, "", ""},
		{"a host that is none", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "evil.example/x"}, 400, "", ""},
		{"a host with a user", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "app.example@evil.example"}, 400, "", ""},
		{"a form", usual, "POST", "/", call{peer: "203.0.113.5:1", host: "app.example"}, 403, "", ""},
		{"TLS", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "app.example", tls: true}, 200, "", hsts},
		{"TLS, POST", usual, "POST", "/", call{peer: "203.0.113.5:1", host: "app.example", tls: true}, 200, "", hsts},
		{"TLS, nothing to remember", other, "GET", "/", call{peer: "203.0.113.5:1", host: "app.example", tls: true}, 200, "", ""},
		{"TLS on one machine", usual, "GET", "/", call{peer: "127.0.0.1:1", host: "localhost:8443", tls: true}, 200, "", ""},
		{"on one machine", usual, "POST", "/", call{peer: "127.0.0.1:1", host: "localhost:8080"}, 200, "", ""},
		{"says localhost", usual, "GET", "/", call{peer: "203.0.113.5:1", host: "localhost"}, 307, "https://localhost/", ""},
		{"public origin is https", public("https://app.example"), "POST", "/", call{peer: "10.0.0.1:1", host: "inner:8080", header: "X-Forwarded-Proto: http"}, 200, "", hsts},
		{"public origin is http", public("http://app.example:8080"), "GET", "/", call{peer: "10.0.0.1:1", host: "inner", header: "X-Forwarded-Proto: https"}, 307, "https://app.example/", ""},
		{"a proxy that nobody knows", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: https"}, 500, "", ""},
		{"a proxy that nobody knows, Forwarded", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "Forwarded: for=1.2.3.4; Proto=https"}, 500, "", ""},
		{"a proxy that nobody knows, WebSocket", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: wss"}, 500, "", ""},
		{"two proxies that nobody knows", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: https, http"}, 500, "", ""},
		{"two proxies that nobody knows, Forwarded", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "Forwarded: for=1.2.3.4;proto=\"https\"\nForwarded: for=10.0.0.2"}, 500, "", ""},
		{"a proxy without TLS", usual, "GET", "/", call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: http"}, 307, "https://app.example/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := c.call.request()
			fresh := httptest.NewRequest(c.method, "/", nil)
			r.Method, r.URL, r.RequestURI = c.method, fresh.URL, c.target
			w := serve(c.h(text("x")), r)
			if w.Code != c.status || w.Header().Get("Location") != c.location || w.Header().Get("Strict-Transport-Security") != c.hsts {
				t.Errorf("got %d to %q, HSTS %q; want %d to %q, HSTS %q", w.Code, w.Header().Get("Location"), w.Header().Get("Strict-Transport-Security"), c.status, c.location, c.hsts)
			}
		})
	}
}

func TestRedirectHTTPSNamesTheMissingProxy(t *testing.T) {
	j, log := newJournal(t)
	h := must(t)(middleware.RedirectHTTPS(middleware.HTTPSConfig{Logger: middleware.Slog(log)}))
	for range 3 {
		serve(h(text("x")), call{peer: "10.0.0.1:1", host: "app.example", header: "X-Forwarded-Proto: https"}.request())
	}
	if got := j.events("a proxy says that requests came over HTTPS, and nobody vouches for it; install middleware.PublicOrigin"); len(got) != 1 {
		t.Errorf("got %v, want one event", j)
	}
}

func TestHTTPSConfig(t *testing.T) {
	h := must(t)(middleware.RedirectHTTPS(middleware.HTTPSConfig{MaxAge: 400 * 24 * time.Hour, IncludeSubDomains: true, Preload: true}))
	if got := serve(h(text("x")), get("/")).Header().Get("Strict-Transport-Security"); got != "max-age=34560000; includeSubDomains; preload" {
		t.Errorf("HSTS %q", got)
	}
	_, err := middleware.RedirectHTTPS(middleware.HTTPSConfig{Port: 65536, MaxAge: -1, Preload: true})
	wantProblems(t, err, "RedirectHTTPS: invalid configuration: Port: ", "MaxAge: negative", "Preload: needs")
	_, err = middleware.RedirectHTTPS(middleware.HTTPSConfig{MaxAge: 31536000})
	wantProblems(t, err, "MaxAge: less than a second")
	for _, cfg := range []middleware.HTTPSConfig{{Preload: true}, {Preload: true, IncludeSubDomains: true, MaxAge: time.Hour}, {Preload: true, IncludeSubDomains: true, NoHSTS: true}} {
		_, err := middleware.RedirectHTTPS(cfg)
		wantProblems(t, err, "Preload: needs")
	}
}
