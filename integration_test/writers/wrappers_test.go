package writers_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5/middleware"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/sealring/sealring/cookieauth"
)

// A wrapper is what people put around their handlers.
type wrapper struct {
	name string
	wrap func(http.Handler) http.Handler
}

var wrappers = []wrapper{
	{"chi's Logger", middleware.RequestLogger(&middleware.DefaultLogFormatter{Logger: log.New(io.Discard, "", 0), NoColor: true})},
	{"chi's Compress", middleware.Compress(5)},
	{"chi's Timeout", middleware.Timeout(time.Minute)},
	{"otelhttp", otelhttp.NewMiddleware("test")},
}

func nothing(next http.Handler) http.Handler { return next }

func everything(next http.Handler) http.Handler {
	for _, w := range wrappers {
		next = w.wrap(next)
	}
	return next
}

func TestWrappers(t *testing.T) {
	for _, wrapper := range append(wrappers, wrapper{"nothing", nothing}, wrapper{"everything", everything}) {
		for place, build := range map[string]func(*site) http.Handler{
			"outside": func(s *site) http.Handler { return wrapper.wrap(s.auth.Handler(s.pages())) },
			"inside":  func(s *site) http.Handler { return s.auth.Handler(wrapper.wrap(s.pages())) },
		} {
			t.Run(wrapper.name+" "+place, func(t *testing.T) {
				bothWays(t, func(t *testing.T, h2, due bool) {
					s := newSite(t, h2, build)
					s.answersCarryTheCookie(due)
					s.signsInAndOut(due)
					s.knowsWhenItIsTooLate(due)
					s.streams(due)
					s.survivesPanics(due)
					if h2 {
						s.hijacksInVain(due)
					} else {
						s.upgrades(due)
					}
				})
			})
		}
	}
}

func (s *site) answersCarryTheCookie(due bool) {
	for path, want := range map[string]string{"/who": "alice", "/silent": "", "/behind/page": "from behind"} {
		b := s.browser(due)
		resp := b.get(path)
		b.renewed(resp)
		b.reads(resp, want)
		b.is("alice")
	}
	s.keepsHintsFree(due)
}

// keepsHintsFree looks at a response before the response: no cookie is in it.
func (s *site) keepsHintsFree(due bool) {
	b := s.browser(due)
	hints := 0
	ctx := httptrace.WithClientTrace(s.Context(), &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
		hints++
		if h.Get("Link") == "" || h.Get("Set-Cookie") != "" {
			s.Errorf("early hints have Link %q, Set-Cookie %.40q", h.Get("Link"), h.Get("Set-Cookie"))
		}
		return nil
	}})
	r, err := http.NewRequestWithContext(ctx, "GET", s.server.URL+"/hints", nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b.renewed(resp)
	b.reads(resp, "x")
	if hints != 1 {
		s.Errorf("%d early hints, want 1", hints)
	}
}

// signsInAndOut checks that either takes the place of a pending renewal.
func (s *site) signsInAndOut(due bool) {
	b := s.browser(due)
	b.carries(b.get("/in"), "__Host-sealring=CfDJ8")
	b.due = false
	b.is("bob")
	b = s.browser(due)
	b.carries(b.get("/out"), "__Host-sealring=;")
	b.due = false
	b.is("")
}

// knowsWhenItIsTooLate signs in after the body has begun.
func (s *site) knowsWhenItIsTooLate(due bool) {
	b := s.browser(due)
	resp := b.get("/late")
	b.reads(resp, "x")
	if err := <-s.late; !errors.Is(err, cookieauth.ErrHeaderSent) {
		s.Errorf("a late sign-in returned %v, want ErrHeaderSent", err)
	}
	b.renewed(resp)
	b.is("alice")
}

func (s *site) streams(due bool) {
	for _, path := range []string{"/events", "/behind/events"} {
		b := s.browser(due)
		resp := b.get(path)
		b.renewed(resp)
		lines := bufio.NewScanner(resp.Body)
		for i := range 3 { // each arrives before the next is sent
			if lines.Scan(); lines.Text() != fmt.Sprintf("data: %d", i) {
				s.Fatalf("%s: read %q, %v, want event %d", path, lines.Text(), lines.Err(), i)
			}
			lines.Scan()
			s.more <- struct{}{}
		}
		if lines.Scan() || lines.Err() != nil {
			s.Errorf("%s: after the end: %q, %v", path, lines.Text(), lines.Err())
		}
		b.is("alice")
	}
}

// survivesPanics checks that a handler that does not end takes nothing with it.
// Before the header the cookie is not sent either; the next answer makes up for it.
func (s *site) survivesPanics(due bool) {
	b := s.browser(due)
	b.fails("/panic")
	b.is("alice")
	b = s.browser(due)
	b.fails("/abort")
	b.due = false // it left with the beginning of the answer
	b.is("alice")
}

func (s *site) upgrades(due bool) {
	for _, path := range []string{"/socket", "/behind/socket"} {
		b := s.browser(due)
		b.renewed(b.talks(path))
		b.is("alice")
	}
}

// hijacksInVain checks that a connection that could not be taken over costs nothing.
func (s *site) hijacksInVain(due bool) {
	b := s.browser(due)
	b.carries(b.get("/in-vain"), "__Host-sealring=CfDJ8")
	b.due = false
	b.is("bob")
}

// talks has a word with a WebSocket and returns the answer that opened it.
func (b *browser) talks(path string) *http.Response {
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	client := *b.client
	client.Timeout = 0 // would cut the connection's ability to write
	conn, resp, err := websocket.Dial(ctx, b.server.URL+path, &websocket.DialOptions{HTTPClient: &client})
	if err != nil {
		b.Fatal(err)
	}
	defer conn.CloseNow()
	for _, word := range []string{"one", "two"} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(word)); err != nil {
			b.Fatal(err)
		}
		if _, got, err := conn.Read(ctx); string(got) != word || err != nil {
			b.Fatalf("%s: heard %q, %v, want %q", path, got, err, word)
		}
	}
	return resp
}
