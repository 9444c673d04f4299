package browser_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/sealring/sealring/internal/realtest"
)

// Every page of the example login, on a phone and on a screen, light and dark.
func TestPages(t *testing.T) {
	axe := nodeModule(t, "axe-core/axe.min.js") // finds what keeps people from using a page
	app, browser := runLogin(t), startBrowser(t)
	p := newPerson(t, browser)
	look := func(name string) { t.Helper(); p.look(axe, name) }

	p.open(app.url + "/")
	look("home")
	p.open(app.url + "/account")
	look("login-wanted")
	p.open(app.url + "/login")
	look("login")
	p.fill("#email", email, "#password", "wrong")
	p.click("main form button")
	look("login-problem")
	p.open(app.url + "/register")
	look("register")
	p.click("main form button")
	look("register-problems")
	p.open(app.url + "/nowhere")
	look("not-found")

	p.register(app, "Ada", email)
	look("account-new")
	other := newPerson(t, browser)
	other.logIn(app, "/account")
	p.open(app.url + "/account")
	look("account")
	p.fill("#password", "x", "#new-password", "short")
	p.click("form[action='/account/password'] button")
	look("account-problems")
	p.open(app.url + "/")
	look("home-user")

	bob := newPerson(t, browser)
	bob.register(app, "Bob with a name that takes much room in a list", "a.very.long.address.of.somebody@subdomain.of.a.long.example.org")
	p.open(app.url + "/admin")
	look("admin")
	bob.open(app.url + "/admin")
	bob.look(axe, "denied")

	bob.open(newPages(t, "attacker.test", app.url, map[string]string{"/": `<form method="post" action="{shop}/account/name"><button>Win</button></form>`}))
	bob.click("button")
	bob.want("That came from another site")
	bob.look(axe, "refused")

	for range 11 {
		p.open(app.url + "/login")
		p.fill("#email", "nobody@example.org", "#password", "wrong")
		p.click("main form button")
	}
	p.want("Too many attempts")
	look("too-many")
}

// look looks at the page that is open in each size and scheme of colours.
func (b *tab) look(axe, name string) {
	b.t.Helper()
	for _, view := range []struct {
		name, colours string
		width         int64
	}{{"360", "light", 360}, {"1280", "light", 1280}, {"360-dark", "dark", 360}, {"1280-dark", "dark", 1280}} {
		b.do(chromedp.EmulateViewport(view.width, 800), colours(view.colours))
		b.screenshot(name + "-" + view.name)
		if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
			b.t.Errorf("%s, %s: %d pixels too wide", name, view.name, wide)
		}
		for _, finding := range b.findings(axe) {
			b.t.Errorf("%s, %s: %s", name, view.name, finding)
		}
		for _, field := range b.unlabelled() {
			b.t.Errorf("%s, %s: no label: %s", name, view.name, field)
		}
	}
}

func colours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: "reduce"}, // no colours half-way between two
			},
		})
		return err
	})
}

// findings is what axe finds: all of WCAG 2.2 AA that a program can see, contrast
// among it, and what is good practice.
func (b *tab) findings(axe string) []string {
	b.t.Helper()
	const run = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], rules: {"target-size": {enabled: true}}})
		.then(r => r.passes.length === 0 ? ["nothing was looked at"] : r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html)))`
	return evaluate[[]string](b, axe+";"+run)
}

// unlabelled returns the fields without a label of their own that can be seen.
func (b *tab) unlabelled() []string {
	b.t.Helper()
	return evaluate[[]string](b, `[...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
		.filter(f => f.tabIndex >= 0 && !(f.labels.length > 0 && f.labels[0].innerText.trim() && f.labels[0].getClientRects().length > 0))
		.map(f => f.outerHTML)`)
}

// screenshot writes the whole page to SEALRING_SCREENSHOTS, if that names a folder.
func (b *tab) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("SEALRING_SCREENSHOTS")
	if dir == "" || strings.HasSuffix(name, "-dark") && !realtest.All() {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
