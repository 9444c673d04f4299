package middleware_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/hlog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/middleware"
)

// A sink is a writer that costs nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

func bench(b *testing.B, h http.Handler, r *http.Request) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&sink{make(http.Header)}, r)
	}
}

var hello = []byte("hello")

var small = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(hello) })

// What a log costs, beside zerolog's own.
func BenchmarkRequestLog(b *testing.B) {
	log := zerolog.New(io.Discard)
	b.Run("without", func(b *testing.B) { bench(b, small, get("/")) })
	b.Run("ours", func(b *testing.B) {
		bench(b, middleware.RequestLog(middleware.LogConfig{Logger: log})(small), get("/"))
	})
	b.Run("hlog with a request id", func(b *testing.B) {
		access := hlog.AccessHandler(func(r *http.Request, status, size int, took time.Duration) {
			hlog.FromRequest(r).Info().Str("method", r.Method).Str("path", r.URL.Path).Int("status", status).Int("bytes", size).Dur("duration", took).Msg("request")
		})
		bench(b, hlog.NewHandler(log)(hlog.RequestIDHandler("request_id", "")(access(small))), get("/"))
	})
}

// What the whole costs an authenticated GET, beside the login cookie alone.
func BenchmarkStack(b *testing.B) {
	ring := dataprotectiontest.NewKeyRing(b)
	auth := newAuth(b, cookieauth.Config{KeyRing: ring})
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring})
	if err != nil {
		b.Fatal(err)
	}
	stack := func(log zerolog.Logger) http.Handler {
		return must(b)(middleware.Stack(middleware.Config{
			PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}},
			Log:            middleware.LogConfig{Logger: log},
			Authenticators: []middleware.Authenticator{auth},
			Antiforgery:    csrf,
		}))(small)
	}
	alice := signIn(b, get("/"), auth, claims.New("42", claims.Name("alice"), claims.Email("alice@example.com"), claims.Role("admin"), claims.Role("editor")))
	b.Run("login cookie alone", func(b *testing.B) { bench(b, auth.Handler(small), alice) })
	b.Run("everything", func(b *testing.B) { bench(b, stack(zerolog.New(io.Discard)), alice) })
	b.Run("everything, no log", func(b *testing.B) { bench(b, stack(zerolog.Nop()), alice) })
	b.Run("everything, anonymous", func(b *testing.B) { bench(b, stack(zerolog.New(io.Discard)), get("/")) })
}

func BenchmarkLayers(b *testing.B) {
	proxied := call{peer: "10.1.2.3:4000", host: "app.example", header: "X-Forwarded-For: 203.0.113.5\nX-Forwarded-Proto: https"}.request()
	b.Run("PublicOrigin, fixed", func(b *testing.B) {
		bench(b, must(b)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://app.example"}}))(small), proxied)
	})
	b.Run("PublicOrigin, proxies", func(b *testing.B) {
		bench(b, must(b)(middleware.PublicOrigin(middleware.OriginConfig{Proxies: []string{"10.1.0.0/16"}, Headers: middleware.XForwarded, Hosts: []string{"app.example"}}))(small), proxied)
	})
	b.Run("SecurityHeaders", func(b *testing.B) {
		bench(b, must(b)(middleware.SecurityHeaders(middleware.HeadersConfig{}))(small), get("/"))
	})
	b.Run("RedirectHTTPS", func(b *testing.B) {
		bench(b, must(b)(middleware.RedirectHTTPS(middleware.HTTPSConfig{}))(small), get("/"))
	})
}
