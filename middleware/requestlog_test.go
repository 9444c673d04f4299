package middleware_test

import (
	"context"
	"errors"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/bubbletest"
	"github.com/sealring/sealring/middleware"
)

func TestRequestLog(t *testing.T) {
	fail := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", status) })
	}
	for _, c := range []struct {
		name   string
		h      http.HandlerFunc
		level  string
		status float64
		bytes  float64
	}{
		{"a body", text("hello").ServeHTTP, "info", 200, 5},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "info", 200, 0},
		{"a status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "info", 204, 0},
		{"the first status counts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(200) }, "info", 404, 0},
		{"an announcement before", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, "info", 201, 0},
		{"the visitor's fault", fail(403).ServeHTTP, "info", 403, 6},
		{"our fault", fail(503).ServeHTTP, "error", 503, 6},
		{"strings and bytes", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ab"); w.Write([]byte("cde")) }, "info", 200, 5},
		{"a copy", func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, struct{ io.Reader }{strings.NewReader("abcd")})
		}, "info", 200, 4},
		{"flushed", func(w http.ResponseWriter, _ *http.Request) { http.NewResponseController(w).Flush() }, "info", 200, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			serve(middleware.RequestLog(middleware.LogConfig{Logger: log})(c.h), get("/a"))
			e := j.only()
			if e["level"] != c.level || e["status"] != c.status || e["bytes"] != c.bytes || e["method"] != "GET" || e["host"] != "app.example" || e["https"] != true || e["path"] != "/a" {
				t.Errorf("got %v, want level %s, status %v, %v bytes of GET https://app.example/a", e, c.level, c.status, c.bytes)
			}
			if _, ok := e["user"]; ok || e["route"] != nil || e["panicked"] != nil {
				t.Errorf("%v: a user, a route or a panic out of nowhere", e)
			}
		})
	}
}

func TestRequestLogMeasuresTime(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		j, log := newJournal(t)
		slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(1500 * time.Millisecond) })
		serve(middleware.RequestLog(middleware.LogConfig{Logger: log})(slow), get("/"))
		if got := j.only()["duration"]; got != 1500.0 {
			t.Errorf("duration %v, want 1500", got)
		}
	})
}

func TestRequestLogOfAPanic(t *testing.T) {
	for _, c := range []struct {
		name    string
		cause   any
		written int // a status
		want    map[string]any
	}{
		{"an error", errors.New("oops"), 0, map[string]any{"level": "error", "status": 500.0, "panicked": true, "aborted": nil}},
		{"an error after the header", errors.New("oops"), 200, map[string]any{"level": "error", "status": 200.0, "panicked": true, "aborted": nil}},
		{"aborted", http.ErrAbortHandler, 0, map[string]any{"level": "info", "status": nil, "panicked": nil, "aborted": true}},
		{"aborted after the header", http.ErrAbortHandler, 502, map[string]any{"level": "error", "status": 502.0, "panicked": nil, "aborted": true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			h := middleware.RequestLog(middleware.LogConfig{Logger: log})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if c.written != 0 {
					w.WriteHeader(c.written)
				}
				panic(c.cause)
			}))
			func() {
				defer func() {
					if got := recover(); got != c.cause {
						t.Errorf("recovered %v, want %v", got, c.cause)
					}
				}()
				serve(h, get("/"))
			}()
			e := j.only()
			for field, want := range c.want {
				if e[field] != want {
					t.Errorf("%s: got %v, want %v", field, e[field], want)
				}
			}
			if strings.Contains(j.String(), "oops") {
				t.Errorf("the log tells why: %s", j)
			}
		})
	}
}

// The server's log tells where a panic began.
func TestStackOfAPanic(t *testing.T) {
	_, log := newJournal(t)
	var lines strings.Builder // read when the server has been closed
	server := httptest.NewUnstartedServer(middleware.RequestLog(middleware.LogConfig{Logger: log})(http.HandlerFunc(whereItBegins)))
	server.Config.ErrorLog = stdlog.New(&lines, "", 0)
	server.Start()
	if resp, err := server.Client().Get(server.URL); err == nil {
		resp.Body.Close()
		t.Errorf("got %s, want a connection that is cut", resp.Status)
	}
	server.Close()
	if !strings.Contains(lines.String(), "whereItBegins") {
		t.Errorf("the server's log does not say where it began:\n%s", lines.String())
	}
}

func whereItBegins(http.ResponseWriter, *http.Request) { panic("oops") }

// Whatever a client sends that may be secret stays out of the log, and the log stays small.
func TestRequestLogKeepsSecrets(t *testing.T) {
	j, log := newJournal(t)
	r := httptest.NewRequest("POST", "/reset/SECRET-path?token=SECRET-query", strings.NewReader("password=SECRET-body"))
	r.URL.User = nil
	r.Header.Set("Cookie", "a=SECRET-cookie")
	r.Header.Set("Authorization", "Bearer SECRET-bearer")
	r.Header.Set("Referer", "https://app.example/?SECRET-referer")
	r.Header.Set("X-Request-Id", "SECRET-id")
	r.Host = strings.Repeat("x", 5000)
	h := middleware.RequestLog(middleware.LogConfig{Logger: log, SecretPath: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/reset/") }})
	w := serve(h(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "a=SECRET-set")
		w.Header().Set("Location", "/?SECRET-location")
		w.WriteHeader(303)
	})), r)
	j.only()
	if strings.Contains(j.String(), "SECRET") {
		t.Errorf("the log tells a secret: %s", j)
	}
	if j.Len() > 2000 {
		t.Errorf("%d bytes for one request", j.Len())
	}
	if id := w.Header().Get("X-Request-Id"); id != "" {
		t.Errorf("the answer tells the id %q", id)
	}
}

func TestRequestID(t *testing.T) {
	for _, c := range []struct {
		name, header, sent string
		taken              bool
	}{
		{"own", "", "abc", false},
		{"of the proxy", "X-Request-Id", "0f-A_b.9", true},
		{"none of the proxy", "X-Request-Id", "", false},
		{"malformed", "X-Request-Id", "a b", false},
		{"a line break", "X-Request-Id", "a\nb", false},
		{"too long", "X-Request-Id", strings.Repeat("a", 65), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			var id string
			r := get("/")
			r.Header["X-Request-Id"] = []string{c.sent}
			w := serve(middleware.RequestLog(middleware.LogConfig{Logger: log, IDHeader: c.header})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				id = middleware.RequestID(r.Context())
				middleware.Logger(r.Context()).Warn().Msg("by zerolog")
				middleware.Slog(log).WarnContext(r.Context(), "by slog")
			})), r)
			if (id == c.sent) != c.taken || len(id) < 8 {
				t.Errorf("id %q, sent %q", id, c.sent)
			}
			if got := w.Header().Get("X-Request-Id"); c.header != "" && got != id || c.header == "" && got != "" {
				t.Errorf("the answer tells %q, want %q", got, id)
			}
			for _, message := range []string{"request", "by zerolog", "by slog"} {
				if e := j.events(message); len(e) != 1 || e[0]["request_id"] != id {
					t.Errorf("%s: got %v, want id %s", message, e, id)
				}
			}
		})
	}
	j, log := newJournal(t)
	if id := middleware.RequestID(t.Context()); id != "" {
		t.Errorf("id %q of no request", id)
	}
	middleware.Logger(t.Context()).Error().Msg("lost")
	middleware.Slog(log).Error("not of a request")
	if strings.Contains(j.String(), "request_id") {
		t.Error(j)
	}
}

func TestRequestLogWithoutLogger(t *testing.T) {
	j, log := newJournal(t)
	for _, l := range []zerolog.Logger{{}, zerolog.Nop(), log.Level(zerolog.ErrorLevel)} {
		if w := serve(middleware.RequestLog(middleware.LogConfig{Logger: l})(text("x")), get("/")); w.Body.String() != "x" {
			t.Errorf("body %q", w.Body)
		}
	}
	if j.Len() > 0 {
		t.Error(j)
	}
}

// The user is found further in, and told further out.
func TestRequestLogKnowsTheUser(t *testing.T) {
	auth, staff := newAuth(t, cookieauth.Config{}), newAuth(t, cookieauth.Config{Scheme: "Staff"})
	alice := func(auths ...*cookieauth.Authenticator) *http.Request {
		r := get("/")
		for k, a := range auths {
			signIn(t, r, a, claims.New([]string{"42", "7"}[k], claims.Name("Alice Secret")))
		}
		return r
	}
	chain := func(hs ...func(http.Handler) http.Handler) http.Handler {
		h := text("x")
		for k := range hs {
			h = hs[len(hs)-1-k](h)
		}
		return h
	}
	bearer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p := claims.New("b").Authenticated("Bearer")
			next.ServeHTTP(w, r.WithContext(claims.NewContext(r.Context(), p)))
		})
	}
	for _, c := range []struct {
		name         string
		r            *http.Request
		h            func(log func(http.Handler) http.Handler) http.Handler
		user, scheme any
	}{
		{"nobody", get("/"), func(l func(http.Handler) http.Handler) http.Handler { return chain(l, auth.Handler) }, nil, nil},
		{"a user", alice(auth), func(l func(http.Handler) http.Handler) http.Handler { return chain(l, auth.Handler) }, "42", "Cookies"},
		{"by RequireUser alone", alice(auth), func(l func(http.Handler) http.Handler) http.Handler { return chain(l, auth.RequireUser) }, "42", "Cookies"},
		{"by Require alone", alice(auth), func(l func(http.Handler) http.Handler) http.Handler {
			return chain(l, middleware.Require(middleware.SignedIn, auth))
		}, "42", "Cookies"},
		{"by two schemes", alice(auth, staff), func(l func(http.Handler) http.Handler) http.Handler { return chain(l, auth.Handler, staff.Handler) }, "7", "Cookies,Staff"},
		{"found further out", alice(auth), func(l func(http.Handler) http.Handler) http.Handler { return chain(auth.Handler, l) }, "42", "Cookies"},
		{"found further out by another", get("/"), func(l func(http.Handler) http.Handler) http.Handler { return chain(bearer, l) }, "b", "Bearer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			serve(c.h(middleware.RequestLog(middleware.LogConfig{Logger: log})), c.r)
			if e := j.only(); e["user"] != c.user || e["scheme"] != c.scheme || strings.Contains(j.String(), "Alice") {
				t.Errorf("got %v, want user %v by %v", e, c.user, c.scheme)
			}
		})
	}
}

type otherKey struct{}

func TestRequestLogKnowsTheRoute(t *testing.T) {
	auth := newAuth(t, cookieauth.Config{})
	type wrap = func(http.Handler) http.Handler
	mux := func() *http.ServeMux {
		m := http.NewServeMux()
		m.Handle("GET /users/{id}", text("x"))
		return m
	}
	router := func(use ...func(http.Handler) http.Handler) chi.Router {
		r := chi.NewRouter()
		r.Use(use...)
		r.Route("/users", func(r chi.Router) { r.Method("GET", "/{id}", text("x")) })
		r.With(middleware.Require(middleware.SignedIn, auth)).Method("GET", "/private/{id}", text("x"))
		r.Route("/branch", func(r chi.Router) {
			r.Use(middleware.Require(middleware.SignedIn, auth))
			r.Method("GET", "/{id}", text("x"))
		})
		return r
	}
	// copies makes a request of its own, as many handlers do.
	copies := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), otherKey{}, 2)))
		})
	}
	for _, c := range []struct {
		name, path string
		h          func(log wrap) http.Handler
		want       any
	}{
		{"ServeMux", "/users/1", func(l wrap) http.Handler { return l(mux()) }, "GET /users/{id}"},
		{"ServeMux behind the authenticator", "/users/1", func(l wrap) http.Handler { return l(auth.Handler(mux())) }, "GET /users/{id}"},
		{"ServeMux outside", "/users/1", func(l wrap) http.Handler {
			m := http.NewServeMux()
			m.Handle("/users/", l(text("x")))
			return m
		}, "/users/"},
		{"ServeMux, not found", "/nowhere", func(l wrap) http.Handler { return l(mux()) }, nil},
		{"chi", "/users/1", func(l wrap) http.Handler { return router(l) }, "/users/{id}"},
		{"chi behind others", "/users/1", func(l wrap) http.Handler { return router(l, copies, auth.Handler) }, "/users/{id}"},
		{"chi, not found", "/nowhere", func(l wrap) http.Handler { return router(l) }, nil},
		{"chi in it, told by Require", "/private/1", func(l wrap) http.Handler { return l(router()) }, "/private/{id}"},
		{"chi, Require before a branch", "/branch/1", func(l wrap) http.Handler { return router(l) }, "/branch/{id}"},
		{"chi in it, Require before a branch", "/branch/1", func(l wrap) http.Handler { return l(router()) }, "/branch/{id}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j, log := newJournal(t)
			serve(c.h(middleware.RequestLog(middleware.LogConfig{Logger: log})), signIn(t, get(c.path), auth, claims.New("1")))
			if e := j.only(); e["route"] != c.want || e["path"] != c.path {
				t.Errorf("route %v of %v, want %v of %s", e["route"], e["path"], c.want, c.path)
			}
		})
	}
}

// The pattern is there for handlers between, too, such as those that measure.
func TestPatternIsHandedBack(t *testing.T) {
	_, log := newJournal(t)
	mux := http.NewServeMux()
	mux.Handle("GET /a/{b}", text("x"))
	r := get("/a/1")
	auth := newAuth(t, cookieauth.Config{})
	serve(middleware.RequestLog(middleware.LogConfig{Logger: log})(auth.Handler(mux)), signIn(t, r, auth, claims.New("1")))
	if r.Pattern != "GET /a/{b}" {
		t.Errorf("pattern %q", r.Pattern)
	}
}

func TestRequestLogTwiceLogsOnce(t *testing.T) {
	j, log := newJournal(t)
	h := middleware.RequestLog(middleware.LogConfig{Logger: log})
	serve(h(h(text("x"))), get("/"))
	if e := j.only(); e["bytes"] != 1.0 {
		t.Error(e)
	}
}

// Too late is too late, and SignIn says so.
func TestSignInAfterWritingBehindRequestLog(t *testing.T) {
	auth := newAuth(t, cookieauth.Config{})
	_, log := newJournal(t)
	var err error
	serve(middleware.RequestLog(middleware.LogConfig{Logger: log})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("x"))
		err = auth.SignIn(w, r, claims.New("1"), nil)
	})), get("/"))
	if !errors.Is(err, cookieauth.ErrHeaderSent) {
		t.Errorf("got %v, want ErrHeaderSent", err)
	}
}

// What runs on after a timeout must not disturb the log.
func TestRequestLogAroundATimeout(t *testing.T) {
	j, log := newJournal(t)
	auth := newAuth(t, cookieauth.Config{})
	answered, done := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		<-answered
		w.Write([]byte("too late"))
		auth.SignIn(w, r, claims.New("1"), nil)
	})
	timeout := http.TimeoutHandler(auth.Handler(slow), time.Millisecond, "slow")
	h := middleware.RequestLog(middleware.LogConfig{Logger: log})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout.ServeHTTP(w, r)
		close(answered)
	}))
	serve(h, signIn(t, get("/"), auth, claims.New("1")))
	<-done
	if e := j.only(); e["status"] != 503.0 || e["bytes"] != 4.0 {
		t.Error(e)
	}
}
