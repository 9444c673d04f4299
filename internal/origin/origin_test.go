package origin_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/sealring/sealring/internal/origin"
)

func TestOf(t *testing.T) {
	plain := &http.Request{Host: "app.example"}
	secure := &http.Request{Host: "app.example:8443", TLS: &tls.ConnectionState{}}
	proxied := plain.WithContext(origin.NewContext(plain.Context(), origin.Origin{Scheme: "https", Host: "www.example"}))
	unwrapped := secure.WithContext(origin.NewContext(secure.Context(), origin.Origin{Scheme: "http", Host: "www.example"}))
	for _, c := range []struct {
		name  string
		r     *http.Request
		want  string
		https bool
	}{
		{"plain", plain, "http://app.example", false},
		{"TLS", secure, "https://app.example:8443", true},
		{"behind a proxy with TLS", proxied, "https://www.example", true},
		{"behind a proxy without", unwrapped, "http://www.example", false},
	} {
		if got := origin.Of(c.r).String(); got != c.want || origin.IsHTTPS(c.r) != c.https {
			t.Errorf("%s: got %s, HTTPS %v, want %s, %v", c.name, got, origin.IsHTTPS(c.r), c.want, c.https)
		}
	}
	if _, ok := origin.Public(plain); ok {
		t.Error("an origin that nobody has vouched for")
	}
}

func TestIsLoopback(t *testing.T) {
	for _, c := range []struct {
		host, peer, header string
		want               bool
	}{
		{"localhost", "127.0.0.1:1234", "", true},
		{"localhost:8080", "127.0.0.1:1234", "", true},
		{"LOCALHOST:8080", "[::1]:1234", "", true},
		{"app.localhost:8080", "127.0.0.1:1234", "", true},
		{"127.0.0.1", "127.0.0.1:1234", "", true},
		{"127.8.0.1:80", "[::ffff:127.0.0.1]:1234", "", true},
		{"[::1]:8080", "[::1]:1234", "", true},
		{"[::1]", "[::1]:1234", "", true},
		{"app.example", "127.0.0.1:1234", "", false},
		{"localhost", "192.0.2.1:1234", "", false},
		{"localhost.example", "127.0.0.1:1234", "", false},
		{"127.0.0.1.example", "127.0.0.1:1234", "", false},
		{"", "127.0.0.1:1234", "", false},
		{"localhost", "", "", false},
		{"localhost", "@", "", false}, // a Unix socket: somebody is between
		{"localhost", "127.0.0.1:1234", "X-Forwarded-For", false},
		{"localhost", "127.0.0.1:1234", "X-Forwarded-Proto", false},
		{"localhost", "127.0.0.1:1234", "Forwarded", false},
		{"localhost", "127.0.0.1:1234", "Via", false},
	} {
		r := &http.Request{Host: c.host, RemoteAddr: c.peer, Header: http.Header{}}
		if c.header != "" {
			r.Header.Set(c.header, "x")
		}
		if got := origin.IsLoopback(r); got != c.want {
			t.Errorf("host %q, peer %q, header %q: got %v, want %v", c.host, c.peer, c.header, got, c.want)
		}
	}
}
