package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
)

// An accountView is what the account page shows.
type accountView struct {
	Account  user
	Sessions []cookieauth.Session
}

// me returns the account of who is logged in. Somebody else may have got the address
// since, so the id has to be the same.
func (a *app) me(r *http.Request) (user, error) {
	who := a.auth.User(r)
	u, err := a.users.find(who.Value(claims.TypeEmail))
	if err == nil && u.ID != who.ID() {
		err = errNoUser
	}
	return u, err
}

func (a *app) account(w http.ResponseWriter, r *http.Request) {
	a.showAccount(w, r, http.StatusOK, form{})
}

func (a *app) showAccount(w http.ResponseWriter, r *http.Request, status int, f form) {
	u, err := a.me(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if f.typed == nil {
		f.typed = func(field string) string { return map[string]string{"name": u.Name}[field] }
	}
	sessions, err := a.auth.Sessions(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	slices.SortStableFunc(sessions, func(a, b cookieauth.Session) int { // this one first, else as they are
		switch {
		case a.Current:
			return -1
		case b.Current:
			return 1
		}
		return 0
	})
	a.show(w, r, status, "account.html", page{Title: "Your account", Form: f, Data: accountView{u, sessions}})
}

func (a *app) changeName(w http.ResponseWriter, r *http.Request) {
	f := formOf(r)
	f.checkName("name")
	if !f.ok() {
		a.showAccount(w, r, http.StatusUnprocessableEntity, f)
		return
	}
	u, err := a.me(r)
	if err == nil {
		u, err = a.users.update(u.Email, func(u *user) error {
			u.Name = strings.TrimSpace(f.Value("name"))
			return nil
		})
	}
	a.signInAgain(w, r, u, err, "Your name is changed.")
}

// changePassword ends all other sessions: who had the old password may be in one.
func (a *app) changePassword(w http.ResponseWriter, r *http.Request) {
	u, err := a.me(r)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	f := formOf(r)
	f.checkNewPassword("new-password", u.Name, u.Email)
	f.check(f.Value("password") != "", "password", "Enter your present password")
	if f.ok() {
		t := a.loginTry(r, u.Email)
		if wait := a.attempts.take(t); wait > 0 {
			a.tooMany(w, r, wait)
			return
		}
		_, right, err := a.verify(r, u.Email, f.Value("password"))
		if err != nil {
			a.fail(w, r, err)
			return
		}
		f.check(right, "password", "This is not your present password")
		if right {
			a.attempts.forgive(t)
		}
	}
	if !f.ok() {
		f.typed = nil
		a.showAccount(w, r, http.StatusUnprocessableEntity, f)
		return
	}
	hash, err := a.passwords.hash(r.Context(), f.Value("new-password"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	u, err = a.users.update(u.Email, func(u *user) error {
		u.Password = hash
		return nil
	})
	if err == nil {
		err = a.auth.EndOtherSessions(r)
	}
	a.signInAgain(w, r, u, err, "Your password is changed. You are logged out everywhere else.")
}

// signInAgain ends a request that has changed the user's account, unless that has
// failed: the login is to say what the user is now.
func (a *app) signInAgain(w http.ResponseWriter, r *http.Request, u user, err error, text string) {
	if err == nil {
		err = a.signIn(w, r, u, a.auth.Ticket(r).Properties.Persistent())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.done(w, r, "/account", text)
}

// endSession takes any id: only those of the user's own sessions end anything.
func (a *app) endSession(w http.ResponseWriter, r *http.Request) {
	switch err := a.auth.EndSession(r, r.PostFormValue("session")); {
	case errors.Is(err, cookieauth.ErrNoSession):
		a.done(w, r, "/account#sessions", "That session had ended already.")
	case err != nil:
		a.fail(w, r, err)
	default:
		a.done(w, r, "/account#sessions", "That session has ended.")
	}
}

func (a *app) endOthers(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.EndOtherSessions(r); err != nil {
		a.fail(w, r, err)
		return
	}
	a.done(w, r, "/account#sessions", "You are logged out everywhere else.")
}
