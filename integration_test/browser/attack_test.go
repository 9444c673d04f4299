package browser_test

import (
	"net/http"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
)

// What a page can do that is not of the shop, while the visitor is logged in there.
var attacks = []struct {
	name string
	page string
	// run does it, and returns when it has been done.
	run func(b *tab)
	// works says whether it works on a shop without protection whose cookie goes with
	// requests of other sites.
	works bool
}{
	{
		"form", `<form method="post" action="{shop}/order"><input name="item" value="yacht"><button>Win a prize</button></form>`,
		func(b *tab) { b.click("button") }, true,
	},
	{
		"plain text form", `<form method="post" enctype="text/plain" action="{shop}/order"><input name="{item" value="yacht}"><button>Win a prize</button></form>`,
		func(b *tab) { b.click("button") }, true,
	},
	{"fetch", ``, func(b *tab) {
		evaluate[string](b, `fetch("{shop}/order", {method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({item: "yacht"})}).then(() => "sent", e => String(e))`)
	}, true},
	{"fetch with a token of the attacker", ``, func(b *tab) {
		evaluate[string](b, `fetch("{shop}/order", {method: "POST", credentials: "include", headers: {RequestVerificationToken: "CfDJ8"}, body: "x"}).then(() => "sent", e => String(e))`)
	}, false}, // the browser asks first, and is not answered
	{"link", `<a href="{shop}/order?item=yacht">Kittens</a>`, func(b *tab) { b.click("a") }, false}, // a GET orders nothing
	{
		"form in a frame", `<iframe name="hidden"></iframe><form method="post" action="{shop}/order" target="hidden"><input name="item" value="yacht"></form>`,
		func(b *tab) {
			evaluate[string](b, `new Promise(done => { document.querySelector("iframe").onload = () => done(""); document.forms[0].submit() })`)
		}, true,
	},
	{"WebSocket", ``, func(b *tab) {
		evaluate[string](b, `new Promise(done => { const s = new WebSocket("{shop}/live".replace("https", "wss")); s.onclose = () => done("") })`)
	}, true},
}

// attackers are where the page may be.
var attackers = []struct{ name, host string }{
	{"another site", "attacker.test"},
	{"another subdomain", "blog.shop.test"},
	{"another port", "shop.test"},
}

func TestAttacks(t *testing.T) {
	browser := startBrowser(t)
	for _, tt := range []struct {
		name string
		cfg  shopConfig
	}{
		{"SameSite=Lax", shopConfig{}},
		{"SameSite=None", shopConfig{auth: withSameSite(http.SameSiteNoneMode)}},
		{"no SameSite", shopConfig{auth: withSameSite(http.SameSiteDefaultMode)}}, // browsers allow a POST from elsewhere for two minutes
		{"tokens and SameSite=None", shopConfig{auth: withSameSite(http.SameSiteNoneMode), csrf: antiforgery.Config{Mode: antiforgery.BrowserAndTokens}}},
		{"tokens alone and SameSite=None", shopConfig{auth: withSameSite(http.SameSiteNoneMode), csrf: antiforgery.Config{Mode: antiforgery.TokensOnly, Cookie: antiforgery.Cookie{SameSite: http.SameSiteNoneMode}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.host = "shop.test"
			s := newShop(t, tt.cfg)
			p := newPerson(t, browser)
			p.logInAt(s)
			for _, attacker := range attackers {
				attack(t, p, s, attacker.name, attacker.host)
			}
			if got := s.orders.Load(); got != 0 {
				t.Errorf("%d orders were forged", got)
			}
			if s.refusals() == 0 {
				t.Error("nothing was refused: did the attacks arrive?")
			}
			p.open(s.url + "/")
			p.click("#order button")
			p.want("Ordered book for Ada") // the visitor is still logged in, and can do it
		})
	}
}

// attack tries everything from one place.
func attack(t *testing.T, p *person, s *shop, name, host string) {
	t.Helper()
	for _, a := range attacks {
		before := s.orders.Load()
		runAttack(t, p, s, host, a.page, a.run)
		if s.orders.Load() != before {
			t.Errorf("%s: %s has worked", name, a.name)
		}
	}
}

func runAttack(t *testing.T, p *person, s *shop, host, page string, run func(*tab)) {
	t.Helper()
	b := p.newTab()
	b.shop = s.url
	b.open(newPages(t, host, s.url, map[string]string{"/": page}))
	run(b)
}

func withSameSite(mode http.SameSite) cookieauth.Config {
	return cookieauth.Config{Cookie: cookieauth.Cookie{SameSite: mode}}
}

// The attacks are real: without protection each works that can.
func TestAttacksWorkWithoutProtection(t *testing.T) {
	s := newShop(t, shopConfig{host: "shop.test", auth: withSameSite(http.SameSiteNoneMode), unprotected: true, framed: true})
	p := newPerson(t, startBrowser(t))
	p.logInAt(s)
	for _, a := range attacks {
		before := s.orders.Load()
		runAttack(t, p, s, "attacker.test", a.page, a.run)
		if worked := s.orders.Load() != before; worked != a.works {
			t.Errorf("%s: worked %v, want %v", a.name, worked, a.works)
		}
	}
}

// A page of the shop is not shown in a frame of another site, where a visitor could
// be led to click on what they do not see.
func TestFrames(t *testing.T) {
	browser := startBrowser(t)
	for _, tt := range []struct {
		name  string
		cfg   shopConfig
		shown string
	}{
		{"protected", shopConfig{auth: withSameSite(http.SameSiteNoneMode)}, ""},
		{"allowed", shopConfig{auth: withSameSite(http.SameSiteNoneMode), framed: true}, "Private of Ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.host = "shop.test"
			s := newShop(t, tt.cfg)
			p := newPerson(t, browser)
			p.logInAt(s)
			p.open(newPages(t, "attacker.test", s.url, map[string]string{"/": framePage}))
			if shown := evaluate[string](p.tab, "shown"); shown != tt.shown {
				t.Errorf("shown in a frame: %q, want %q", shown, tt.shown)
			}
		})
	}
}

// Another site can neither log a visitor in, as somebody else, nor out.
func TestForgedLogin(t *testing.T) {
	s := newShop(t, shopConfig{host: "shop.test"})
	p := newPerson(t, startBrowser(t))
	elsewhere := newPages(t, "attacker.test", s.url, map[string]string{
		"/in":  `<form method="post" action="{shop}/login"><button>Win a prize</button></form>`,
		"/out": `<form method="post" action="{shop}/logout"><button>Win a prize</button></form>`,
	})
	p.open(elsewhere + "/in")
	if status := p.click("button"); status != http.StatusForbidden {
		t.Errorf("forged login: %d, want 403", status)
	}
	p.want("This request was not carried out", "came from a page of another site")
	p.open(s.url + "/")
	p.want("Shop of nobody")
	p.logInAt(s)
	p.open(elsewhere + "/out")
	if status := p.click("button"); status != http.StatusForbidden {
		t.Errorf("forged logout: %d, want 403", status)
	}
	p.open(s.url + "/")
	p.want("Shop of Ada")
	if got := s.csrf.Refusals()[antiforgery.CrossSite]; got != 2 {
		t.Errorf("%d refusals as cross-site, want 2", got)
	}
}
