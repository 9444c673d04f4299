package cookieauth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/internal/bubbletest"
)

// listen begins a stream in the background, in a bubble, and returns a function
// that tells why it has ended, or nil while it goes on.
func listen(t *testing.T, s *site) (ended func() error) {
	t.Helper()
	browser := *s
	browser.jar = maps.Clone(s.jar)
	browser.do = map[string]http.HandlerFunc{}
	var cause atomic.Value // an error
	var begun atomic.Bool
	stop := make(chan struct{})
	browser.do["/events"] = s.auth.RequireUser(s.auth.UntilLogout(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Store(true)
		select {
		case <-r.Context().Done():
			cause.Store(context.Cause(r.Context()))
		case <-stop:
		}
	}))).ServeHTTP
	done := make(chan struct{})
	go func() {
		defer close(done)
		browser.get("/events")
	}()
	t.Cleanup(func() { close(stop); <-done })
	synctest.Wait()
	if !begun.Load() {
		t.Error("the stream has not begun")
	}
	return func() error {
		t.Helper()
		synctest.Wait()
		err, _ := cause.Load().(error)
		if err != nil && !errors.Is(err, cookieauth.ErrSessionOver) {
			t.Errorf("ended because of %v", err)
		}
		return err
	}
}

func because(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil && want != "" || err != nil && err.Error() != "cookieauth: the session is over: "+want {
		t.Errorf("ended because of %v, want %q", err, want)
	}
}

func TestStreamEnds(t *testing.T) {
	const poll = cookieauth.DefaultCutoffPollInterval
	another := func(s *site) *site { // tab of the same browser
		tab := *s
		tab.jar = maps.Clone(s.jar)
		return &tab
	}
	type world struct {
		one, two *site // instances, the browser is at one
		m        *memory
	}
	for _, c := range []struct {
		name           string
		cutoffs, store bool
		do             func(w world)
		after          time.Duration
		want           string
	}{
		{"signed out here, cut-offs", true, false, func(w world) { another(w.one).get("/out") }, 0, "the session has been ended"},
		{"signed out here, both", true, true, func(w world) { another(w.one).get("/out") }, 0, "the session has been ended"},
		{"signed out here, store", false, true, func(w world) { another(w.one).get("/out") }, 10 * time.Second, "cookieauth: no such session"},
		{"signed out there, cut-offs", true, false, func(w world) { w.two.jar = maps.Clone(w.one.jar); w.two.get("/out") }, poll, "the session has been ended"},
		{"signed out there, store", false, true, func(w world) { w.two.jar = maps.Clone(w.one.jar); w.two.get("/out") }, 10 * time.Second, "cookieauth: no such session"},
		{"signed out everywhere", true, false, func(w world) { w.one.check(w.two.auth.EndSessionsOf(context.Background(), "1")) }, poll, "the session has been ended"},
		{"everybody was", true, false, func(w world) { w.one.check(w.one.auth.EndAllSessions(context.Background())) }, 0, "the session has been ended"},
		{"signed in again", true, false, func(w world) { another(w.one).get("/in") }, 0, "the session has been ended"},
		{"somebody else signed out", true, true, func(w world) { w.one.check(w.one.auth.EndSessionsOf(context.Background(), "2")) }, time.Minute, ""},
		{"expired", false, false, func(w world) { another(w.one).get("/who") }, time.Hour + time.Second, "the ticket has expired"},
		{"expired, cut-offs", true, false, func(w world) {}, time.Hour + time.Second, "the ticket has expired"},
		{"not yet", true, true, func(w world) {}, time.Hour - 2*time.Second, ""},
		{"an outage", true, true, func(w world) { w.m.down.Store(true) }, 50 * time.Minute, ""},
		{"an outage until its end", true, true, func(w world) { w.m.down.Store(true) }, time.Hour + time.Second, "the ticket has expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				w := world{m: newMemory()}
				ring := dataprotectiontest.NewKeyRing(t)
				make := func() *site {
					cfg := cookieauth.Config{KeyRing: ring, Lifetime: time.Hour}
					if c.store {
						cfg.TicketStore = w.m
					}
					if c.cutoffs {
						return member(t, ring, w.m, cfg)
					}
					s := newSite(t, cfg)
					s.live = true
					return s
				}
				w.one, w.two = make(), make()
				w.one.get("/in")
				ended := listen(t, w.one)
				because(t, ended(), "")
				c.do(w)
				time.Sleep(c.after)
				because(t, ended(), c.want)
			})
		})
	}
}

func TestStreamOfARenewedSession(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		s, _ := storedSite(t, cookieauth.Config{Lifetime: time.Hour})
		s.live = true
		s.get("/in")
		ended := listen(t, s)
		time.Sleep(40 * time.Minute)
		s.who("Alice", false) // renews it until 1:40
		time.Sleep(50 * time.Minute)
		because(t, ended(), "")
		time.Sleep(11 * time.Minute)
		because(t, ended(), "the ticket has expired")
	})
}

func TestStreamEndsWithItsKey(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		cfg := dataprotection.Config{Application: "app", Store: memstore.New()}
		ring := dataprotectiontest.Open(t, cfg)
		s := newSite(t, cookieauth.Config{KeyRing: ring})
		s.live = true
		s.get("/in")
		ended := listen(t, s)
		m, err := dataprotection.NewManager(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		because(t, ended(), "")
		key := ring.Status().SealingKey
		if err := m.Revoke(t.Context(), key, "lost"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		because(t, ended(), "dataprotection: key "+key.String()+" has been revoked")
	})
}

func TestStreamWithoutUser(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	before := context.Background()
	s.do["/events"] = s.auth.UntilLogout(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Context() == before) })).ServeHTTP
	if a := s.get("/events"); a.body != "true" {
		t.Error("the context is another one")
	}
}

// TestStreamsOnTheWire has a browser receive events, and sign out in another tab.
func TestStreamsOnTheWire(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("events, HTTP/2 %v", h2), func(t *testing.T) {
			causes := make(chan error, 1)
			server, client := streamServer(t, h2, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				for i := 0; ; i++ {
					fmt.Fprintf(w, "data: %d\n\n", i)
					if err := http.NewResponseController(w).Flush(); err != nil {
						t.Error(err)
					}
					select {
					case <-r.Context().Done():
						causes <- context.Cause(r.Context())
						return
					case <-time.After(5 * time.Millisecond):
					}
				}
			})
			resp, err := client.Get(server.URL + "/stream")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if want := map[bool]int{false: 1, true: 2}[h2]; resp.ProtoMajor != want {
				t.Errorf("HTTP/%d", resp.ProtoMajor)
			}
			lines := bufio.NewScanner(resp.Body)
			if !lines.Scan() || lines.Text() != "data: 0" {
				t.Errorf("read %q", lines.Text())
			}
			signOut(t, server, client)
			for lines.Scan() { // until the server ends it
			}
			if err := <-causes; !errors.Is(err, cookieauth.ErrSessionOver) {
				t.Errorf("ended because of %v", err)
			}
		})
	}
	t.Run("WebSocket", func(t *testing.T) {
		causes := make(chan error, 1)
		server, client := streamServer(t, false, func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.CloseNow()
			for {
				kind, message, err := conn.Read(r.Context())
				if err != nil {
					causes <- context.Cause(r.Context())
					conn.Close(websocket.StatusPolicyViolation, "signed out")
					return
				}
				if err := conn.Write(r.Context(), kind, message); err != nil {
					t.Error(err)
				}
			}
		})
		conn, _, err := websocket.Dial(t.Context(), server.URL+"/stream", &websocket.DialOptions{HTTPClient: client})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.CloseNow()
		if err := conn.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, message, err := conn.Read(t.Context()); err != nil || string(message) != "hello" {
			t.Errorf("read %q, %v", message, err)
		}
		signOut(t, server, client)
		if _, message, err := conn.Read(t.Context()); err == nil {
			t.Errorf("read %q after the sign-out", message)
		}
		if err := <-causes; !errors.Is(err, cookieauth.ErrSessionOver) {
			t.Errorf("ended because of %v", err)
		}
	})
}

// streamServer serves a stream at /stream, behind a login that the client has.
func streamServer(t *testing.T, h2 bool, stream http.HandlerFunc) (*httptest.Server, *http.Client) {
	t.Helper()
	s := newSite(t, cookieauth.Config{Cutoffs: openCutoffs(t, cookieauth.CutoffsConfig{Store: newMemory()})})
	s.live = true
	s.do["/stream"] = s.auth.RequireUser(s.auth.UntilLogout(stream)).ServeHTTP
	server := httptest.NewUnstartedServer(s.handler())
	server.EnableHTTP2 = h2
	server.StartTLS()
	t.Cleanup(server.Close)
	s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), nil)
	s.get("/in")
	client := *server.Client()
	client.Transport = withCookie{client.Transport, "__Host-sealring=" + s.jar["__Host-sealring"]}
	return server, &client
}

// withCookie sends a cookie with each request.
type withCookie struct {
	http.RoundTripper
	cookie string
}

func (c withCookie) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Cookie", c.cookie)
	return c.RoundTripper.RoundTrip(r)
}

func signOut(t *testing.T, server *httptest.Server, client *http.Client) {
	t.Helper()
	resp, err := client.Get(server.URL + "/out")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "__Host-sealring=; expires=Thu, 01 Jan 1970") {
		t.Errorf("not signed out: %q", resp.Header)
	}
}
