package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

const (
	email    = "ada@example.org"
	password = "correct horse battery"
)

// A person is a visitor of one instance, or of several.
type person struct {
	*exampletest.Visitor
	t *testing.T
}

func newPerson(t *testing.T) *person { return &person{exampletest.NewVisitor(t), t} }

func start(t *testing.T, data string) *exampletest.App {
	t.Helper()
	return exampletest.Start(t, "-data", data)
}

func newData(t *testing.T) string { return filepath.Join(t.TempDir(), "data") }

// want fails the test unless an answer is as it should be.
func (p *person) want(what string, a exampletest.Answer, status int, path string, texts ...string) {
	p.t.Helper()
	if a.Status != status || a.Path != path {
		p.t.Fatalf("%s: %d at %s, want %d at %s\n%s", what, a.Status, a.Path, status, path, a.Body)
	}
	for _, text := range texts {
		if !strings.Contains(a.Body, text) {
			p.t.Fatalf("%s: %q is missing\n%s", what, text, a.Body)
		}
	}
}

func (p *person) register(i *exampletest.App, name, email string) {
	p.t.Helper()
	form := url.Values{"name": {name}, "email": {email}, "password": {password}}
	p.want("register", p.Submit(i.URL+"/register", i.URL+"/register", form), 200, "/account", "Welcome, "+name)
}

func (p *person) logIn(i *exampletest.App, email, password string) exampletest.Answer {
	p.t.Helper()
	return p.Submit(i.URL+"/login", i.URL+"/login", url.Values{"email": {email}, "password": {password}})
}

func (p *person) wantAccount(i *exampletest.App, when string) {
	p.t.Helper()
	p.want(when, p.Get(i.URL+"/account"), 200, "/account", "Your account", email)
}

func (p *person) wantStranger(i *exampletest.App, when string) {
	p.t.Helper()
	p.want(when, p.Get(i.URL+"/account"), 200, "/login?ReturnUrl=%2Faccount", "for people who have logged in")
}

// One login holds on two instances of one folder, and over the death of both.
func TestLoginHoldsOnAllInstancesAndOverRestarts(t *testing.T) {
	data := newData(t)
	a, b := start(t, data), start(t, data)
	p := newPerson(t)
	p.wantStranger(a, "before")
	p.register(a, "Ada", email)
	p.wantAccount(a, "where the account was made")
	p.wantAccount(b, "on the other instance")
	a.Kill()
	b.Kill()
	c := start(t, data)
	p.wantAccount(c, "after all were killed and one was started again")

	p.want("logout", p.Submit(c.URL+"/account", c.URL+"/logout", nil), 200, "/", "You are logged out.")
	p.wantStranger(c, "after the logout")
	if a := p.Get(c.URL + "/"); strings.Contains(a.Body, "You are logged out.") {
		t.Error("it is said twice")
	}

	login := c.URL + "/login?ReturnUrl=%2Fadmin"
	p.want("login", p.Submit(login, login, url.Values{"email": {" ADA@Example.org"}, "password": {password}}), 200, "/admin", "Accounts")
	p.want("a wrong return", p.Submit(c.URL+"/login?ReturnUrl=//evil.example", c.URL+"/login?ReturnUrl=//evil.example",
		url.Values{"email": {email}, "password": {password}}), 200, "/account")
}

func TestRemember(t *testing.T) {
	i := start(t, newData(t))
	newPerson(t).register(i, "Ada", email)
	for _, remember := range []string{"", "yes"} {
		r := exampletest.FormRequest(i.URL+"/login", url.Values{"email": {email}, "password": {password}, "remember": {remember}})
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := http.DefaultTransport.RoundTrip(r) // follows no redirect
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for _, c := range res.Cookies() {
			if c.Name == "sealring" && c.Expires.IsZero() == (remember != "") {
				t.Errorf("remember %q: the cookie expires %s", remember, c.Expires)
			}
		}
		if res.StatusCode != http.StatusSeeOther {
			t.Errorf("remember %q: %d", remember, res.StatusCode)
		}
	}
}

func TestWrongPasswords(t *testing.T) {
	i := start(t, newData(t))
	newPerson(t).register(i, "Ada", email)
	for name, tt := range map[string]struct {
		email, password string
		status          int
		text            string
	}{
		"wrong password":    {email, "correct horse batterY", 401, "do not belong together"},
		"unknown":           {"mallory@example.org", password, 401, "do not belong together"},
		"nothing":           {"", "", 422, "Enter your e-mail address"},
		"too long":          {email, strings.Repeat("x", 5000), 401, "do not belong together"},
		"more than a form":  {email, strings.Repeat("x", 100_000), 413, "That is too much"}, // the token is behind it
		"markup":            {`"><script>alert(1)</script>`, "x", 401, "&lt;script&gt;"},
		"invalid UTF-8":     {"a\xff@example.org", "\xff", 401, "do not belong together"},
		"name of a file":    {"../../first", password, 401, "do not belong together"},
		"password of other": {"bob@example.org", password, 401, "do not belong together"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPerson(t)
			p.want("login", p.logIn(i, tt.email, tt.password), tt.status, "/login", tt.text)
			p.wantStranger(i, "afterwards")
		})
	}
}

func TestRegisterRefuses(t *testing.T) {
	i := start(t, newData(t))
	newPerson(t).register(i, "Ada", email)
	good := url.Values{"name": {"Bob"}, "email": {"bob@example.org"}, "password": {password}}
	for name, tt := range map[string]struct {
		field, value string
		status       int
		text         string
	}{
		"no name":        {"name", "  ", 422, "Enter a name"},
		"long name":      {"name", strings.Repeat("x", 61), 422, "at most 60"},
		"no address":     {"email", "bob", 422, "Enter an e-mail address"},
		"two lines":      {"email", "bob@example.org\nbcc:", 422, "Enter an e-mail address"},
		"taken":          {"email", "Ada@EXAMPLE.org", 409, "There is an account with this address"},
		"short password": {"password", "123456789", 422, "at least 10"},
		"long password":  {"password", strings.Repeat("x", 201), 422, "Enter a shorter password"},
		"own address":    {"password", "BOB@example.org", 422, "not your name or address"},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{}
			for k, v := range good {
				form[k] = v
			}
			form.Set(tt.field, tt.value)
			p := newPerson(t)
			a := p.Submit(i.URL+"/register", i.URL+"/register", form)
			p.want("register", a, tt.status, "/register", tt.text, `href="#`+tt.field+`"`, `aria-invalid="true"`, "<title>Error: ")
			if strings.Contains(a.Body, `value="`+password) {
				t.Error("the password is shown")
			}
			p.wantStranger(i, "afterwards")
		})
	}
}

// Guessing is slowed down; the owner's browser goes on, and others have to wait.
func TestAttemptsAreLimited(t *testing.T) {
	i := start(t, newData(t))
	owner := newPerson(t)
	owner.register(i, "Ada", email)
	owner.Submit(i.URL+"/", i.URL+"/logout", nil)

	mallory := newPerson(t)
	for k := range int(perAccount.burst) {
		mallory.want("guess", mallory.logIn(i, email, "guess number "+string(rune('0'+k))), 401, "/login")
	}
	a := mallory.logIn(i, email, password)
	mallory.want("one more, and right", a, 429, "/login", "Please wait")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	unknown := newPerson(t)
	for range int(perAccount.burst) {
		unknown.logIn(i, "nobody@example.org", "guess number 0")
	}
	unknown.want("nobody is limited alike", unknown.logIn(i, "nobody@example.org", password), 429, "/login", "Please wait")

	owner.want("the owner's browser", owner.logIn(i, email, password), 200, "/account")
}

func TestForged(t *testing.T) {
	i := start(t, newData(t))
	for name, tt := range map[string]struct {
		header http.Header
		path   string
		text   string
	}{
		"from another site":      {http.Header{"Sec-Fetch-Site": {"cross-site"}}, "/login", "That came from another site"},
		"from another subdomain": {http.Header{"Sec-Fetch-Site": {"same-site"}}, "/login", "That came from another site"},
		"by origin":              {http.Header{"Origin": {"https://evil.example"}}, "/login", "That came from another site"},
		"login without token":    {http.Header{}, "/login", "Please send it again"},
		"register without token": {http.Header{}, "/register", "Please send it again"},
		"logout without token":   {http.Header{}, "/logout", "The page was out of date"},
	} {
		t.Run(name, func(t *testing.T) {
			r := exampletest.FormRequest(i.URL+tt.path, url.Values{"email": {email}, "password": {password}})
			for k, v := range tt.header {
				r.Header[k] = v
			}
			p := newPerson(t)
			p.want("post", p.Do(r), 403, tt.path, tt.text)
		})
	}
	t.Run("what was typed is kept", func(t *testing.T) {
		p := newPerson(t)
		a := p.Post(i.URL+"/login", url.Values{"email": {email}, "password": {password}})
		p.want("post", a, 403, "/login", `value="`+email+`"`)
		if strings.Contains(a.Body, password) {
			t.Error("the password is shown")
		}
	})
}

func TestRoles(t *testing.T) {
	i := start(t, newData(t))
	ada, bob := newPerson(t), newPerson(t)
	ada.register(i, "Ada", email)
	bob.register(i, "Bob", "bob@example.org")
	bob.want("a member", bob.Get(i.URL+"/admin"), 403, "/denied?ReturnUrl=%2Fadmin", "This page is not for you")
	bob.want("a member's post", bob.Submit(i.URL+"/account", i.URL+"/admin/role", url.Values{"email": {"bob@example.org"}, "admin": {"yes"}}), 403, "/denied?ReturnUrl=%2Fadmin%2Frole")
	ada.want("the first", ada.Get(i.URL+"/admin"), 200, "/admin", "bob@example.org", "Make an admin")

	role := func(email, admin string) exampletest.Answer {
		return ada.Submit(i.URL+"/admin", i.URL+"/admin/role", url.Values{"email": {email}, "admin": {admin}})
	}
	ada.want("promote", role("bob@example.org", "yes"), 200, "/admin", "Bob is an admin from the next login on.")
	bob.wantStranger(i, "the old role has ended")
	bob.want("login", bob.logIn(i, "bob@example.org", password), 200, "/account")
	bob.want("an admin", bob.Get(i.URL+"/admin"), 200, "/admin")
	ada.want("demote", role("bob@example.org", "no"), 200, "/admin", "Bob is no admin any more.")
	bob.want("no admin any more", bob.Get(i.URL+"/admin"), 200, "/login?ReturnUrl=%2Fadmin")
	ada.want("oneself", role(email, "no"), 200, "/admin", "for another admin to change")
	ada.want("nobody", role("nobody@example.org", "yes"), 404, "/admin/role")
}

func TestNotices(t *testing.T) {
	i := start(t, newData(t))
	p := newPerson(t)
	p.want("nowhere", p.Get(i.URL+"/nowhere"), 404, "/nowhere", "There is no such page")
	logout := p.Get(i.URL + "/logout")
	p.want("wrong method", logout, 405, "/logout", "There is no such page")
	if got := logout.Header.Get("Allow"); got != "POST" {
		t.Errorf("wrong method: allowed are %q, want POST", got)
	}
	p.want("list of files", p.Get(i.URL+"/static/"), 404, "/static/")
	for path, want := range map[string]int{"/": 200, "/login": 200, "/static/style.css": 200, "/account": 200, "/logout": 405, "/nowhere": 404} {
		r, err := http.NewRequest(http.MethodHead, i.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a := p.Do(r); a.Status != want || a.Body != "" {
			t.Errorf("HEAD %s: %d, %q, want %d and no body", path, a.Status, a.Body, want)
		}
	}
	if a := p.Get(i.URL + "/static/style.css"); a.Status != 200 || !strings.Contains(a.Header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d, %s", a.Status, a.Header)
	}
	a := p.Get(i.URL + "/")
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A form that is too large is told from an empty one where no token is looked for.
func TestTooLarge(t *testing.T) {
	i := start(t, newData(t))
	r := exampletest.FormRequest(i.URL+"/login", url.Values{"email": {email}, "password": {strings.Repeat("x", 100_000)}})
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	p := newPerson(t)
	p.want("post", p.Do(r), 413, "/login", "That is too much")
}

func TestNothingSecretInTheLog(t *testing.T) {
	i := start(t, newData(t))
	p := newPerson(t)
	p.register(i, "Ada", email)
	p.logIn(i, email, "a wrong password")
	p.logIn(i, email, password)
	for _, secret := range []string{password, "a wrong password", "CfDJ8", "argon2", email} {
		if strings.Contains(i.Output(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// What a person gets who points the app at what cannot be used.
func TestUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	taken := other.Listener.Addr().String()
	for want, args := range map[string][]string{
		"data":                        {"-data", file},
		"is no origin":                {"-origin", "app.example"},
		"-proxies goes with -origin":  {"-proxies", "127.0.0.1"},
		"-cert and -key go together":  {"-cert", file},
		"failed to find any PEM data": {"-cert", file, "-key", file},
		"-addr " + taken + ": ":       {"-addr", taken},
	} {
		cmd := exampletest.Command(append([]string{"-addr", "localhost:0", "-data", newData(t)}, args...)...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "FTL") || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v; want an error that says %q:\n%s", args, err, want, out)
		}
	}
}
