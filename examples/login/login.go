package main

import (
	"errors"
	"net/http"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/middleware"
)

const roleAdmin = "admin"

func (a *app) loginForm(w http.ResponseWriter, r *http.Request) {
	a.showLogin(w, r, http.StatusOK, form{})
}

func (a *app) showLogin(w http.ResponseWriter, r *http.Request, status int, f form) {
	a.show(w, r, status, "login.html", page{Title: "Log in", Form: f, Data: a.auth.ReturnURL(r) != ""})
}

func (a *app) login(w http.ResponseWriter, r *http.Request) {
	f := formOf(r)
	f.check(f.Value("email") != "", "email", "Enter your e-mail address")
	f.check(f.Value("password") != "", "password", "Enter your password")
	if !f.ok() {
		a.showLogin(w, r, http.StatusUnprocessableEntity, f)
		return
	}
	t := a.loginTry(r, f.Value("email"))
	if wait := a.attempts.take(t); wait > 0 {
		a.tooMany(w, r, wait)
		return
	}
	u, right, err := a.verify(r, f.Value("email"), f.Value("password"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if !right { // the same for those who do not exist
		f.check(false, "email", "This address and password do not belong together")
		a.showLogin(w, r, http.StatusUnauthorized, f)
		return
	}
	a.attempts.forgive(t)
	if err := a.signIn(w, r, u, f.Value("remember") != ""); err != nil {
		a.fail(w, r, err)
		return
	}
	if !a.auth.RedirectBack(w, r, "") { // to the page that asked for the login
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	}
}

// verify checks a password, and hashes it anew if that is due. It takes the same time
// whether there is such a user or not.
func (a *app) verify(r *http.Request, email, password string) (u user, right bool, err error) {
	if len(password) > maxPassword {
		password = "" // nobody's
	}
	u, err = a.users.find(email)
	if err != nil && !errors.Is(err, errNoUser) {
		return user{}, false, err
	}
	right, outdated, err := a.passwords.verify(r.Context(), password, u.Password)
	if err != nil || !right {
		return user{}, false, err
	}
	if outdated {
		a.upgrade(r, u, password)
	}
	return u, true, nil
}

// upgrade hashes a password at the present cost. That it fails is no reason not to
// let the user in: there will be another login.
func (a *app) upgrade(r *http.Request, u user, password string) {
	hash, err := a.passwords.hash(r.Context(), password)
	if err == nil {
		_, err = a.users.update(u.Email, func(now *user) error {
			if now.Password == u.Password { // it has not been changed meanwhile
				now.Password = hash
			}
			return nil
		})
	}
	if err != nil {
		middleware.Logger(r.Context()).Warn().Err(err).Msg("hash a password anew")
	}
}

// signIn signs a user in who has proven who they are.
func (a *app) signIn(w http.ResponseWriter, r *http.Request, u user, remember bool) error {
	says := []claims.Claim{claims.Name(u.Name), claims.Email(u.Email)}
	if u.Admin {
		says = append(says, claims.Role(roleAdmin))
	}
	if err := a.auth.SignIn(w, r, claims.New(u.ID, says...), &cookieauth.SignInOptions{Persistent: remember}); err != nil {
		return err
	}
	a.knowDevice(w, u.Email)
	return nil
}

func (a *app) logout(w http.ResponseWriter, r *http.Request) {
	if err := a.auth.SignOut(w, r); err != nil {
		a.fail(w, r, err)
		return
	}
	a.done(w, r, "/", "You are logged out.")
}
