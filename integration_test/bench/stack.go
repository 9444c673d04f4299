package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// stackWork compares the whole of middleware.Stack with the login in it alone.
func stackWork() (work, error) {
	w, seen := work{name: "The whole of Stack, for somebody who is signed in"}, new(string)
	p := func(id string) { *seen = id }
	for _, s := range []struct {
		name string
		make func(*dataprotection.KeyRing, page) (login, error)
	}{
		{"login alone", func(ring *dataprotection.KeyRing, p page) (login, error) { return newSealringLogin(ring, p) }},
		{"Stack", func(ring *dataprotection.KeyRing, p page) (login, error) {
			return newStack(ring, zerolog.New(io.Discard), p)
		}},
		{"Stack without a log", func(ring *dataprotection.KeyRing, p page) (login, error) { return newStack(ring, zerolog.Nop(), p) }},
	} {
		made, err := newPair(s.make, p)
		if err != nil {
			return work{}, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := checkLogin(made[0], made[1], seen); err != nil {
			return work{}, fmt.Errorf("%s: %w", s.name, err)
		}
		w.contenders = append(w.contenders, requests(namedLogin{s.name, made[0]}, seen))
	}
	return w, nil
}

// newPair returns a login and a stranger, the same with another ring.
func newPair(newLogin func(*dataprotection.KeyRing, page) (login, error), p page) (pair [2]login, err error) {
	for k := range pair {
		ring, _, err := newRing(dataprotection.AES256CBC)
		if err != nil {
			return pair, err
		}
		if pair[k], err = newLogin(ring, p); err != nil {
			return pair, err
		}
	}
	return pair, nil
}

// newStack returns a login with everything around it that Stack has, at its
// defaults. The log goes nowhere.
func newStack(ring *dataprotection.KeyRing, log zerolog.Logger, p page) (*sealringLogin, error) {
	l, err := newSealringLogin(ring, p)
	if err != nil {
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	stack, err := middleware.Stack(middleware.Config{
		PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}},
		Log:            middleware.LogConfig{Logger: log},
		Authenticators: []middleware.Authenticator{l.auth},
		Antiforgery:    csrf,
	})
	if err != nil {
		return nil, err
	}
	l.handler = stack(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { p(claims.FromContext(r.Context()).ID()) }))
	return l, nil
}
