package main

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"sync"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

//go:embed templates
var files embed.FS

type site struct {
	csrf     *antiforgery.Protection
	links    *links
	accounts *accounts
	outbox   outbox
	pages    *template.Template
}

func newSite(ring *dataprotection.KeyRing, log zerolog.Logger) (http.Handler, error) {
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: middleware.Slog(log)})
	if err != nil {
		return nil, err
	}
	stack, err := middleware.Stack(middleware.Config{
		Log:         middleware.LogConfig{Logger: log},
		Antiforgery: csrf,
		// A page that a link leads to must not tell other sites the link.
		Headers: middleware.HeadersConfig{Override: map[string]string{"Referrer-Policy": "same-origin"}},
	})
	if err != nil {
		return nil, err
	}
	s := &site{csrf: csrf, links: newLinks(ring), accounts: newAccounts()}
	s.pages = template.Must(template.New("").Funcs(antiforgery.Funcs()).ParseFS(files, "templates/*.html"))
	return stack(s.routes()), nil
}

func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /register", s.register)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /forgot", s.forgot)
	mux.HandleFunc("GET /confirm", s.confirmPage)
	mux.HandleFunc("POST /confirm", s.confirm)
	mux.HandleFunc("GET /reset", s.resetPage)
	mux.HandleFunc("POST /reset", s.reset)
	mux.HandleFunc("GET /outbox", s.showOutbox)
	return mux
}

// An outbox stands for the mail server. A real one takes the address of the site
// from its configuration: taken from a request's Host, which clients choose, links
// would lead to wherever an attacker likes.
type outbox struct {
	mu    sync.Mutex
	mails []mail
}

type mail struct{ To, Text, Link string }

func (o *outbox) send(m mail) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
}

func (o *outbox) list() []mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]mail(nil), o.mails...)
}

// A page is what the templates show.
type page struct {
	antiforgery.Tokens
	Title, Text string
	Email, Link string
	Mails       []mail
}

func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var err error
	if p.Tokens, err = s.csrf.Tokens(w, r); err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := s.pages.ExecuteTemplate(w, name, p); err != nil {
		middleware.Logger(r.Context()).Error().Err(err).Str("page", name).Msg("render")
	}
}

// fail tells a link that is no good from a key ring that is out of reach: the first
// is for good, the second for a moment.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, dataprotection.ErrInvalidPayload):
		s.show(w, r, http.StatusGone, "message.html", page{
			Title: "This link is no longer good",
			Text:  "It has been used, or it is too old, or it was cut off on its way. Ask for another one.",
		})
	case errors.Is(err, dataprotection.ErrUnavailable):
		w.Header().Set("Retry-After", "10")
		http.Error(w, "Please try again in a moment.", http.StatusServiceUnavailable)
	default:
		middleware.Logger(r.Context()).Error().Err(err).Msg("request failed")
		http.Error(w, "Something went wrong on our side. Please try again.", http.StatusInternalServerError)
	}
}
