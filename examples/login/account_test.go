package main

import (
	"net/url"
	"strings"
	"testing"
)

func TestChangeName(t *testing.T) {
	i := start(t, newData(t))
	p := newPerson(t)
	p.register(i, "Ada", email)
	p.want("empty", p.Submit(i.URL+"/account", i.URL+"/account/name", url.Values{"name": {" "}}), 422, "/account/name", "Enter a name")
	p.want("change", p.Submit(i.URL+"/account", i.URL+"/account/name", url.Values{"name": {"Ada <Byron>"}}), 200, "/account", "Your name is changed.", "Ada &lt;Byron&gt;</a>")
	q := newPerson(t)
	q.want("kept", q.logIn(i, email, password), 200, "/account", "Ada &lt;Byron&gt;</a>")
}

func TestChangePassword(t *testing.T) {
	data := newData(t)
	i, other := start(t, data), start(t, data)
	here, there := newPerson(t), newPerson(t)
	here.register(i, "Ada", email)
	there.want("login there", there.logIn(i, email, password), 200, "/account")

	const second = "a whole new password"
	change := func(old, new string) url.Values { return url.Values{"password": {old}, "new-password": {new}} }
	at := i.URL + "/account/password"
	here.want("wrong", here.Submit(i.URL+"/account", at, change("not it at all", second)), 422, "/account/password", "not your present password")
	here.want("short", here.Submit(i.URL+"/account", at, change(password, "short")), 422, "/account/password", "at least 10")
	there.wantAccount(i, "nothing has changed")
	here.want("change", here.Submit(i.URL+"/account", at, change(password, second)), 200, "/account", "Your password is changed.")
	here.wantAccount(i, "here")
	here.wantAccount(other, "on the other instance")
	there.wantStranger(i, "there")
	there.want("the old one", there.logIn(i, email, password), 401, "/login")
	there.want("the new one", there.logIn(i, email, second), 200, "/account")
}

// sessionIDs returns the sessions that the account page offers to end.
func sessionIDs(page string) (ids []string) {
	for _, part := range strings.Split(page, `name="session" value="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		ids = append(ids, id)
	}
	return ids
}

func TestSessions(t *testing.T) {
	data := newData(t)
	i, other := start(t, data), start(t, data)
	home, phone, work := newPerson(t), newPerson(t), newPerson(t)
	home.register(i, "Ada", email)
	phone.want("phone", phone.logIn(i, email, password), 200, "/account")
	work.want("work", work.logIn(other, email, password), 200, "/account")

	page := home.Get(i.URL + "/account")
	home.want("list", page, 200, "/account", "This browser", "127.0.0.1")
	ids := sessionIDs(page.Body)
	if len(ids) != 2 || strings.Count(page.Body, "This browser") != 1 {
		t.Fatalf("sessions that can be ended: %q, want 2\n%s", ids, page.Body)
	}
	end := func(p *person, id string) (status int, text string) {
		a := p.Submit(i.URL+"/account", i.URL+"/account/sessions/end", url.Values{"session": {id}})
		return a.Status, a.Body
	}
	if status, text := end(home, ids[0]); status != 200 || !strings.Contains(text, "That session has ended.") || len(sessionIDs(text)) != 1 {
		t.Errorf("end one: %d\n%s", status, text)
	}
	if status, text := end(home, ids[0]); status != 200 || !strings.Contains(text, "had ended already") {
		t.Errorf("end it again: %d\n%s", status, text)
	}
	alive := 0
	for _, p := range []*person{phone, work} {
		if p.Get(i.URL+"/account").Path == "/account" {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d of the two others are logged in, want 1", alive)
	}
	home.want("end others", home.Submit(i.URL+"/account", i.URL+"/account/sessions/end-others", nil), 200, "/account", "logged out everywhere else", "logged in nowhere else")
	phone.wantStranger(i, "phone")
	work.wantStranger(other, "work, on the other instance")
	home.wantAccount(other, "home")

	stranger := newPerson(t)
	stranger.register(i, "Bob", "bob@example.org")
	work.want("work again", work.logIn(i, email, password), 200, "/account")
	theirs := sessionIDs(home.Get(i.URL + "/account").Body)
	if _, text := end(stranger, theirs[0]); !strings.Contains(text, "had ended already") {
		t.Errorf("somebody else's session: %s", text)
	}
	work.wantAccount(i, "after somebody else tried to end it")
}

// A copy of the cookie that was made before the logout is of no use, on any instance.
func TestReplayAfterLogout(t *testing.T) {
	data := newData(t)
	i, other := start(t, data), start(t, data)
	p := newPerson(t)
	p.register(i, "Ada", email)
	stolen := p.Copy()
	thief := &person{stolen, t}
	thief.wantAccount(other, "before the logout")
	p.Submit(i.URL+"/", i.URL+"/logout", nil)
	thief.wantStranger(i, "after the logout")
	thief.wantStranger(other, "after the logout, on the other instance")
}
