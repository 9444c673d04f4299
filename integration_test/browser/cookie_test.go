package browser_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
)

const loginCookie = "__Host-sealring"

// cookies returns the cookies of the page that is open, scripts' reach or not.
func (b *tab) cookies() []*network.Cookie {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, func(ctx context.Context, t *chromedp.Target) (network.GetCookiesResult, error) {
		return cdp.Call(ctx, t, network.GetCookies, network.GetCookiesParams{})
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Cookies
}

// cookie returns the one of a name, or nil.
func (b *tab) cookie(name string) *network.Cookie {
	b.t.Helper()
	list := b.cookies()
	at := slices.IndexFunc(list, func(c *network.Cookie) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	return list[at]
}

func TestCookieInTheBrowser(t *testing.T) {
	s := newShop(t, shopConfig{host: "shop.test"})
	p := newPerson(t, startBrowser(t))
	p.logInAt(s)
	c := p.cookie(loginCookie)
	if c == nil {
		t.Fatalf("no cookie: %v", p.cookies())
	}
	if !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Domain != "shop.test" || c.Path != "/" || !c.Session {
		t.Errorf("%+v", c)
	}
	if seen := evaluate[string](p.tab, "document.cookie"); seen != "" {
		t.Errorf("scripts see %q", seen)
	}
	plain := strings.Replace(s.url, "https", "http", 1)
	evaluate[string](p.tab, `fetch("`+plain+`").then(() => "", () => "")`) // what is not safe gets no cookie, and no answer
}

func TestSlidingRenewal(t *testing.T) {
	s := newShop(t, shopConfig{host: "shop.test", auth: cookieauth.Config{Lifetime: time.Hour}})
	p := newPerson(t, startBrowser(t))
	p.logInAt(s)
	first := p.cookie(loginCookie).Value
	visit := func(after time.Duration, want string) (cookie string) {
		t.Helper()
		s.clock.Advance(after)
		p.open(s.url + "/private")
		p.want(want)
		if c := p.cookie(loginCookie); c != nil {
			return c.Value
		}
		return ""
	}
	if visit(29*time.Minute, "Private of Ada") != first {
		t.Error("renewed before half of its life")
	}
	renewed := visit(2*time.Minute, "Private of Ada")
	if renewed == first {
		t.Error("not renewed after half of its life")
	}
	if visit(40*time.Minute, "Private of Ada") == renewed { // over the first one's end
		t.Error("not renewed again")
	}
	visit(61*time.Minute, "Login of nobody")
}

func TestChunks(t *testing.T) {
	var big []claims.Claim
	for _, letter := range "abcdefghij" {
		big = append(big, claims.Claim{Type: "big", Value: strings.Repeat(string(letter), 1000)})
	}
	s := newShop(t, shopConfig{host: "shop.test", auth: cookieauth.Config{MaxCookieSize: 32 << 10}, claims: big})
	p := newPerson(t, startBrowser(t))
	p.logInAt(s)
	size, chunks := 0, 0
	for _, c := range p.cookies() {
		if strings.HasPrefix(c.Name, loginCookie+"C") {
			chunks++
			size += len(c.Value)
		}
	}
	if c := p.cookie(loginCookie); c == nil || !strings.HasPrefix(c.Value, "chunks") || size < 8<<10 || chunks < 3 {
		t.Errorf("%d characters in %d chunks, and %+v; want more than 8 KiB", size, chunks, c)
	}
	p.open(s.url + "/")
	p.want("Shop of Ada")
	p.order("with chunks")
	p.open(s.url + "/")
	p.click("#logout button")
	p.want("Shop of nobody")
	for _, c := range p.cookies() {
		if strings.HasPrefix(c.Name, loginCookie) && !strings.HasPrefix(c.Name, loginCookie+"-csrf") {
			t.Errorf("%s is left", c.Name)
		}
	}
}

// What SameSite does between two sites, in a real browser: whether a link that is
// followed, and a request that a page makes, carry the login.
func TestSameSite(t *testing.T) {
	browser := startBrowser(t)
	for _, tt := range []struct {
		name        string
		mode        http.SameSite
		link, frame bool
	}{
		{"Strict", http.SameSiteStrictMode, false, false},
		{"Lax", http.SameSiteLaxMode, true, false},
		{"None", http.SameSiteNoneMode, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t, shopConfig{host: "shop.test", auth: withSameSite(tt.mode), framed: true})
			p := newPerson(t, browser)
			p.logInAt(s)
			elsewhere := newPages(t, "elsewhere.test", s.url, map[string]string{
				"/link":  `<a href="{shop}/">A good shop</a>`,
				"/frame": framePage,
			})
			p.open(elsewhere + "/link")
			p.click("a")
			if logged := strings.Contains(p.text(), "Shop of Ada"); logged != tt.link {
				t.Errorf("by a link: logged in %v, want %v", logged, tt.link)
			}
			p.open(elsewhere + "/frame")
			if shown := evaluate[string](p.tab, "shown"); (shown == "Private of Ada") != tt.frame || shown == "" {
				t.Errorf("in a frame is %q, want it logged in: %v", shown, tt.frame)
			}
		})
	}
}
