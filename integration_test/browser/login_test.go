package browser_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	email    = "ada@example.org"
	password = "correct horse battery"
)

// runLogin runs the example login over TLS, at https://shop.test.
func runLogin(t *testing.T) *example {
	t.Helper()
	cert, key := newCertificate(t)
	return runExample(t, buildExample(t, "login"), "shop.test", "-data", filepath.Join(t.TempDir(), "data"), "-cert", cert, "-key", key)
}

// register makes an account, by the form.
func (b *tab) register(app *example, name, email string) {
	b.t.Helper()
	b.open(app.url + "/register")
	b.fill("#name", name, "#email", email, "#password", password)
	b.click("main form button")
	b.want("Welcome, "+name, "Your account")
}

// logIn logs in by the form, for the page that is wanted.
func (b *tab) logIn(app *example, page string) {
	b.t.Helper()
	b.open(app.url + page)
	b.want("The page that you asked for is for people who have logged in")
	b.fill("#email", email, "#password", password)
	b.do(chromedp.Click(chromedp.CSS("#remember")))
	b.click("main form button")
}

// From the account to "log out everywhere else", with two browsers at once.
func TestLogin(t *testing.T) {
	app, browser := runLogin(t), startBrowser(t)
	home, phone := newPerson(t, browser), newPerson(t, browser)
	home.register(app, "Ada", email)
	home.want("This browser", "You are logged in nowhere else")
	if c := home.cookie(loginCookie); c == nil || !c.Session || !c.HTTPOnly || !c.Secure {
		t.Errorf("without “keep me logged in”: %+v", c)
	}

	phone.logIn(app, "/account")
	phone.want("Your account", "Log out everywhere else")
	if c := phone.cookie(loginCookie); c == nil || c.Session {
		t.Errorf("with “keep me logged in”: %+v", c)
	}
	home.open(app.url + "/account")
	home.click(".sessions li:not(.this) button")
	home.want("That session has ended", "You are logged in nowhere else")
	phone.open(app.url + "/account")
	phone.want("Log in")

	phone.logIn(app, "/account")
	home.open(app.url + "/account")
	home.fill("#name", "Ada Byron")
	home.click("form[action='/account/name'] button")
	home.want("Your name is changed", "Ada Byron")
	home.click(".alarm")
	home.want("You are logged out everywhere else", "You are logged in nowhere else")
	phone.open(app.url + "/account")
	phone.want("Log in")
	home.open(app.url + "/admin")
	home.want("Accounts", email)

	home.click("header form button")
	home.want("You are logged out.")
	if c := home.cookie(loginCookie); c != nil {
		t.Errorf("after the logout: %+v", c)
	}
}

// Going back after a logout shows nothing that was private.
func TestBackAfterLogout(t *testing.T) {
	app := runLogin(t)
	p := newPerson(t, startBrowser(t))
	p.register(app, "Ada", email)
	p.open(app.url + "/account")
	p.want(email)
	p.click("header form button")
	p.want("You are logged out.")
	p.back()
	if text := p.text(); strings.Contains(text, email) || !strings.Contains(text, "Log in") {
		t.Errorf("after going back, at %s:\n%s", p.url(), text)
	}
}

// A form that is open while its user logs out and in again elsewhere.
func TestStaleFormOfTheLogin(t *testing.T) {
	app := runLogin(t)
	p := newPerson(t, startBrowser(t))
	p.register(app, "Ada", email)
	p.open(app.url + "/account")
	second := p.newTab()
	second.open(app.url + "/")
	second.click("header form button")
	p.fill("#name", "Ada Byron")
	p.click("form[action='/account/name'] button")
	p.want("The page that you asked for is for people who have logged in")
	second.logIn(app, "/account")
	p.open(app.url + "/account")
	p.fill("#name", "Ada Byron")
	p.click("form[action='/account/name'] button")
	p.want("Your name is changed")
}

// Everything can be done without a mouse.
func TestKeyboard(t *testing.T) {
	app := runLogin(t)
	p := newPerson(t, startBrowser(t))
	p.open(app.url + "/")
	p.tabTo(".skip")
	if evaluate[bool](p.tab, `document.activeElement.getBoundingClientRect().height < 20`) {
		t.Error("the link that skips is not to be seen")
	}
	p.tabTo("main a.button")
	p.press("\r")
	p.want("Create an account")
	p.tabTo("#name")
	p.do(chromedp.KeyEvent("Ada"))
	p.tabTo("#email")
	p.do(chromedp.KeyEvent(email))
	p.tabTo("#password")
	p.do(chromedp.KeyEvent("short"))
	p.press("\r")
	p.want("There is a problem")
	if !p.becomes(`document.activeElement.matches(".problems")`) {
		t.Error("the problems have not got the focus")
	}
	p.tabTo(".problems a")
	p.do(chromedp.KeyEvent("\r")) // to the field
	if !p.becomes(`location.hash === "#password"`) {
		t.Error("the problem does not lead to its field")
	}
	p.tabTo("#password")
	p.do(chromedp.KeyEvent(password))
	p.press("\r")
	p.want("Welcome, Ada")

	other := newPerson(t, p.browser)
	other.open(app.url + "/login")
	other.tabTo("#email")
	other.do(chromedp.KeyEvent(email))
	other.tabTo("#password")
	other.do(chromedp.KeyEvent(password))
	other.tabTo("#remember")
	other.do(chromedp.KeyEvent(" "))
	other.press("\r")
	other.want("Log out everywhere else")
	other.tabTo(".alarm")
	other.press("\r")
	other.want("You are logged out everywhere else")
	other.tabTo("header form button")
	other.press("\r")
	other.want("You are logged out.")
}

// press presses a key that leads to another page.
func (b *tab) press(key string) {
	b.t.Helper()
	b.load(chromedp.KeyEvent(key))
}

// tabTo presses the tabulator until an element has the focus, which has to be seen.
func (b *tab) tabTo(css string) {
	b.t.Helper()
	for range 60 {
		b.do(chromedp.KeyEvent("\t"))
		if evaluate[bool](b, `!!document.activeElement?.matches(`+quote(css)+`)`) {
			if evaluate[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
				b.t.Errorf("%s does not show that it has the focus", css)
			}
			return
		}
	}
	b.t.Fatalf("the keyboard does not get to %s at %s", css, b.url())
}
