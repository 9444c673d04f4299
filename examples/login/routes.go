package main

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"
)

// maxBody is more than any form here has.
const maxBody = 64 << 10

func (a *app) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(limitBody, a.stack) // who is it? never turns anybody away; and no other site posts our forms
	r.Use(a.refuseLarge, chimiddleware.GetHead)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { a.notice(w, r, http.StatusNotFound, notFound) })
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Allow", allowed(r, req.URL.Path))
		a.notice(w, req, http.StatusMethodNotAllowed, notFound)
	})

	r.Method("GET", "/static/*", static())
	r.Get("/", a.home)
	r.Get("/register", a.registerForm)
	r.Post("/register", a.register)
	r.Get("/login", a.loginForm)
	r.Post("/login", a.login)
	r.Post("/logout", a.logout)
	r.Get("/denied", func(w http.ResponseWriter, r *http.Request) { a.notice(w, r, http.StatusForbidden, denied) })

	r.Route("/account", func(r chi.Router) {
		r.Use(a.demand(a.auth.RequireUser))
		r.Get("/", a.account)
		r.Post("/name", a.changeName)
		r.Post("/password", a.changePassword)
		r.Post("/sessions/end", a.endSession)
		r.Post("/sessions/end-others", a.endOthers)
	})
	r.Route("/admin", func(r chi.Router) {
		r.Use(a.demand(a.auth.RequireRole(roleAdmin)))
		r.Get("/", a.admin)
		r.Post("/role", a.changeRole)
	})
	return r
}

// demand puts a page of our own before the bare answer that a demand has for the
// time in which it cannot be told who somebody is.
func (a *app) demand(require func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		required := require(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := a.auth.Outage(r); err != nil {
				a.fail(w, r, err)
				return
			}
			required.ServeHTTP(w, r)
		})
	}
}

// allowed lists the methods that there is a handler for.
func allowed(r chi.Routes, path string) string {
	var methods []string
	if r.Match(chi.NewRouteContext(), "GET", path) {
		methods = append(methods, "GET", "HEAD")
	}
	if r.Match(chi.NewRouteContext(), "POST", path) {
		methods = append(methods, "POST")
	}
	return strings.Join(methods, ", ")
}

// refuseLarge says so to those whose form would be cut off by limitBody.
func (a *app) refuseLarge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			a.notice(w, r, http.StatusRequestEntityTooLarge, tooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
