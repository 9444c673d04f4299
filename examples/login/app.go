package main

import (
	"context"
	"embed"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

//go:embed templates static
var files embed.FS

// An app is what the handlers share.
type app struct {
	log   zerolog.Logger
	ring  *dataprotection.KeyRing
	auth  *cookieauth.Authenticator
	csrf  *antiforgery.Protection
	users *users
	pages *template.Template
}

func newApp(ctx context.Context, log zerolog.Logger, store dataprotection.Store) (*app, error) {
	logger := middleware.Slog(log)
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: "login", // the same on all instances
		Store:       store,
		Logger:      logger,
	})
	if err != nil {
		return nil, err
	}
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login", Logger: logger})
	if err != nil {
		ring.Close()
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Outage: auth.Outage, Logger: logger})
	if err != nil {
		ring.Close()
		return nil, err
	}
	pages := template.Must(template.New("").Funcs(antiforgery.Funcs()).ParseFS(files, "templates/*.html"))
	return &app{log: log, ring: ring, auth: auth, csrf: csrf, users: demoUsers(), pages: pages}, nil
}

func (a *app) close() { a.ring.Close() }

func (a *app) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.RequestLog(middleware.LogConfig{Logger: a.log}))
	r.Use(a.auth.Handler) // who is it? never turns anybody away
	r.Use(a.csrf.Handler) // other sites cannot post our forms

	r.Handle("GET /static/*", http.FileServerFS(files))
	r.Get("/", a.home)
	r.Get("/login", a.loginForm)
	r.Post("/login", a.login)
	r.Post("/logout", a.logout)
	r.Method("GET", "/account", a.auth.RequireUser(http.HandlerFunc(a.account)))
	return r
}

func (a *app) home(w http.ResponseWriter, r *http.Request) {
	a.render(w, r, http.StatusOK, "home.html", page{Title: "Welcome"})
}

func (a *app) account(w http.ResponseWriter, r *http.Request) {
	a.render(w, r, http.StatusOK, "account.html", page{Title: "Your account", Key: a.ring.Status().SealingKey.String()})
}

func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	a.render(w, r, http.StatusOK, "login.html", page{Title: "Log in"})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	user, ok := a.users.verify(name, r.PostFormValue("password"))
	if !ok {
		a.render(w, r, http.StatusUnauthorized, "login.html", page{Title: "Log in", Name: name, Error: "This name and password do not belong together."})
		return
	}
	principal := claims.New(user.id, claims.Name(user.name))
	remember := r.PostFormValue("remember") != ""
	if err := a.auth.SignIn(w, r, principal, &cookieauth.SignInOptions{Persistent: remember}); err != nil {
		a.fail(w, r, err)
		return
	}
	if !a.auth.RedirectBack(w, r, "") { // to the page that asked for the login
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	}
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.SignOut(w, r); err != nil {
		a.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// A page is what the templates show.
type page struct {
	antiforgery.Tokens            // for the forms
	Title, User, Name, Error, Key string
}

func (a *app) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var err error
	if p.Tokens, err = a.csrf.Tokens(w, r); err != nil {
		a.fail(w, r, err)
		return
	}
	p.User = claims.FromContext(r.Context()).Name()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := a.pages.ExecuteTemplate(w, name, p); err != nil {
		middleware.Logger(r.Context()).Error().Err(err).Str("page", name).Msg("render")
	}
}

func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	middleware.Logger(r.Context()).Error().Err(err).Msg("request failed")
	http.Error(w, "Something went wrong on our side. Please try again.", http.StatusInternalServerError)
}
