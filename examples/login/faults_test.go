package main

import (
	"os"
	"path/filepath"
	"testing"
)

// While the sessions are out of reach nobody is logged out, and nobody is told that
// they were.
func TestSessionsOutOfReach(t *testing.T) {
	data := newData(t)
	i := start(t, data)
	p := newPerson(t)
	p.register(i, "Ada", email)
	away := takeAway(t, filepath.Join(data, "sessions"))
	a := p.Get(i.URL + "/account")
	p.want("a page that needs a user", a, 503, "/account", "Please try again in a moment", "You are still logged in")
	if a.Header.Get("Retry-After") == "" || len(a.Header["Set-Cookie"]) > 0 {
		t.Errorf("headers: %v", a.Header)
	}
	p.want("a form, which is for one user", p.Get(i.URL+"/login"), 503, "/login", "Please try again in a moment")
	p.want("a page for everybody", p.Get(i.URL+"/"), 200, "/", "A login to begin with")
	away()
	p.wantAccount(i, "when they are back")
}

func TestAccountsOutOfReach(t *testing.T) {
	data := newData(t)
	i := start(t, data)
	p := newPerson(t)
	p.register(i, "Ada", email)
	away := takeAway(t, filepath.Join(data, "users"))
	p.want("account", p.Get(i.URL+"/account"), 500, "/account", "Something went wrong", "It is our fault")
	stranger := newPerson(t)
	stranger.want("login", stranger.logIn(i, email, password), 500, "/login", "Something went wrong")
	away()
	p.wantAccount(i, "when they are back")
}

// takeAway puts a file where a folder was, until back is called.
func takeAway(t *testing.T, folder string) (back func()) {
	t.Helper()
	if err := os.Rename(folder, folder+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(folder+"-away", folder); err != nil {
			t.Fatal(err)
		}
	}
}

// A login hashes a password anew that was hashed more cheaply before.
func TestPasswordsAreUpgraded(t *testing.T) {
	data := newData(t)
	kept, err := openUsers(filepath.Join(data, "users"))
	if err != nil {
		t.Fatal(err)
	}
	old, err := kept.create(user{Email: email, Name: "Ada", Password: hashPassword(password, cheap)})
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, data)
	p := newPerson(t)
	p.want("wrong", p.logIn(i, email, "a wrong password"), 401, "/login")
	if now, err := kept.find(email); err != nil || now != old {
		t.Errorf("after a wrong password: %+v, %v", now, err)
	}
	p.want("right", p.logIn(i, email, password), 200, "/account")
	now, err := kept.find(email)
	if err != nil {
		t.Fatal(err)
	}
	if c, _, _, err := parseHash(now.Password); err != nil || c != presentCost {
		t.Errorf("after the login the cost is %+v, %v", c, err)
	}
	p.want("again", p.logIn(i, email, password), 200, "/account")
}
