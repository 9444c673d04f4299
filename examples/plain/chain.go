package main

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/demo"
	"github.com/sealring/sealring/middleware"
)

func newSite(ring *dataprotection.KeyRing, log zerolog.Logger) (http.Handler, error) {
	site, err := demo.NewSite(ring, log)
	if err != nil {
		return nil, err
	}
	return chain(site, log)
}

// chain puts the handlers around the routes. Read it from the bottom to the top:
// what is wrapped last sees a request first. Behind a proxy that ends TLS,
// middleware.PublicOrigin comes outside of everything.
func chain(site *demo.Site, log zerolog.Logger) (http.Handler, error) {
	logger := middleware.Slog(log)
	headers, err := middleware.SecurityHeaders(middleware.HeadersConfig{Logger: logger})
	if err != nil {
		return nil, err
	}
	https, err := middleware.RedirectHTTPS(middleware.HTTPSConfig{Logger: logger}) // lets this machine's own browser through
	if err != nil {
		return nil, err
	}
	var h http.Handler = routes(site)
	h = site.CSRF.Handler(h)                                        // 5. no other site posts our forms
	h = site.Auth.Handler(h)                                        // 4. who is it? never turns anybody away
	h = headers(h)                                                  // 3. what browsers shall not allow
	h = https(h)                                                    // 2. nothing over plain HTTP
	h = middleware.RequestLog(middleware.LogConfig{Logger: log})(h) // 1. one line for each request
	return h, nil
}

func routes(site *demo.Site) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", site.Home)
	mux.HandleFunc("GET /login", site.Login)
	mux.HandleFunc("POST /login", site.Login)
	mux.HandleFunc("POST /logout", site.Logout)
	mux.HandleFunc("GET /denied", site.Denied)
	mux.Handle("GET /account", site.Auth.RequireUser(http.HandlerFunc(site.Account)))
	mux.Handle("GET /admin", site.Auth.RequireRole("admin")(http.HandlerFunc(site.Admin)))
	mux.Handle("GET /admin/users/{name}", site.Auth.RequireRole("admin")(http.HandlerFunc(site.Admin)))
	return mux
}
