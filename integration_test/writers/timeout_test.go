package writers_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/sealring/sealring/cookieauth"
)

// answered is the key of a channel that is closed once a request has been answered.
type answered struct{}

// inTime answers requests that take too long, as http.TimeoutHandler does, and tells
// those who run on that it has.
func inTime(next http.Handler, most time.Duration) http.Handler {
	timeout := http.TimeoutHandler(next, most, "too slow")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		defer close(done)
		timeout.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), answered{}, done)))
	})
}

// slow signs in when its time is up, or after that.
func (s *site) slow() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/who" {
			io.WriteString(w, s.auth.User(r).Name())
			return
		}
		<-r.Context().Done()
		if done, ok := r.Context().Value(answered{}).(chan struct{}); ok {
			<-done
		}
		s.late <- s.auth.SignIn(w, r, bob, nil)
	})
}

func TestSignInAfterTheTimeout(t *testing.T) {
	const most = 50 * time.Millisecond
	standard := func(next http.Handler) http.Handler { return inTime(next, most) }
	for _, c := range []struct {
		name    string
		status  int
		carries bool // the answer to the slow request has the renewal
		build   func(*site) http.Handler
	}{
		{"http.TimeoutHandler inside", 503, true, func(s *site) http.Handler { return s.auth.Handler(standard(s.slow())) }},
		{"http.TimeoutHandler outside", 503, false, func(s *site) http.Handler { return standard(s.auth.Handler(s.slow())) }},
		{"chi's Timeout inside", 504, true, func(s *site) http.Handler { return s.auth.Handler(middleware.Timeout(most)(s.slow())) }},
		{"chi's Timeout outside", 504, true, func(s *site) http.Handler { return middleware.Timeout(most)(s.auth.Handler(s.slow())) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, h2, due bool) {
				s := newSite(t, h2, c.build)
				b := s.browser(due)
				resp := b.get("/slow")
				if err := <-s.late; !errors.Is(err, cookieauth.ErrHeaderSent) || resp.StatusCode != c.status {
					t.Errorf("sign-in returned %v, status %d, want ErrHeaderSent and %d", err, resp.StatusCode, c.status)
				}
				if c.carries {
					b.renewed(resp)
				} else {
					b.carries(resp, "")
				}
				b.is("alice")
			})
		})
	}
}

// TestSignInAtTheTimeout lets the two race: whoever wins, the answer is of one piece.
func TestSignInAtTheTimeout(t *testing.T) {
	const most = 5 * time.Millisecond
	atLast := func(s *site) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/who" {
				io.WriteString(w, s.auth.User(r).Name())
				return
			}
			time.Sleep(most - 200*time.Microsecond)
			if err := s.auth.SignIn(w, r, bob, nil); err != nil && !errors.Is(err, cookieauth.ErrHeaderSent) {
				s.Error(err)
			}
		})
	}
	for name, build := range map[string]func(*site) http.Handler{
		"inside":  func(s *site) http.Handler { return s.auth.Handler(http.TimeoutHandler(atLast(s), most, "")) },
		"outside": func(s *site) http.Handler { return http.TimeoutHandler(s.auth.Handler(atLast(s)), most, "") },
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, h2, due bool) {
				s := newSite(t, h2, build)
				for range 20 {
					b := s.browser(due)
					want := map[int]string{200: "bob", 503: "alice"}[b.get("/in").StatusCode]
					if resp := b.get("/who"); resp.StatusCode == 200 {
						b.reads(resp, want)
					}
				}
			})
		})
	}
}
