package main

import (
	"crypto/tls"
	"net/http"
	"time"
)

// A user is who signs in: five claims.
type user struct {
	ID, Name, Email string
	Roles           []string
}

var alice = user{ID: "42", Name: "alice", Email: "alice@example.com", Roles: []string{"admin", "editor"}}

// A page is what a handler does with the user of the request, by his id. Nobody is "".
type page func(id string)

// A login is one way of keeping users signed in. It need not be safe for
// concurrent use.
type login interface {
	// signIn puts alice's cookie into the header of the answer, or none if it fails.
	signIn(w http.ResponseWriter, r *http.Request)
	// serve finds out whom the request comes from and calls the page once.
	serve(w http.ResponseWriter, r *http.Request)
}

// A record is how peers without a format of their own keep a user.
type record struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Roles   []string `json:"roles"`
	Expires int64    `json:"exp"` // Unix time
}

func newRecord() *record {
	return &record{alice.ID, alice.Name, alice.Email, alice.Roles, time.Now().Add(lifetime).Unix()}
}

// recordKey is the key of a *record in a request's context.
type recordKey struct{}

// readRecord is the handler behind the middleware of such a peer.
func readRecord(p page) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		rec, _ := r.Context().Value(recordKey{}).(*record)
		if rec == nil {
			p("")
			return
		}
		p(rec.ID)
	}
}

// setCookie is how the documentation of these peers sends what they have sealed.
func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// otherCookies are those that a site has besides the login.
const otherCookies = "theme=dark; lang=en"

// newRequest returns a request over HTTPS with these cookies.
func newRequest(cookies string) *http.Request {
	r, err := http.NewRequest("GET", "https://app.example/account", nil)
	if err != nil {
		panic(err)
	}
	r.RemoteAddr = "192.0.2.1:1234"
	r.TLS = &tls.ConnectionState{}
	r.Header.Set("Cookie", cookies)
	return r
}

// A writer is a response that goes nowhere.
type writer struct{ header http.Header }

func newWriter() writer { return writer{http.Header{}} }

func (w writer) Header() http.Header         { return w.header }
func (w writer) Write(p []byte) (int, error) { return len(p), nil }
func (w writer) WriteHeader(int)             {}
