package cookieauth_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
)

// dueSite serves over the network, with a browser whose cookie is due for renewal.
func dueSite(t *testing.T, h2 bool, next http.HandlerFunc) (*httptest.Server, *http.Request, *site) {
	t.Helper()
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	s.at(40)
	server := httptest.NewUnstartedServer(s.auth.Handler(next))
	server.EnableHTTP2 = h2
	server.StartTLS()
	t.Cleanup(server.Close)
	r, err := http.NewRequest("GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "__Host-sealring="+s.jar["__Host-sealring"])
	return server, r, s
}

func do(t *testing.T, server *httptest.Server, r *http.Request) *http.Response {
	t.Helper()
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// renewed checks that exactly one renewed cookie came, and that nobody keeps it.
func renewed(t *testing.T, resp *http.Response) {
	t.Helper()
	lines := resp.Header["Set-Cookie"]
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "__Host-sealring=CfDJ8") || resp.Header.Get("Cache-Control") != "no-cache,no-store" {
		t.Errorf("cookies %.60q, Cache-Control %q", lines, resp.Header.Get("Cache-Control"))
	}
}

func TestRenewalLeavesWithTheHeader(t *testing.T) {
	for name, next := range map[string]http.HandlerFunc{
		"nothing written":        func(w http.ResponseWriter, r *http.Request) {},
		"status":                 func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"body":                   func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "x") },
		"string":                 func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") },
		"copy":                   func(w http.ResponseWriter, r *http.Request) { io.Copy(w, strings.NewReader("x")) },
		"flush":                  func(w http.ResponseWriter, r *http.Request) { w.(http.Flusher).Flush() },
		"flush by controller":    func(w http.ResponseWriter, r *http.Request) { http.NewResponseController(w).Flush() },
		"error page":             func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"file":                   func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "doc.go") },
		"a caching header":       func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") },
		"early hints before":     func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusEarlyHints); fmt.Fprint(w, "x") },
		"deadlines, full duplex": controlled,
	} {
		for _, h2 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", name, h2), func(t *testing.T) {
				server, r, _ := dueSite(t, h2, next)
				renewed(t, do(t, server, r))
			})
		}
	}
}

func controlled(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	if err := c.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
		panic(err)
	}
	_ = c.EnableFullDuplex() // not with HTTP/2
	fmt.Fprint(w, "x")
}

func TestStreaming(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("HTTP/2 %v", h2), func(t *testing.T) {
			more := make(chan bool)
			server, r, _ := dueSite(t, h2, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("Trailer", "X-Sum")
				for i := range 3 {
					fmt.Fprintf(w, "data: %d\n\n", i)
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Error(err)
					}
					<-more
				}
				w.Header().Set("X-Sum", "3")
			})
			resp := do(t, server, r)
			renewed(t, resp)
			lines := bufio.NewScanner(resp.Body)
			for i := range 3 { // each comes before the next is sent
				if lines.Scan(); lines.Text() != fmt.Sprintf("data: %d", i) {
					t.Errorf("read %q", lines.Text())
				}
				lines.Scan()
				more <- true
			}
			lines.Scan()
			if got := resp.Trailer.Get("X-Sum"); got != "3" {
				t.Errorf("trailer %q", got)
			}
		})
	}
}

func TestHijack(t *testing.T) {
	server, r, _ := dueSite(t, false, func(w http.ResponseWriter, r *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(buf, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
		buf.Flush()
	})
	resp := do(t, server, r)
	if body, _ := io.ReadAll(resp.Body); string(body) != "hi" || len(resp.Header["Set-Cookie"]) != 0 {
		t.Errorf("got %q, %v", body, resp.Header)
	}
}

func TestUpgradeCarriesTheCookie(t *testing.T) {
	server, r, _ := dueSite(t, false, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "x")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "x")
	if resp := do(t, server, r); resp.StatusCode != 101 || len(resp.Header["Set-Cookie"]) != 1 {
		t.Errorf("got %d, %v", resp.StatusCode, resp.Header)
	}
}

func TestPanic(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	s.at(40)
	s.do["/panic"] = func(http.ResponseWriter, *http.Request) { panic("as expected") }
	defer func() {
		if got := recover(); got != "as expected" {
			t.Errorf("recovered %v", got)
		}
	}()
	s.get("/panic")
}

func TestReverseProxy(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public")
		w.Header().Add("Set-Cookie", "theirs=1")
		io.WriteString(w, "from behind")
	}))
	defer backend.Close()
	target, _ := url.Parse(backend.URL)
	server, r, _ := dueSite(t, false, httputil.NewSingleHostReverseProxy(target).ServeHTTP)
	resp := do(t, server, r)
	body, _ := io.ReadAll(resp.Body)
	if string(body) != "from behind" || len(resp.Header["Set-Cookie"]) != 2 || resp.Header.Get("Cache-Control") != "no-cache,no-store" {
		t.Errorf("got %q, %v", body, resp.Header)
	}
}

func TestTimeoutHandler(t *testing.T) {
	answered, done := make(chan struct{}), make(chan error, 1)
	var s *site
	slow := func(w http.ResponseWriter, r *http.Request) {
		<-answered
		done <- s.auth.SignIn(w, r, claims.New("2"), nil)
	}
	server, r, ours := dueSite(t, false, http.TimeoutHandler(http.HandlerFunc(slow), 10*time.Millisecond, "too slow").ServeHTTP)
	s = ours
	resp := do(t, server, r)
	close(answered)
	renewed(t, resp)
	if err := <-done; err != cookieauth.ErrHeaderSent || resp.StatusCode != 503 {
		t.Errorf("late sign-in: %v, status %d", err, resp.StatusCode)
	}
}

func TestUntouchedWriter(t *testing.T) {
	s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
	s.get("/in")
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	https(r)
	r.AddCookie(&http.Cookie{Name: "__Host-sealring", Value: s.jar["__Host-sealring"]})
	s.auth.Handler(http.HandlerFunc(func(w2 http.ResponseWriter, r *http.Request) {
		if w2 != http.ResponseWriter(w) {
			t.Error("the writer is wrapped though no renewal is due")
		}
		if claims.FromContext(r.Context()).Name() != "Alice" {
			t.Error("no user in the context")
		}
		child, cancel := context.WithTimeout(r.Context(), time.Minute)
		defer cancel()
		if claims.FromContext(child).Name() != "Alice" || s.auth.User(r.WithContext(child)).Name() != "Alice" {
			t.Error("no user in a context made of it")
		}
	})).ServeHTTP(w, r)
}

func TestSharedHeaderSlices(t *testing.T) {
	shared := []string{"theirs=1", "__Host-sealring=old; path=/"}
	before := slices.Clone(shared)
	s := newSite(t, cookieauth.Config{})
	w := httptest.NewRecorder()
	w.Header()["Set-Cookie"] = shared[:2:2]
	r := httptest.NewRequest("GET", "/", nil)
	https(r)
	s.check(s.auth.SignOut(w, r))
	if !slices.Equal(shared, before) || len(w.Header()["Set-Cookie"]) != 2 {
		t.Errorf("shared %q, header %q", shared, w.Header()["Set-Cookie"])
	}
}

// TestTooLateWithoutACookie has visitors sign in after the header has gone out who bring
// no cookie, so that the writer is net/http's own.
func TestTooLateWithoutACookie(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	for name, begin := range map[string]func(w http.ResponseWriter){
		"status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusOK) },
		"body":   func(w http.ResponseWriter) { fmt.Fprint(w, "x") },
		"flush":  func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	} {
		for _, h2 := range []bool{false, true} {
			errs := make(chan error, 4)
			server := httptest.NewUnstartedServer(s.auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusEarlyHints) // is no header yet
				errs <- s.auth.SignOut(w, r)
				errs <- s.auth.SignIn(w, r, claims.New("1"), nil)
				begin(w)
				errs <- s.auth.SignIn(w, r, claims.New("1"), nil)
				errs <- s.auth.SignOut(w, r)
			})))
			server.EnableHTTP2 = h2
			server.StartTLS()
			resp, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			server.Close()
			for i, want := range []error{nil, nil, cookieauth.ErrHeaderSent, cookieauth.ErrHeaderSent} {
				if err := <-errs; err != want {
					t.Errorf("%s, HTTP/2 %v, call %d: got %v, want %v", name, h2, i, err, want)
				}
			}
			if len(resp.Header["Set-Cookie"]) != 1 {
				t.Errorf("%s, HTTP/2 %v: cookies %.40q", name, h2, resp.Header["Set-Cookie"])
			}
		}
	}
}
