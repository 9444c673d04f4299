package main

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

//go:embed static
var files embed.FS

type site struct {
	auth  *cookieauth.Authenticator
	csrf  *antiforgery.Protection
	notes notes
}

func newSite(ring *dataprotection.KeyRing, log zerolog.Logger) (http.Handler, error) {
	logger := middleware.Slog(log)
	// Without a LoginPath those who must log in first are answered with 401.
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Logger: logger})
	if err != nil {
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: ring,
		Mode:    antiforgery.BrowserAndTokens, // to show tokens at work; BrowserFirst needs none with today's browsers
		Header:  "X-XSRF-TOKEN",               // what Angular, axios and others send by themselves
		NoForm:  true,
		Outage:  auth.Outage,
		Logger:  logger,
	})
	if err != nil {
		return nil, err
	}
	stack, err := middleware.Stack(middleware.Config{
		Log:            middleware.LogConfig{Logger: log},
		Authenticators: []middleware.Authenticator{auth},
		Antiforgery:    csrf,
	})
	if err != nil {
		return nil, err
	}
	s := &site{auth: auth, csrf: csrf}
	return stack(s.routes()), nil
}

func (s *site) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.Handle("GET /static/", http.FileServerFS(files))
	mux.Handle("GET /api/antiforgery", s.csrf.TokenEndpoint())
	mux.HandleFunc("POST /api/login", s.login)
	mux.HandleFunc("POST /api/logout", s.logout)
	mux.Handle("GET /api/me", s.auth.RequireUser(http.HandlerFunc(s.me)))
	mux.Handle("GET /api/notes", s.auth.RequireUser(http.HandlerFunc(s.listNotes)))
	mux.Handle("POST /api/notes", s.auth.RequireUser(http.HandlerFunc(s.addNote)))
	return mux
}

// index is the one page, with a token for whoever is there now.
func (s *site) index(w http.ResponseWriter, r *http.Request) {
	if err := s.giveToken(w, r, claims.FromContext(r.Context())); err != nil {
		antiforgery.Refuse(w, r, err)
		return
	}
	page, err := fs.ReadFile(files, "static/index.html")
	if err != nil {
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(page) // a visitor who has gone does not miss it
}

// giveToken puts the request token for a user into a cookie that scripts can read;
// scripts of other origins cannot. Browsers take a Secure cookie from localhost, too;
// where one does not, the script asks /api/antiforgery.
func (s *site) giveToken(w http.ResponseWriter, r *http.Request, user *claims.Principal) error {
	tokens, err := s.csrf.TokensFor(w, r, user)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: "XSRF-TOKEN", Value: tokens.Request, Path: "/", Secure: true, SameSite: http.SameSiteStrictMode})
	return nil
}
