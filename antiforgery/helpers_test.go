package antiforgery_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

const (
	field  = antiforgery.DefaultFormField
	header = antiforgery.DefaultHeader
)

// protect makes a Protection. A ring and a silent logger are filled in.
func protect(t testing.TB, cfg antiforgery.Config) *antiforgery.Protection {
	t.Helper()
	if cfg.KeyRing == nil {
		cfg.KeyRing = dataprotectiontest.NewKeyRing(t)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	p, err := antiforgery.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// request makes a request to https://app.example, with headers "Name: value".
func request(method, target string, body io.Reader, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, body)
	r.Host = "app.example"
	r.RemoteAddr = "192.0.2.1:1234"
	r.TLS = new(tls.ConnectionState)
	set(r, headers...)
	return r
}

func set(r *http.Request, headers ...string) {
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
}

// overHTTP is request without TLS.
func overHTTP(method, target, host string, headers ...string) *http.Request {
	r := request(method, target, nil, headers...)
	r.TLS, r.Host = nil, host
	return r
}

func form(pairs ...string) io.Reader {
	values := url.Values{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values.Add(name, value)
	}
	return strings.NewReader(values.Encode())
}

const formType = "Content-Type: application/x-www-form-urlencoded"

func as(r *http.Request, user *claims.Principal) *http.Request {
	return r.WithContext(claims.NewContext(r.Context(), user))
}

func user(id string) *claims.Principal { return claims.New(id).Authenticated("Cookies") }

// visit gets tokens, and returns them with the Cookie header that a browser sends
// from then on.
func visit(t testing.TB, p *antiforgery.Protection, who *claims.Principal) (tokens antiforgery.Tokens, cookie string) {
	t.Helper()
	w := httptest.NewRecorder()
	tokens, err := p.Tokens(w, as(request("GET", "/form", nil), who))
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	return tokens, "Cookie: " + cookie
}

// reasonOf returns the reason of a refusal, 0 for no error.
func reasonOf(t testing.TB, err error) antiforgery.Reason {
	t.Helper()
	if err == nil {
		return 0
	}
	var refusal *antiforgery.Error
	if !errors.As(err, &refusal) {
		t.Fatalf("not a refusal: %v", err)
	}
	return refusal.Reason
}

const passed antiforgery.Reason = 0

func wantReason(t *testing.T, err error, want antiforgery.Reason) {
	t.Helper()
	if got := reasonOf(t, err); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}

func newRing(t testing.TB) *dataprotection.KeyRing {
	t.Helper()
	return dataprotectiontest.NewKeyRing(t)
}
