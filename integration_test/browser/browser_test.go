// The tests of this module run the examples, and sites of their own, in a real
// browser. It is a module of its own, so that nobody else downloads what drives
// the browser.
package browser_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sealring/sealring/internal/realtest"
)

// patience is for a machine that has much else to do.
const patience = 30 * time.Second

// startBrowser starts a browser that takes every host for this machine.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	program := realtest.Program(t, "chromium-headless-shell", "chromium-headless-shell")
	if out, err := exec.Command(program, "--version").CombinedOutput(); err != nil {
		realtest.Missing(t, "chromium-headless-shell does not run: "+err.Error()+": "+string(out))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("ignore-certificate-errors", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP * 127.0.0.1"), chromedp.Flag("no-proxy-server", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		_ = chromedp.Cancel(limited)
	})
	return ctx
}

// A person has cookies of their own, and any number of tabs.
type person struct {
	t       *testing.T
	browser context.Context
	ctx     context.Context // that of the first tab
	*tab
}

// newPerson returns somebody who shares nothing with others in the browser.
func newPerson(t *testing.T, browser context.Context) *person {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &person{t, browser, ctx, &tab{t: t, ctx: ctx}}
}

// newTab opens another tab.
func (p *person) newTab() *tab {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatal(err)
	}
	return &tab{t: p.t, ctx: ctx}
}

// A tab shows one page at a time.
type tab struct {
	t    *testing.T
	ctx  context.Context
	shop string // what {shop} stands for in scripts
}

// do takes steps that lead to no other page.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// load takes steps that lead to another page and returns the status of that.
func (b *tab) load(steps ...chromedp.Action[chromedp.Void]) (status int) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.t.Fatalf("%v, at %s", err, b.url())
	}
	if res == nil {
		return 0
	}
	return int(res.Status)
}

// open goes to an address, as if it were typed.
func (b *tab) open(address string) (status int) {
	b.t.Helper()
	return b.load(chromedp.Navigate(address))
}

// click clicks on what leads to another page.
func (b *tab) click(css string) (status int) {
	b.t.Helper()
	return b.load(chromedp.Click(chromedp.CSS(css)))
}

// fill types into fields, which are given with what is typed, in turns.
func (b *tab) fill(cssAndText ...string) {
	b.t.Helper()
	for k := 0; k < len(cssAndText); k += 2 {
		b.do(chromedp.Clear(chromedp.CSS(cssAndText[k])), chromedp.SendKeys(chromedp.CSS(cssAndText[k]), cssAndText[k+1]))
	}
}

func (b *tab) url() string {
	b.t.Helper()
	return evaluate[string](b, "location.href")
}

// text is what the page shows.
func (b *tab) text() string {
	b.t.Helper()
	return evaluate[string](b, `document.body?.innerText ?? ""`)
}

// want fails the test unless the page shows all of these, once it is there.
func (b *tab) want(texts ...string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		shown := b.text()
		missing := slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return strings.Contains(shown, text) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("%q is not on the page %s:\n%s", missing, b.url(), shown)
		}
	}
}

// becomes waits for a condition in the page, since some of what a browser does on its
// own, such as moving the focus, comes with the next frame.
func (b *tab) becomes(condition string) bool {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !evaluate[bool](b, condition); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// evaluate returns what a script in the page comes to; promises are awaited.
func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](strings.ReplaceAll(script, "{shop}", b.shop), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return value
}

// quote returns text as a script writes it.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // of text it never fails
	return string(quoted)
}
