package main

import (
	"net/http"
	"time"
)

// A flash is a message for the next page, in a sealed cookie: nobody can have the
// site say something by planting one.
const flashLife = time.Minute

// cookie returns a cookie of the app's own, as safe as the connection allows.
func (a *app) cookie(name, value string, life time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: "login-" + name, Value: value, MaxAge: int(life / time.Second), Path: "/",
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if a.https() {
		c.Name, c.Secure = "__Host-"+c.Name, true
	}
	return c
}

// flash has the next page say something. That it gets lost is no reason to fail.
func (a *app) flash(w http.ResponseWriter, text string) {
	if sealed, err := a.flashes.ProtectString(text, time.Now().Add(flashLife)); err == nil {
		http.SetCookie(w, a.cookie("flash", sealed, flashLife))
	}
}

// takeFlash returns what the page is to say, and has it said once.
func (a *app) takeFlash(w http.ResponseWriter, r *http.Request) string {
	empty := a.cookie("flash", "", -time.Second)
	sent, err := r.Cookie(empty.Name)
	if err != nil {
		return ""
	}
	http.SetCookie(w, empty)
	text, _, err := a.flashes.UnprotectString(r.Context(), sent.Value)
	if err != nil {
		return ""
	}
	return text
}

// done ends a request that has changed something: the browser goes to another page,
// which says so. Loading that one again does nothing twice.
func (a *app) done(w http.ResponseWriter, r *http.Request, path, text string) {
	a.flash(w, text)
	http.Redirect(w, r, path, http.StatusSeeOther)
}
