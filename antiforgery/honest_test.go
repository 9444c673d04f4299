package antiforgery_test

import (
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
)

// A page elsewhere could sign a visitor in as somebody else, so the login form is
// protected like all others.
func TestLoginIsNotExempt(t *testing.T) {
	for _, mode := range []antiforgery.Mode{antiforgery.BrowserFirst, antiforgery.TokensOnly, antiforgery.BrowserAndTokens} {
		p := protect(t, antiforgery.Config{Mode: mode})
		if err := p.Check(request("POST", "/login", form("name=mallory"), formType)); reasonOf(t, err) != antiforgery.CookieMissing {
			t.Errorf("mode %v, an old browser: %v", mode, err)
		}
		if err := p.Check(request("POST", "/login", form("name=mallory"), formType, site+"cross-site", from+"https://evil.example")); err == nil {
			t.Errorf("mode %v: a page elsewhere signs visitors in", mode)
		}
		tokens, cookie := visit(t, p, nil)
		wantReason(t, p.Check(request("POST", "/login", form("name=alice", field+"="+tokens.Request), formType, cookie)), passed)
	}
}

// Cookies know no ports, so two programs on one host see each other's.
func TestTwoProgramsOnOneHost(t *testing.T) {
	for _, c := range []struct {
		name    string
		cfg     antiforgery.Config
		first   antiforgery.Reason // of a form of the first program, after one of the second was opened
		vouched antiforgery.Reason // and if the browser vouches for it
	}{
		{"names by application", antiforgery.Config{Profile: antiforgery.ASPNETCore}, passed, passed},
		{"one name, the browser's word", antiforgery.Config{}, antiforgery.Unreadable, passed},
		{"one name, tokens only", antiforgery.Config{Mode: antiforgery.TokensOnly}, antiforgery.Unreadable, antiforgery.Unreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			jar := map[string]string{}
			var programs []*antiforgery.Protection
			var tokens []string
			for _, application := range []string{"shop", "blog"} {
				cfg := c.cfg
				cfg.KeyRing = dataprotectiontest.Open(t, dataprotection.Config{Application: application})
				p := protect(t, cfg)
				made, cookie := visit(t, p, nil)
				name, value, _ := strings.Cut(strings.TrimPrefix(cookie, "Cookie: "), "=")
				jar[name] = value
				programs, tokens = append(programs, p), append(tokens, made.Request)
			}
			post := func(k int, word string) error {
				r := request("POST", "/", nil, header+": "+tokens[k], site+word)
				for name, value := range jar {
					set(r, "Cookie: "+name+"="+value)
				}
				return programs[k].Check(r)
			}
			wantReason(t, post(0, ""), c.first)
			wantReason(t, post(0, "same-origin"), c.vouched)
			wantReason(t, post(1, ""), passed)
		})
	}
}
