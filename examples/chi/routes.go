package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/demo"
	"github.com/sealring/sealring/middleware"
)

func newRouter(ring *dataprotection.KeyRing, log zerolog.Logger) (http.Handler, error) {
	site, err := demo.NewSite(ring, log)
	if err != nil {
		return nil, err
	}
	stack, err := middleware.Stack(middleware.Config{
		Log:            middleware.LogConfig{Logger: log},
		Authenticators: []middleware.Authenticator{site.Auth},
		Antiforgery:    site.CSRF,
	})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(stack) // who is it? never turns anybody away; and no other site posts our forms
	r.Get("/", site.Home)
	r.Get("/login", site.Login)
	r.Post("/login", site.Login)
	r.Post("/logout", site.Logout)
	r.Get("/denied", site.Denied)

	r.Group(func(r chi.Router) { // everybody who has logged in
		r.Use(site.Auth.RequireUser)
		r.Get("/account", site.Account)
		r.Get("/account/{section}", site.Account)
	})
	r.With(site.Auth.RequireRole("admin")).Get("/admin", site.Admin) // one route
	r.Route("/admin/users", func(r chi.Router) {                     // a whole branch, by a policy
		r.Use(middleware.Require(middleware.All(middleware.Role("admin"), middleware.Role("staff")), site.Auth))
		r.Get("/", site.Admin)
		r.Get("/{name}", site.Admin)
	})
	return r, nil
}
