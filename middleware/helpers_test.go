package middleware_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// A journal collects events, of several requests at once.
type journal struct {
	t   *testing.T
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

func (j *journal) Len() int { return len(j.String()) }

func newJournal(t *testing.T) (*journal, zerolog.Logger) {
	j := &journal{t: t}
	return j, zerolog.New(j)
}

// events returns what was logged with a message.
func (j *journal) events(message string) (found []map[string]any) {
	j.t.Helper()
	for line := range strings.Lines(j.String()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			j.t.Fatalf("%s: %v", line, err)
		}
		if strings.HasPrefix(event["message"].(string), message) {
			found = append(found, event)
		}
	}
	return found
}

// only returns the only event of a request.
func (j *journal) only() map[string]any {
	j.t.Helper()
	found := j.events("request")
	if len(found) != 1 {
		j.t.Fatalf("%d requests logged, want 1:\n%s", len(found), j)
	}
	return found[0]
}

func https(r *http.Request) *http.Request {
	r.TLS = &tls.ConnectionState{}
	return r
}

// get is a request of a browser elsewhere, over HTTPS.
func get(target string) *http.Request {
	r := https(httptest.NewRequest("GET", target, nil))
	r.Host = "app.example"
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var quiet = slog.New(slog.DiscardHandler)

func newAuth(t testing.TB, cfg cookieauth.Config) *cookieauth.Authenticator {
	t.Helper()
	if cfg.KeyRing == nil {
		cfg.KeyRing = dataprotectiontest.NewKeyRing(t)
	}
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	auth, err := cookieauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// signIn adds to a request the cookie of a user.
func signIn(t testing.TB, r *http.Request, auth *cookieauth.Authenticator, p *claims.Principal) *http.Request {
	t.Helper()
	w := httptest.NewRecorder()
	if err := auth.SignIn(w, get("/login"), p, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.Result().Cookies() {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	return r
}

// must is for constructors that cannot fail here.
func must(t testing.TB) func(h func(http.Handler) http.Handler, err error) func(http.Handler) http.Handler {
	return func(h func(http.Handler) http.Handler, err error) func(http.Handler) http.Handler {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
}

// text answers with a body.
func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(s)) })
}

// wantProblems checks that an error names each of several things.
func wantProblems(t *testing.T, err error, wants ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant …%s…", err, want)
		}
	}
	if got := strings.Count(err.Error(), "; ") + 1; got < len(wants) {
		t.Errorf("%d problems, want %d: %v", got, len(wants), err)
	}
}
