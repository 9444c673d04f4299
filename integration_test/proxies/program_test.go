package proxies_test

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/origin"
	"github.com/sealring/sealring/middleware"
)

// A program listens behind a proxy. What it does can be exchanged.
type program struct {
	address string
	now     atomic.Pointer[site]
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := new(program)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := p.now.Load(); s != nil {
			s.handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	p.address = server.Listener.Addr().String()
	return p
}

// A site is a program with a login and forms.
type site struct {
	auth    *cookieauth.Authenticator
	csrf    *antiforgery.Protection
	handler http.Handler
	log     journal
	more    chan struct{} // lets the stream of events go on
}

// The settings say how a site is set up.
type settings struct {
	origin  middleware.OriginConfig
	base    string // PathBase
	noHTTPS bool   // DangerouslyAllowHTTP
	parity  bool   // the profiles ASPNETCore
}

func newSite(t *testing.T, set settings) *site {
	t.Helper()
	s := &site{more: make(chan struct{}, 1)}
	log := zerolog.New(&s.log)
	ring := dataprotectiontest.NewKeyRing(t)
	login := cookieauth.Config{KeyRing: ring, LoginPath: "/login", PathBase: set.base, Logger: middleware.Slog(log)}
	forms := antiforgery.Config{KeyRing: ring, PathBase: set.base, Logger: middleware.Slog(log)}
	if set.parity {
		login.Profile, forms.Profile = cookieauth.ASPNETCore, antiforgery.ASPNETCore
	}
	var err error
	if s.auth, err = cookieauth.New(login); err != nil {
		t.Fatal(err)
	}
	if s.csrf, err = antiforgery.New(forms); err != nil {
		t.Fatal(err)
	}
	stack, err := middleware.Stack(middleware.Config{
		PublicOrigin: set.origin, Log: middleware.LogConfig{Logger: log}, DangerouslyAllowHTTP: set.noHTTPS,
		Authenticators: []middleware.Authenticator{s.auth}, Antiforgery: s.csrf,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = stack(s.pages())
	return s
}

var loginPage = template.Must(template.New("").Parse(`<form method="post">{{.AntiforgeryField}}<label>Name <input name="name"></label><button>Sign in</button></form>`))

func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		tokens, err := s.csrf.Tokens(w, r)
		if err != nil {
			antiforgery.Refuse(w, r, err)
			return
		}
		_ = loginPage.Execute(w, tokens)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		if err := s.auth.SignIn(w, r, claims.New("1", claims.Name(r.PostFormValue("name"))), nil); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if !s.auth.RedirectBack(w, r, "") {
			fmt.Fprint(w, "signed in")
		}
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		if err := s.auth.SignOut(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /note", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "noted "+r.PostFormValue("text")) })
	mux.HandleFunc("GET /seen", func(w http.ResponseWriter, r *http.Request) {
		_, vouched := origin.Public(r)
		fmt.Fprintf(w, "%s, vouched for: %v, for %s", origin.Of(r), vouched, r.RequestURI)
	})
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /socket", s.socket)
	mux.Handle("GET /private", middleware.Require(middleware.SignedIn, s.auth)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello "+claims.FromContext(r.Context()).Name())
	})))
	return mux
}

// events sends one event, and the next one when the first has arrived.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: one\n\n")
	_ = http.NewResponseController(w).Flush()
	select {
	case <-s.more:
		fmt.Fprint(w, "data: two\n\n")
	case <-r.Context().Done():
	}
}

// socket answers each message with the user's name before it.
func (s *site) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		name := claims.FromContext(r.Context()).Name()
		if err := conn.Write(r.Context(), kind, []byte(name+" says "+string(message))); err != nil {
			return
		}
	}
}

// A journal collects what is logged.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

// has reports whether there is a line with all of the texts.
func (j *journal) has(texts ...string) bool {
	for line := range strings.Lines(j.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			return true
		}
	}
	return false
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}
