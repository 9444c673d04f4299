package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

const application = "bench"

// newRing returns a ring with one key, and that key for a floor. The ring lives as
// long as the program.
func newRing(algorithm dataprotection.Algorithm) (*dataprotection.KeyRing, floorKey, error) {
	ctx := context.Background()
	store := memstore.New()
	ring, err := dataprotection.Open(ctx, dataprotection.Config{
		Application: application, Store: store, Algorithm: algorithm, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, floorKey{}, err
	}
	key, err := readKey(ctx, store, application)
	return ring, key, err
}

// sealringLogin is Sealring with its defaults, except that it logs nothing: no
// other contender logs a sign-in.
type sealringLogin struct {
	auth    *cookieauth.Authenticator
	handler http.Handler
	user    *claims.Principal
}

func newSealringLogin(ring *dataprotection.KeyRing, p page) (*sealringLogin, error) {
	return newSealringWith(cookieauth.Config{KeyRing: ring}, p)
}

func newSealringWith(cfg cookieauth.Config, p page) (*sealringLogin, error) {
	cfg.Logger = slog.New(slog.DiscardHandler)
	auth, err := cookieauth.New(cfg)
	if err != nil {
		return nil, err
	}
	return &sealringLogin{
		auth:    auth,
		user:    claims.New(alice.ID, claims.Name(alice.Name), claims.Email(alice.Email), claims.Role(alice.Roles[0]), claims.Role(alice.Roles[1])),
		handler: auth.Handler(readUser(p)),
	}, nil
}

// readUser is the handler behind a login of Sealring.
func readUser(p page) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) { p(claims.FromContext(r.Context()).ID()) }
}

// sealringSessions is Sealring with the tickets on the server, in memory.
type sealringSessions struct {
	*sealringLogin
	store *sessionStore
}

// A sessionStore can be emptied.
type sessionStore struct{ cookieauth.TicketStore }

func newSealringSessions(ring *dataprotection.KeyRing, p page) (*sealringSessions, error) {
	store := &sessionStore{memtickets.New(memtickets.Config{})}
	l, err := newSealringWith(cookieauth.Config{KeyRing: ring, TicketStore: store}, p)
	return &sealringSessions{l, store}, err
}

func (l *sealringSessions) forget() { l.store.TicketStore = memtickets.New(memtickets.Config{}) }

func (l *sealringLogin) serve(w http.ResponseWriter, r *http.Request) { l.handler.ServeHTTP(w, r) }

func (l *sealringLogin) signIn(w http.ResponseWriter, r *http.Request) {
	_ = l.auth.SignIn(w, r, l.user, nil) // after an error there is no cookie, and that is looked for
}

// sealringText seals text for one purpose.
type sealringText struct{ protector *dataprotection.Protector }

func (s sealringText) seal(text string) string {
	sealed, err := s.protector.ProtectString(text)
	if err != nil {
		return ""
	}
	return sealed
}

func (s sealringText) open(sealed string) string {
	text, err := s.protector.UnprotectString(context.Background(), sealed)
	if err != nil {
		return ""
	}
	return text
}
