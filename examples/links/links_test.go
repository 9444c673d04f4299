package main

import (
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

const email, first, second = "Anna@example.org", "first password", "second password"

var mailed = regexp.MustCompile(`<a href="(/(?:confirm|reset)\?link=[^"]+)"`)

// A person is somebody with a browser and a mailbox.
type person struct {
	*exampletest.Visitor
	t    *testing.T
	home string
}

func newPerson(t *testing.T) *person {
	app := exampletest.Start(t, "-keys", filepath.Join(t.TempDir(), "keys"))
	t.Cleanup(func() {
		if strings.Contains(app.Output(), "CfDJ8") {
			t.Error("the log has a link")
		}
	})
	return &person{exampletest.NewVisitor(t), t, app.URL}
}

// latest returns the link of the latest mail, and what is sealed in it.
func (p *person) latest() (address, text string) {
	p.t.Helper()
	links := mailed.FindAllStringSubmatch(p.Get(p.home+"/outbox").Body, -1)
	if links == nil {
		p.t.Fatal("no link was sent")
	}
	path := html.UnescapeString(links[len(links)-1][1])
	_, text, _ = strings.Cut(path, "=")
	return p.home + path, text
}

func (p *person) want(what string, a exampletest.Answer, status int, text string) {
	p.t.Helper()
	if a.Status != status || !strings.Contains(a.Body, text) {
		p.t.Fatalf("%s: %d, want %d with %q\n%s", what, a.Status, status, text, a.Body)
	}
}

func (p *person) register() {
	p.t.Helper()
	p.want("register", p.Submit(p.home, p.home+"/register", url.Values{"email": {email}, "password": {first}}), 200, "Look into your mail")
}

func (p *person) logIn(password string) exampletest.Answer {
	p.t.Helper()
	return p.Submit(p.home, p.home+"/login", url.Values{"email": {email}, "password": {password}})
}

// scan does what mail scanners do with a link, cookies or not.
func (p *person) scan(address string) {
	p.t.Helper()
	scanner := exampletest.NewVisitor(p.t)
	for range 3 {
		p.want("scan", scanner.Get(address), 200, "")
	}
	r, _ := http.NewRequest(http.MethodHead, address, nil)
	p.want("scan", scanner.Do(r), 200, "")
}

func TestConfirm(t *testing.T) {
	p := newPerson(t)
	p.register()
	address, text := p.latest()
	p.scan(address)
	p.want("login after the scanner", p.logIn(first), 403, "confirm your address first")
	p.want("confirm", p.Submit(address, p.home+"/confirm", url.Values{"link": {text}}), 200, "is confirmed")
	p.want("login", p.logIn(first), 200, "Welcome, anna@example.org")
	p.want("confirm again", p.Submit(address, p.home+"/confirm", url.Values{"link": {text}}), 200, "is confirmed")
}

func TestReset(t *testing.T) {
	p := newPerson(t)
	p.register()
	forgot := func() (address, text string) {
		p.want("forgot", p.Submit(p.home, p.home+"/forgot", url.Values{"email": {email}}), 200, "If there is an account")
		return p.latest()
	}
	older, olderText := forgot()
	address, text := forgot()
	p.scan(address)
	p.want("a short password", p.Submit(address, p.home+"/reset", url.Values{"link": {text}, "password": {"short"}}), 422, "8 to 72 bytes")
	p.want("reset", p.Submit(address, p.home+"/reset", url.Values{"link": {text}, "password": {second}}), 200, "You have a new password")
	p.want("old password", p.logIn(first), 401, "")
	p.want("new password", p.logIn(second), 200, "Welcome")

	const over = "This link is no longer good"
	p.want("the link again", p.Get(address), 410, over)
	p.want("the older link", p.Get(older), 410, over)
	for _, used := range []string{text, olderText} {
		p.want("post again", p.Submit(p.home, p.home+"/reset", url.Values{"link": {used}, "password": {"third password"}}), 410, over)
	}
	p.want("still the new password", p.logIn(second), 200, "Welcome")
}

func TestBadLinks(t *testing.T) {
	p := newPerson(t)
	p.register()
	_, confirm := p.latest()
	p.Submit(p.home, p.home+"/forgot", url.Values{"email": {email}})
	_, reset := p.latest()
	for name, path := range map[string]string{
		"confirmation as reset": "/reset?link=" + confirm,
		"reset as confirmation": "/confirm?link=" + reset,
		"cut":                   "/reset?link=" + reset[:len(reset)-1],
		"flipped":               "/reset?link=" + flip(reset),
		"empty":                 "/reset",
	} {
		t.Run(name, func(t *testing.T) {
			if a := p.Get(p.home + path); a.Status != http.StatusGone {
				t.Errorf("%d, want 410\n%s", a.Status, a.Body)
			}
		})
	}
}

func flip(text string) string {
	last := text[len(text)-5]
	other := byte('A')
	if last == other {
		other = 'B'
	}
	return text[:len(text)-5] + string(other) + text[len(text)-4:]
}

// Nobody learns who has an account.
func TestUnknownAddress(t *testing.T) {
	p := newPerson(t)
	p.register()
	known := p.Submit(p.home, p.home+"/forgot", url.Values{"email": {email}})
	unknown := p.Submit(p.home, p.home+"/forgot", url.Values{"email": {"nobody@example.org"}})
	if known.Status != unknown.Status || known.Body != unknown.Body {
		t.Errorf("%d and %d:\n%s\n%s", known.Status, unknown.Status, known.Body, unknown.Body)
	}
	again := p.Submit(p.home, p.home+"/register", url.Values{"email": {strings.ToLower(email)}, "password": {second}})
	p.want("register again", again, 200, "Look into your mail")
	p.want("nobody's password was changed", p.logIn(second), 401, "")
}

func TestForgedReset(t *testing.T) {
	p := newPerson(t)
	p.register()
	p.want("without a token", p.Post(p.home+"/forgot", url.Values{"email": {email}}), 403, "")
}

// A link ends by itself.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, accounts := newLinks(dataprotection.Ephemeral("links")), newAccounts()
		a, err := accounts.create(email, first)
		if err != nil {
			t.Fatal(err)
		}
		path, err := l.forReset(a)
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(path, "=")
		time.Sleep(resetLife - time.Second)
		if _, err := l.openReset(t.Context(), text, accounts); err != nil {
			t.Errorf("just before its end: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := l.openReset(t.Context(), text, accounts); err == nil {
			t.Error("it opens after its end")
		}
	})
}
