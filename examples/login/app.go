package main

import (
	"context"
	"html/template"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/middleware"
)

// An app is what the handlers share.
type app struct {
	log       zerolog.Logger
	options   options
	ring      *dataprotection.KeyRing
	auth      *cookieauth.Authenticator
	csrf      *antiforgery.Protection
	stack     func(http.Handler) http.Handler
	users     *users
	passwords *passwords
	attempts  *attempts
	devices   *dataprotection.TimeLimited
	flashes   *dataprotection.TimeLimited
	pages     map[string]*template.Template
}

func newApp(ctx context.Context, log zerolog.Logger, o options) (*app, error) {
	a := &app{log: log, options: o, passwords: newPasswords(), attempts: newAttempts(time.Now)}
	var err error
	if a.users, err = openUsers(filepath.Join(o.data, "users")); err != nil {
		return nil, err
	}
	if a.pages, err = parsePages(); err != nil {
		return nil, err
	}
	logger := middleware.Slog(log)
	a.ring, err = dataprotection.Open(ctx, dataprotection.Config{
		Application: "login", // the same on all instances
		Store:       filestore.New(filepath.Join(o.data, "keys")),
		Logger:      logger,
	})
	if err != nil {
		return nil, err
	}
	a.devices = a.ring.Protector("Login.Device", "v1").TimeLimited()
	a.flashes = a.ring.Protector("Login.Flash", "v1").TimeLimited()
	if err := a.configure(); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// configure makes what stands on the key ring.
func (a *app) configure() (err error) {
	logger := middleware.Slog(a.log)
	sessions, err := filetickets.New(filetickets.Config{Dir: filepath.Join(a.options.data, "sessions")})
	if err != nil {
		return err
	}
	a.auth, err = cookieauth.New(cookieauth.Config{
		KeyRing:          a.ring,
		LoginPath:        "/login",
		AccessDeniedPath: "/denied",
		TicketStore:      sessions,
		Lifetime:         7 * 24 * time.Hour,  // without a visit
		AbsoluteLifetime: 90 * 24 * time.Hour, // then the password is asked for again
		Logger:           logger,
	})
	if err != nil {
		return err
	}
	a.csrf, err = antiforgery.New(antiforgery.Config{KeyRing: a.ring, Refused: a.refused, Outage: a.auth.Outage, Logger: logger})
	if err != nil {
		return err
	}
	a.stack, err = middleware.Stack(middleware.Config{
		PublicOrigin:   a.options.publicOrigin(),
		Log:            middleware.LogConfig{Logger: a.log},
		Authenticators: []middleware.Authenticator{a.auth},
		Antiforgery:    a.csrf,
	})
	return err
}

func (a *app) close() { a.ring.Close() }

// publicOrigin believes proxies only where it is known which ones they are.
func (o options) publicOrigin() (c middleware.OriginConfig) {
	switch {
	case o.proxies != "":
		_, host, _ := strings.Cut(o.origin, "://")
		c.Proxies, c.Headers, c.Hosts = strings.Split(o.proxies, ","), middleware.XForwarded, []string{host}
	case o.origin != "":
		c.Origins = []string{o.origin}
	}
	return c
}

// https reports whether browsers come over HTTPS, from what the app was started with.
func (a *app) https() bool {
	return a.options.cert != "" || strings.HasPrefix(a.options.origin, "https://")
}
