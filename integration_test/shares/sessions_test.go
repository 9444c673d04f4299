//go:build linux

package shares_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/dataprotection"
)

// endedSessions measures how long it takes until every instance refuses a login whose
// user was signed out everywhere. The instances poll as they do by default.
func endedSessions(t *testing.T, w *world, s share) {
	f := startFleet(t, w, 4, dataprotection.DefaultPollInterval)
	f.ask(t, "open "+s.directory(t, w.A, "ended"))
	dir := s.where + "/sessions"
	if output, err := w.A.RunRole(t, "provisionSessions", dir); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	f.ask(t, "sessions "+dir)
	cookie := must(t, f[0], "signIn")
	time.Sleep(3 * time.Second) // somewhere within a poll
	for _, m := range f[1:] {
		if err := m.Tell("signedOut " + cookie); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	must(t, f[0], "endAll")
	f[1:].answers(t, "signed out")
	took := time.Since(begin)
	t.Logf("ended at the last of %d instances on two hosts after %.1f s", len(f), took.Seconds())
	if took > s.limit {
		t.Errorf("that is more than %v", s.limit)
	}
}

func provisionSessions(args []string) error { return filetickets.Provision(args[0]) }

// sessions begins to use a directory for the ends of sessions.
func (s *session) sessions(ctx context.Context, args ...string) (string, error) {
	store, err := filetickets.New(filetickets.Config{Dir: args[0], Shared: true})
	if err != nil {
		return "", err
	}
	logger := slog.New(slog.DiscardHandler)
	cutoffs, err := cookieauth.OpenCutoffs(ctx, cookieauth.CutoffsConfig{Store: store, PollInterval: s.poll, Logger: logger})
	if err != nil {
		return "", err
	}
	s.auth, err = cookieauth.New(cookieauth.Config{KeyRing: s.ring, LoginPath: "/login", Cutoffs: cutoffs, Logger: logger})
	return "open", err
}

// signIn signs a user in. The answer is the cookie.
func (s *session) signIn(context.Context, ...string) (string, error) {
	w := httptest.NewRecorder()
	if err := s.auth.SignIn(w, httptest.NewRequest("POST", "https://shop.example/login", nil), claims.New("1"), nil); err != nil {
		return "", err
	}
	c := w.Result().Cookies()
	if len(c) != 1 {
		return "", errors.New("no cookie")
	}
	return c[0].Name + "=" + c[0].Value, nil
}

// endAll signs the user out everywhere.
func (s *session) endAll(ctx context.Context, _ ...string) (string, error) {
	return "ended", s.auth.EndSessionsOf(ctx, "1")
}

// signedOut waits until the cookie is refused, two minutes at most. It has to be
// accepted at first.
func (s *session) signedOut(_ context.Context, args ...string) (string, error) {
	accepted := func() (yes bool) {
		r := httptest.NewRequest("GET", "https://shop.example/", nil)
		r.Header.Set("Cookie", strings.Join(args, " "))
		s.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			yes = claims.FromContext(r.Context()).IsAuthenticated()
		})).ServeHTTP(httptest.NewRecorder(), r)
		return yes
	}
	if !accepted() {
		return "", errors.New("the login is not accepted")
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if !accepted() {
			return "signed out", nil
		}
	}
	return "", errors.New("the login is still accepted")
}
