//go:build !race

package middleware_test

import (
	"crypto/fips140"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/middleware"
)

// TestAllocations holds what a request through Stack costs in memory, exactly, with
// a writer that can only write and with those of net/http. (Under the race detector
// sync.Pool forgets on purpose.)
func TestAllocations(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("FIPS 140-3 mode takes the modes of crypto/cipher, which allocate")
	}
	ring := dataprotectiontest.NewKeyRing(t)
	auth := newAuth(t, cookieauth.Config{KeyRing: ring})
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring})
	if err != nil {
		t.Fatal(err)
	}
	stack := must(t)(middleware.Stack(middleware.Config{
		PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}},
		Log:            middleware.LogConfig{Logger: zerolog.New(io.Discard)},
		Authenticators: []middleware.Authenticator{auth},
		Antiforgery:    csrf,
	}))(small)
	alice := signIn(t, get("/"), auth, claims.New("42", claims.Name("Alice"), claims.Role("editor")))
	for _, c := range []struct {
		name string
		w    http.ResponseWriter
		r    *http.Request
		want float64
	}{
		{"nobody", &sink{http.Header{}}, get("/"), 2},
		{"a user", &sink{http.Header{}}, alice, 4},
		{"a user, HTTP/1", http1Sink{serverSink: serverSink{sink: &sink{http.Header{}}}}, alice, 4},
		{"a user, HTTP/2", http2Sink{serverSink: serverSink{sink: &sink{http.Header{}}}}, alice, 4},
	} {
		got := testing.AllocsPerRun(200, func() {
			clear(c.w.Header())
			stack.ServeHTTP(c.w, c.r)
		})
		if got != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, got, c.want)
		}
	}
}

// A serverSink can do what the writers of net/http can.
type serverSink struct {
	*sink
	io.StringWriter
	http.Flusher
	flushError
	closeNotifier
	deadlines
}

type (
	flushError    interface{ FlushError() error }
	closeNotifier interface{ CloseNotify() <-chan bool }
	deadlines     interface {
		SetReadDeadline(time.Time) error
		SetWriteDeadline(time.Time) error
		EnableFullDuplex() error
	}
)

type http1Sink struct {
	serverSink
	io.ReaderFrom
	http.Hijacker
}

type http2Sink struct {
	serverSink
	http.Pusher
}
