package main

import (
	"errors"
	"net/http"
)

func (a *app) admin(w http.ResponseWriter, r *http.Request) {
	all, err := a.users.all()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.show(w, r, http.StatusOK, "admin.html", page{Title: "Accounts", Data: all})
}

// changeRole ends the sessions of the user, since the role is in the login: so it is
// gone at once, or there with the next login.
func (a *app) changeRole(w http.ResponseWriter, r *http.Request) {
	email, admin := r.PostFormValue("email"), r.PostFormValue("admin") == "yes"
	me, err := a.me(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if canonical(email) == me.Email { // so that there is always one
		a.done(w, r, "/admin", "Your own role is for another admin to change.")
		return
	}
	u, err := a.users.update(email, func(u *user) error {
		u.Admin = admin
		return nil
	})
	if errors.Is(err, errNoUser) {
		a.notice(w, r, http.StatusNotFound, notFound)
		return
	}
	if err == nil {
		err = a.auth.EndSessionsOf(r.Context(), u.ID)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if admin {
		a.done(w, r, "/admin", u.Name+" is an admin from the next login on.")
	} else {
		a.done(w, r, "/admin", u.Name+" is no admin any more.")
	}
}
