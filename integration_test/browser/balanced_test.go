package browser_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The control page of examples/loadbalanced follows what happens elsewhere, and
// leaves the focus where it is.
func TestControlPage(t *testing.T) {
	axe := nodeModule(t, "axe-core/axe.min.js")
	app := runExample(t, buildExample(t, "loadbalanced"), "localhost", "-site", "localhost:0", "-data", filepath.Join(t.TempDir(), "data"))
	p := newPerson(t, startBrowser(t))
	p.open(app.url)
	p.want("instance 1", "instance 2", "All instances know the same keys")
	p.look(axe, "loadbalanced")

	p.do(chromedp.Focus(chromedp.CSS("#rotate")))
	other := p.newTab()
	other.open(app.url)
	other.click("#kill1")
	p.shows("instance 2", false)
	other.click("#add")
	p.shows("instance 2", true)
	if focused := evaluate[string](p.tab, "document.activeElement.id"); focused != "rotate" {
		t.Errorf("the focus has gone to %q", focused)
	}
	if status := p.click("#rotate"); status != 200 {
		t.Errorf("the button that has the focus, with the tokens of now: %d", status)
	}
}

// shows waits until the page, without being loaded again, shows a text or does not.
func (b *tab) shows(text string, want bool) {
	b.t.Helper()
	for begin := time.Now(); strings.Contains(b.text(), text) != want; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > patience {
			b.t.Fatalf("%q on the page: %v, want %v:\n%s", text, !want, want, b.text())
		}
	}
}
