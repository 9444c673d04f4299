package main

import (
	"context"
	"net/http"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

const gorillaCookie = "login"

func gorillaKeys() (hash, block []byte) {
	return securecookie.GenerateRandomKey(64), securecookie.GenerateRandomKey(32)
}

// newSecureCookie returns one that encrypts. JSON is a multiple faster than gob, its default.
func newSecureCookie() *securecookie.SecureCookie {
	return securecookie.New(gorillaKeys()).SetSerializer(securecookie.JSONEncoder{})
}

type securecookieText struct{ codec *securecookie.SecureCookie }

func (s securecookieText) seal(text string) string {
	sealed, err := s.codec.Encode(gorillaCookie, text)
	if err != nil {
		return ""
	}
	return sealed
}

func (s securecookieText) open(sealed string) (text string) {
	if err := s.codec.Decode(gorillaCookie, sealed, &text); err != nil {
		return ""
	}
	return text
}

// securecookieLogin keeps a record in a securecookie, which looks after its age.
type securecookieLogin struct {
	codec *securecookie.SecureCookie
	next  http.Handler
}

func newSecurecookieLogin(p page) *securecookieLogin {
	return &securecookieLogin{newSecureCookie(), readRecord(p)}
}

func (l *securecookieLogin) signIn(w http.ResponseWriter, _ *http.Request) {
	if sealed, err := l.codec.Encode(gorillaCookie, newRecord()); err == nil {
		setCookie(w, gorillaCookie, sealed)
	}
}

func (l *securecookieLogin) serve(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(gorillaCookie); err == nil {
		rec := new(record)
		if l.codec.Decode(gorillaCookie, c.Value, rec) == nil {
			r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		}
	}
	l.next.ServeHTTP(w, r)
}

// sessionsLogin keeps single values in a session of a CookieStore.
type sessionsLogin struct {
	store   *sessions.CookieStore
	page    page
	request http.Request
}

func newSessionsLogin(p page) *sessionsLogin {
	return &sessionsLogin{store: sessions.NewCookieStore(gorillaKeys()), page: p}
}

// fresh returns a copy of r: the store leaves what it has read in the request,
// which serves many times here.
func (l *sessionsLogin) fresh(r *http.Request) *http.Request {
	l.request = *r
	return &l.request
}

func (l *sessionsLogin) signIn(w http.ResponseWriter, r *http.Request) {
	r = l.fresh(r)
	session, err := l.store.Get(r, gorillaCookie)
	if err != nil {
		return
	}
	session.Values["id"] = alice.ID
	session.Values["name"] = alice.Name
	session.Values["email"] = alice.Email
	session.Values["roles"] = alice.Roles
	_ = session.Save(r, w) // after an error there is no cookie, and that is looked for
}

func (l *sessionsLogin) serve(_ http.ResponseWriter, r *http.Request) {
	session, err := l.store.Get(l.fresh(r), gorillaCookie)
	if err != nil {
		l.page("")
		return
	}
	id, _ := session.Values["id"].(string)
	l.page(id)
}
