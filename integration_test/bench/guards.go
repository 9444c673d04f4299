package main

import (
	"crypto/rand"
	"log/slog"
	"net/http"

	"github.com/gorilla/csrf"
	"github.com/justinas/nosurf"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
)

// newGuards returns every guard there is. Each has new keys for each site.
func newGuards() ([]namedGuard, error) {
	return []namedGuard{
		{"floor, CBC", antiforgery.DefaultHeader, newFloorGuard},
		{"Sealring", antiforgery.DefaultHeader, newSealringGuard},
		{"gorilla/csrf", "X-CSRF-Token", newGorillaGuard},
		{"nosurf", nosurf.HeaderName, newNosurfGuard},
		{"CrossOriginProtection", "", newCrossOriginGuard},
	}, nil
}

// A handlerGuard is a middleware and the way to ask it for a token.
type handlerGuard struct {
	handler http.Handler
	ask     func(w http.ResponseWriter, r *http.Request) string
}

func (g handlerGuard) serve(w http.ResponseWriter, r *http.Request) { g.handler.ServeHTTP(w, r) }

func (g handlerGuard) token(w http.ResponseWriter, r *http.Request) string {
	if g.ask == nil {
		return ""
	}
	return g.ask(w, r)
}

// newSealringGuard has its defaults and logs nothing.
func newSealringGuard(next http.Handler) (guard, error) {
	ring, _, err := newRing(dataprotection.AES256CBC)
	if err != nil {
		return nil, err
	}
	p, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return handlerGuard{p.Handler(next), func(w http.ResponseWriter, r *http.Request) string {
		tokens, err := p.Tokens(w, r)
		if err != nil {
			return ""
		}
		return tokens.Request
	}}, nil
}

func newGorillaGuard(next http.Handler) (guard, error) {
	key := make([]byte, 32)
	rand.Read(key)
	return handlerGuard{csrf.Protect(key)(next), func(_ http.ResponseWriter, r *http.Request) string { return csrf.Token(r) }}, nil
}

func newNosurfGuard(next http.Handler) (guard, error) {
	return handlerGuard{nosurf.New(next), func(_ http.ResponseWriter, r *http.Request) string { return nosurf.Token(r) }}, nil
}

// newCrossOriginGuard returns net/http's own, which has no tokens.
func newCrossOriginGuard(next http.Handler) (guard, error) {
	return handlerGuard{handler: http.NewCrossOriginProtection().Handler(next)}, nil
}
