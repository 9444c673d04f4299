package cookieauthtest

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// New is cookieauth.New with what a test leaves out filled in: the key ring is in
// memory and closed when the test ends, nothing is logged. A failure ends the test.
func New(t testing.TB, cfg cookieauth.Config) *cookieauth.Authenticator {
	t.Helper()
	if cfg.KeyRing == nil {
		cfg.KeyRing = dataprotectiontest.NewKeyRing(t)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	auth, err := cookieauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// Request returns a copy of r, a request as a handler receives it, with the
// cookie of p, who has just signed in. Other cookies stay. A failure ends the test.
//
// Where the cookie must not travel over plain HTTP, the copy looks as if it had
// come over HTTPS: httptest.NewRequest makes one for plain HTTP unless its target
// says otherwise.
func Request(t testing.TB, auth *cookieauth.Authenticator, r *http.Request, p *claims.Principal) *http.Request {
	t.Helper()
	r = r.Clone(r.Context())
	cookies, err := signIn(auth, r, p)
	if errors.Is(err, cookieauth.ErrInsecureTransport) && r.TLS == nil {
		r.TLS = &tls.ConnectionState{}
		cookies, err = signIn(auth, r, p)
	}
	if err != nil {
		t.Fatal(err)
	}
	replaceCookies(r, cookies)
	return r
}

// Client returns a client of server, which must have been started, with a jar that
// holds the cookie of p, who has just signed in. It keeps what the server sends, so
// it is renewed and signed out as a browser is. Each call returns a client of its
// own. A failure ends the test.
//
// The jar goes by the real time: a persistent cookie that a Clock in the past has
// made is gone at once.
func Client(t testing.TB, auth *cookieauth.Authenticator, server *httptest.Server, p *claims.Principal) *http.Client {
	t.Helper()
	target, err := url.Parse(server.URL)
	if err != nil || target.Host == "" {
		t.Fatalf("cookieauthtest: the server has no address, was it started? URL %q, %v", server.URL, err)
	}
	r := httptest.NewRequest(http.MethodGet, server.URL, nil)
	r.RemoteAddr = server.Listener.Addr().String() // a browser on this machine may do without TLS
	cookies, err := signIn(auth, r, p)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(target, cookies)
	if len(jar.Cookies(target.JoinPath(cookies[0].Path))) == 0 {
		t.Fatalf("cookieauthtest: a browser does not take the cookie from %s: see its attributes Domain, Secure, Expires and Max-Age", target)
	}
	client := *server.Client()
	client.Jar = jar
	return &client
}

// signIn returns the cookies of an answer to r that signs p in.
func signIn(auth *cookieauth.Authenticator, r *http.Request, p *claims.Principal) ([]*http.Cookie, error) {
	w := httptest.NewRecorder()
	if err := auth.SignIn(w, r, p, nil); err != nil {
		return nil, err
	}
	return w.Result().Cookies(), nil
}

// replaceCookies does to r what a browser does: a cookie takes the place of the
// one of its name, and one without a value is gone.
func replaceCookies(r *http.Request, cookies []*http.Cookie) {
	present := r.Cookies()
	r.Header.Del("Cookie")
	for _, c := range present {
		if !slices.ContainsFunc(cookies, func(other *http.Cookie) bool { return other.Name == c.Name }) {
			r.AddCookie(c)
		}
	}
	for _, c := range cookies {
		if c.Value != "" {
			r.AddCookie(c)
		}
	}
}
