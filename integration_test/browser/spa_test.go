package browser_test

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// The example spa, whose script talks to the API. It runs over plain HTTP at
// localhost, as it does for whoever tries it.
func TestSPA(t *testing.T) {
	app := runExample(t, buildExample(t, "spa"), "localhost", "-keys", filepath.Join(t.TempDir(), "keys"))
	p := newPerson(t, startBrowser(t))
	p.open(app.url + "/")
	p.do(chromedp.WaitVisible(chromedp.CSS("#login")))
	p.fill("#name", "Ada")
	p.do(chromedp.Click(chromedp.CSS("#login button")), chromedp.WaitVisible(chromedp.CSS("#notes")))
	p.want("Notes of Ada")
	p.addNote("milk")

	second := p.newTab() // where somebody else logs in meanwhile
	second.open(app.url + "/")
	second.do(chromedp.WaitVisible(chromedp.CSS("#notes")), chromedp.Click(chromedp.CSS("#logout")), chromedp.WaitVisible(chromedp.CSS("#login")))
	second.fill("#name", "Bob")
	second.do(chromedp.Click(chromedp.CSS("#login button")), chromedp.WaitVisible(chromedp.CSS("#notes")))
	second.want("Notes of Bob")
	second.addNote("bread")

	p.addNote("cheese") // Bob's by now: the script goes on with whom the browser is logged in as
	p.want("bread")
	second.do(chromedp.Click(chromedp.CSS("#logout")), chromedp.WaitVisible(chromedp.CSS("#login")))
	p.do(chromedp.SendKeys(chromedp.CSS("#text"), "eggs"), chromedp.Click(chromedp.CSS("#add button")), chromedp.WaitVisible(chromedp.CSS("#login")))
	if got := evaluate[string](p.tab, `document.getElementById("message").textContent`); got != "The server answered 401." {
		t.Errorf("after the logout elsewhere: %q", got)
	}
}

// addNote adds a note and waits until it is in the list.
func (b *tab) addNote(text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), text), chromedp.Click(chromedp.CSS("#add button")),
		chromedp.WaitVisible(`//li[.=`+quote(text)+`]`))
}
