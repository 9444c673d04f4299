package main

import (
	"net/http"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// scsLogin keeps single values on the server, in memory.
type scsLogin struct {
	manager     *scs.SessionManager
	in, handler http.Handler
}

func newSCSLogin(p page) *scsLogin {
	l := &scsLogin{manager: scs.New()}
	l.manager.Lifetime = lifetime
	l.manager.Cookie.Secure = true
	l.forget()
	l.in = l.manager.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if l.manager.RenewToken(ctx) != nil {
			return
		}
		l.manager.Put(ctx, "id", alice.ID)
		l.manager.Put(ctx, "name", alice.Name)
		l.manager.Put(ctx, "email", alice.Email)
		l.manager.Put(ctx, "roles", alice.Roles)
	}))
	l.handler = l.manager.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p(l.manager.GetString(r.Context(), "id"))
	}))
	return l
}

// forget ends all sessions, so that those of a million sign-ins do not pile up.
func (l *scsLogin) forget() { l.manager.Store = memstore.NewWithCleanupInterval(0) }

func (l *scsLogin) signIn(w http.ResponseWriter, r *http.Request) { l.in.ServeHTTP(w, r) }

func (l *scsLogin) serve(w http.ResponseWriter, r *http.Request) { l.handler.ServeHTTP(w, r) }
