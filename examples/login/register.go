package main

import (
	"errors"
	"net/http"
	"strings"
)

func (a *app) registerForm(w http.ResponseWriter, r *http.Request) {
	a.showRegister(w, r, http.StatusOK, form{})
}

func (a *app) showRegister(w http.ResponseWriter, r *http.Request, status int, f form) {
	a.show(w, r, status, "register.html", page{Title: "Create an account", Form: f})
}

// register tells whoever asks whether an address has an account. Where that is not
// to be known, confirm the address by a link, as the example links does.
func (a *app) register(w http.ResponseWriter, r *http.Request) {
	f := formOf(r)
	f.checkName("name")
	f.checkEmail("email")
	f.checkNewPassword("password", f.Value("name"), f.Value("email"))
	if !f.ok() {
		a.showRegister(w, r, http.StatusUnprocessableEntity, f)
		return
	}
	t := try{}
	a.addAddress(t, r)
	if wait := a.attempts.take(t); wait > 0 {
		a.tooMany(w, r, wait)
		return
	}
	hash, err := a.passwords.hash(r.Context(), f.Value("password"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	u, err := a.users.create(user{Email: f.Value("email"), Name: strings.TrimSpace(f.Value("name")), Password: hash})
	if errors.Is(err, errTaken) {
		f.check(false, "email", "There is an account with this address. Log in, or use another one")
		a.showRegister(w, r, http.StatusConflict, f)
		return
	} else if err != nil {
		a.fail(w, r, err)
		return
	}
	if err := a.signIn(w, r, u, false); err != nil {
		a.fail(w, r, err)
		return
	}
	a.done(w, r, "/account", "Welcome, "+u.Name+". Your account is ready.")
}
