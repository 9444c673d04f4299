package writers_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/cookieauthtest"
)

var (
	alice = claims.New("1", claims.Name("alice"))
	bob   = claims.New("2", claims.Name("bob"))
)

// A site is a program with a login, served over TLS.
type site struct {
	*testing.T
	auth   *cookieauth.Authenticator
	clock  *cookieauthtest.Clock
	server *httptest.Server
	late   chan error    // what a SignIn that came too late has returned
	more   chan struct{} // lets a stream go on
}

// newSite serves what handler returns.
func newSite(t *testing.T, h2 bool, handler func(*site) http.Handler) *site {
	t.Helper()
	s := &site{T: t, clock: cookieauthtest.NewClock(time.Now()), late: make(chan error, 1), more: make(chan struct{}, 1)}
	s.auth = cookieauthtest.New(t, cookieauth.Config{Lifetime: time.Hour, Now: s.clock.Now})
	s.server = httptest.NewUnstartedServer(handler(s))
	s.server.EnableHTTP2 = h2
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0) // panics are part of the tests
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	return s
}

// A browser is a client in which alice is signed in.
type browser struct {
	*site
	client *http.Client
	due    bool // for renewal, with the next answer
}

func (s *site) browser(due bool) *browser {
	s.Helper()
	if due {
		const most = 40 * time.Minute
		s.clock.Advance(-most)
		defer s.clock.Advance(most)
	}
	client := cookieauthtest.Client(s, s.auth, s.server, alice)
	client.Timeout = 20 * time.Second
	return &browser{s, client, due}
}

// get returns the answer. Its body is closed when the test ends.
func (b *browser) get(path string) *http.Response {
	b.Helper()
	resp, err := b.client.Get(b.server.URL + path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { resp.Body.Close() })
	return resp
}

// fails asks for something that ends in the middle.
func (b *browser) fails(path string) {
	b.Helper()
	resp, err := b.client.Get(b.server.URL + path)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err == nil {
		b.Errorf("%s ended well, with status %d", path, resp.StatusCode)
	}
}

// renewed checks that the answer has the renewed cookie if one was due, and
// nothing of ours otherwise.
func (b *browser) renewed(resp *http.Response) {
	b.Helper()
	if b.due {
		b.carries(resp, "__Host-sealring=CfDJ8")
	} else {
		b.carries(resp, "")
	}
	b.due = false
}

// carries checks that one cookie came, which begins so, and that nobody may keep
// the answer; or that neither is the case.
func (b *browser) carries(resp *http.Response, cookie string) {
	b.Helper()
	lines, caching := resp.Header["Set-Cookie"], resp.Header["Cache-Control"]
	if cookie == "" {
		if len(lines) != 0 || len(caching) != 0 {
			b.Errorf("cookies %.60q, Cache-Control %q, want neither", lines, caching)
		}
		return
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0], cookie) || len(caching) != 1 || caching[0] != "no-cache,no-store" {
		b.Errorf("cookies %.60q, Cache-Control %q, want one %s and no-cache,no-store", lines, caching, cookie)
	}
}

// is checks who is signed in now.
func (b *browser) is(name string) {
	b.Helper()
	resp := b.get("/who")
	b.renewed(resp)
	b.reads(resp, name)
}

func (b *browser) reads(resp *http.Response, want string) {
	b.Helper()
	if body, err := io.ReadAll(resp.Body); string(body) != want || err != nil {
		b.Errorf("%s: read %q, %v, want %q", resp.Request.URL.Path, body, err, want)
	}
}

// bothWays runs a test over HTTP/1.1 and 2, with and without a renewal pending.
func bothWays(t *testing.T, test func(t *testing.T, h2, due bool)) {
	t.Helper()
	for _, h2 := range []bool{false, true} {
		for _, due := range []bool{false, true} {
			t.Run(fmt.Sprintf("HTTP/2 %v, renewal %v", h2, due), func(t *testing.T) { test(t, h2, due) })
		}
	}
}
