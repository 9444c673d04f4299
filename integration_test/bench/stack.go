package main

import (
	"io"
	"log/slog"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// newStacks returns the login that Stack has in it alone, and with Stack around it.
func newStacks(p page) ([]namedLogin, error) {
	ring, _, err := newRing(dataprotection.AES256CBC)
	if err != nil {
		return nil, err
	}
	alone, err := newSealringLogin(ring, p)
	if err != nil {
		return nil, err
	}
	logged, err := newStack(ring, zerolog.New(io.Discard), p)
	if err != nil {
		return nil, err
	}
	quiet, err := newStack(ring, zerolog.Nop(), p)
	return []namedLogin{{"login alone", alone}, {"Stack", logged}, {"Stack without a log", quiet}}, err
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
	l.handler = stack(readUser(p))
	return l, nil
}
