package main

import (
	"fmt"
	"html/template"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// A site is the Go half of the shop.
type site struct {
	auth *cookieauth.Authenticator
	csrf *antiforgery.Protection
}

// newSite returns the Go half, with the way to the other one below /orders. The
// profiles ASPNETCore are what makes both halves agree.
func newSite(ring *dataprotection.KeyRing, log zerolog.Logger, orders http.Handler) (http.Handler, error) {
	logger := middleware.Slog(log)
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, LoginPath: "/login", Logger: logger})
	if err != nil {
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Profile: antiforgery.ASPNETCore, Logger: logger})
	if err != nil {
		return nil, err
	}
	s := &site{auth, csrf}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /login", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.Handle("POST /notes", auth.RequireUser(http.HandlerFunc(s.note)))
	stack, err := middleware.Stack(middleware.Config{
		Log:            middleware.LogConfig{Logger: log},
		Authenticators: []middleware.Authenticator{auth},
		Antiforgery:    csrf,
	})
	if err != nil {
		return nil, err
	}
	both := http.NewServeMux()
	both.Handle("/", stack(mux))
	both.Handle("/orders", orders) // it checks for itself
	both.Handle("/orders/", orders)
	return both, nil
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	if name == "" {
		s.page(w, r, http.StatusBadRequest, "Please give a name.")
		return
	}
	// A real application checks a password here; see examples/login.
	if err := s.auth.SignIn(w, r, claims.New(name, claims.Name(name)), nil); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !s.auth.RedirectBack(w, r, "") {
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.auth.SignOut(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *site) note(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, fmt.Sprintf("%s has left the note %q in Go.", s.auth.User(r).Name(), r.PostFormValue("text")))
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "This is the Go half.")
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Shop</title>
<header>Go. You are {{if .User}}{{.User.Name}}{{else}}nobody{{end}}. <a href="/orders">To the ASP.NET Core half</a></header>
<main>
<h1>{{.Text}}</h1>
{{if .User -}}
<form method="post" action="/notes">{{.AntiforgeryField}}<label>Note <input name="text" value="hello"></label> <button>Leave a note here</button></form>
<form method="post" action="/orders">{{.AntiforgeryField}}<label>What <input name="what" value="tea"></label> <button>Order from the ASP.NET Core half</button></form>
<form method="post" action="/logout">{{.AntiforgeryField}}<button>Log out here</button></form>
{{- else -}}
<form method="post" action="/login?ReturnUrl={{.Return}}">{{.AntiforgeryField}}<label>Name <input name="name" value="alice" autocomplete="username"></label> <button>Log in</button></form>
{{- end}}
</main>
</html>
`))

func (s *site) page(w http.ResponseWriter, r *http.Request, status int, text string) {
	tokens, err := s.csrf.Tokens(w, r)
	if err != nil {
		antiforgery.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, struct { // a visitor who has gone does not miss it
		antiforgery.Tokens
		Text, Return string
		User         *claims.Principal
	}{tokens, text, r.URL.Query().Get("ReturnUrl"), s.auth.User(r)})
}
