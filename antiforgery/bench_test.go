package antiforgery_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
)

// BenchmarkTwoOpens is the yardstick for the others: to open two payloads as large
// as the tokens of a visitor who has not signed in. BenchmarkOpenAndSeal is that
// for tokens.
func BenchmarkTwoOpens(b *testing.B) {
	p := newRing(b).Protector("x")
	cookie, request := sealed(b, p, 18), sealed(b, p, 21)
	room := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.AppendUnprotect(context.Background(), room, cookie)
		_, _ = p.AppendUnprotect(context.Background(), room, request)
	}
}

func BenchmarkOpenAndSeal(b *testing.B) {
	p := newRing(b).Protector("x")
	cookie := sealed(b, p, 18)
	room, plain := make([]byte, 0, 256), make([]byte, 21)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.AppendUnprotect(context.Background(), room, cookie)
		_, _ = p.AppendProtect(room, plain)
	}
}

func sealed(b *testing.B, p interface{ Protect([]byte) ([]byte, error) }, n int) []byte {
	b.Helper()
	out, err := p.Protect(make([]byte, n))
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func BenchmarkHandler(b *testing.B) {
	p := protect(b, antiforgery.Config{})
	h := p.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	tokens, cookie := visit(b, p, nil)
	alice := claims.New("alice").Authenticated("Cookies")
	forAlice, _ := p.Peek(as(request("GET", "/", nil, cookie), alice))
	rubbish := base64.RawURLEncoding.EncodeToString(make([]byte, 48<<10))
	for _, c := range []struct {
		name string
		r    *http.Request
	}{
		{"GET", request("GET", "/", nil, cookie)},
		{"POST, decided by Sec-Fetch-Site", request("POST", "/", nil, cookie, site+"same-origin")},
		{"POST, decided by Origin", request("POST", "/", nil, cookie, from+"https://app.example")},
		{"POST, pair", request("POST", "/", nil, cookie, header+": "+tokens.Request)},
		{"POST, pair of a user", as(request("POST", "/", nil, cookie, header+": "+forAlice.Request), alice)},
		{"POST, refused by Sec-Fetch-Site", request("POST", "/", nil, cookie, site+"cross-site")},
		{"POST, no cookie", request("POST", "/", nil)},
		{"POST, rubbish", request("POST", "/", nil, cookie, header+": "+rubbish)},
		{"POST, many cookies", request("POST", "/", nil, "Cookie: "+strings.Repeat("a=b; ", 10_000))},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, c.r)
			}
		})
	}
	b.Run("POST, pair in a form", func(b *testing.B) {
		body := "name=value&" + field + "=" + tokens.Request
		r := request("POST", "/", nil, cookie, formType)
		w := discard{http.Header{}}
		b.ReportAllocs()
		for b.Loop() {
			r.Body = io.NopCloser(strings.NewReader(body))
			h.ServeHTTP(w, r)
		}
	})
}

// discard is a response that is thrown away.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func BenchmarkTokens(b *testing.B) {
	p := protect(b, antiforgery.Config{})
	_, cookie := visit(b, p, nil)
	for _, c := range []struct {
		name string
		r    *http.Request
	}{
		{"first", request("GET", "/", nil)},
		{"later", request("GET", "/", nil, cookie)},
		{"later, for a user", as(request("GET", "/", nil, cookie), user("alice"))},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				if _, err := p.Tokens(w, c.r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What most requests are must not cost memory.
func TestNoAllocations(t *testing.T) {
	p := protect(t, antiforgery.Config{TrustedOrigins: []string{"https://admin.example"}})
	h := p.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := httptest.NewRecorder()
	for range 100 { // which are looked at more closely
		h.ServeHTTP(w, request("GET", "/", nil))
	}
	for name, r := range map[string]*http.Request{
		"GET":                             request("GET", "/", nil),
		"POST, decided by Sec-Fetch-Site": request("POST", "/", nil, site+"same-origin"),
		"POST, decided by Origin":         request("POST", "/", nil, from+"https://app.example"),
		"POST, trusted":                   request("POST", "/", nil, site+"cross-site", from+"https://admin.example"),
	} {
		if n := testing.AllocsPerRun(100, func() { h.ServeHTTP(w, r) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
