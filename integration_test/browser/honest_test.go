package browser_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
)

// People who do nothing wrong are never refused, whether tokens are looked at or not.
func TestHonest(t *testing.T) {
	browser := startBrowser(t)
	for _, mode := range []struct {
		name string
		mode antiforgery.Mode
	}{{"browser first", antiforgery.BrowserFirst}, {"browser and tokens", antiforgery.BrowserAndTokens}} {
		csrf := antiforgery.Config{Mode: mode.mode}
		for _, tt := range []struct {
			name string
			cfg  shopConfig
			run  func(t *testing.T, p *person, s *shop)
		}{
			{"two tabs", shopConfig{csrf: csrf}, twoTabs},
			{"back button", shopConfig{csrf: csrf}, backButton},
			{"login in another tab", shopConfig{csrf: csrf}, loginInAnotherTab},
			{"open over a key rotation", shopConfig{csrf: csrf}, overRotation},
			{"Strict login cookie and a link from elsewhere", shopConfig{csrf: csrf, auth: withSameSite(http.SameSiteStrictMode)}, linkFromElsewhere},
			{"several apps on one host", shopConfig{csrf: csrf}, severalApps},
		} {
			t.Run(mode.name+"/"+tt.name, func(t *testing.T) {
				tt.cfg.host = "shop.test"
				s := newShop(t, tt.cfg)
				tt.run(t, newPerson(t, browser), s)
				if n := s.refusals(); n != 0 {
					t.Errorf("refused: %v", s.csrf.Refusals())
				}
			})
		}
	}
}

// A Strict antiforgery cookie, too, where the browser's word comes first: the link
// from elsewhere replaces the cookie, and the forms that are open stay good.
func TestStrictAntiforgeryCookie(t *testing.T) {
	s := newShop(t, shopConfig{
		host: "shop.test", auth: withSameSite(http.SameSiteStrictMode),
		csrf: antiforgery.Config{Cookie: antiforgery.Cookie{SameSite: http.SameSiteStrictMode}},
	})
	linkFromElsewhere(t, newPerson(t, startBrowser(t)), s)
}

// order orders by the form that is open.
func (b *tab) order(what string) {
	b.t.Helper()
	if status := b.click("#order button"); status != 200 {
		b.t.Fatalf("%s: %d\n%s", what, status, b.text())
	}
	b.want("Ordered book for Ada")
}

func twoTabs(_ *testing.T, p *person, s *shop) {
	p.logInAt(s)
	p.open(s.url + "/")
	second := p.newTab()
	second.open(s.url + "/")
	second.order("in the second tab")
	p.order("in the first tab")
}

func backButton(_ *testing.T, p *person, s *shop) {
	p.logInAt(s)
	p.open(s.url + "/")
	p.order("once")
	p.back()
	p.order("again, after going back")
	p.open(s.url + "/login")
	p.click("#login button")
	p.back() // to the form that has logged in
	p.want("Login of")
	if status := p.click("#login button"); status != 200 {
		p.tab.t.Fatalf("login again after going back: %d", status)
	}
	p.want("Private of Ada")
}

func loginInAnotherTab(t *testing.T, p *person, s *shop) {
	p.open(s.url + "/")
	third := p.newTab()
	third.open(s.url + "/login")
	p.newTab().logInAt(s)
	p.order("by a form that was opened before the login")
	if status := third.click("#login button"); status != 200 {
		t.Errorf("a login form that was opened before the login: %d", status)
	}
}

func overRotation(_ *testing.T, p *person, s *shop) {
	p.logInAt(s)
	p.open(s.url + "/")
	s.rotate()
	p.order("by a form from before the rotation")
	p.open(s.url + "/")
	p.order("by one from after")
}

func linkFromElsewhere(_ *testing.T, p *person, s *shop) {
	p.logInAt(s)
	p.open(s.url + "/")
	second := p.newTab()
	second.open(newPages(p.t, "elsewhere.test", s.url, map[string]string{"/": `<a href="{shop}/">A good shop</a>`}))
	second.click("a")
	second.want("Shop of nobody") // the Strict cookie stays behind
	p.order("by a form that was open before the link was followed")
	second.open(s.url + "/")
	second.want("Shop of Ada")
	second.order("in the tab of the link")
}

func severalApps(t *testing.T, p *person, s *shop) {
	other := newShop(t, shopConfig{
		host: "shop.test", // at another port, which cookies do not know
		auth: cookieauth.Config{Cookie: cookieauth.Cookie{Name: "__Host-other"}},
		csrf: antiforgery.Config{Mode: antiforgery.BrowserAndTokens, Cookie: antiforgery.Cookie{Name: "__Host-other-csrf"}},
	})
	p.logInAt(s)
	p.open(s.url + "/")
	second := p.newTab()
	second.logInAt(other)
	second.open(other.url + "/")
	p.order("in the one")
	second.order("in the other")
	if n := other.refusals(); n != 0 {
		t.Errorf("refused by the other: %v", other.csrf.Refusals())
	}
}

// back goes back, as by the button.
func (b *tab) back() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.NavigateBack()); err != nil {
		b.t.Fatal(err)
	}
}
