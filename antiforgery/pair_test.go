package antiforgery_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
)

// TestPair is about requests in which the tokens decide.
func TestPair(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	alice, bob := user("alice"), user("bob")
	for_ := map[string]*claims.Principal{"alice": alice, "bob": bob, "nobody": nil}
	tokens, cookie := visit(t, p, alice)
	nobodys, _ := p.Peek(as(request("GET", "/", nil, cookie), nil))
	other, otherCookie := visit(t, p, alice)
	stranger := protect(t, antiforgery.Config{})
	foreign, foreignCookie := visit(t, stranger, alice)
	cookieValue := strings.TrimPrefix(cookie, "Cookie: __Host-sealring-csrf=")

	for _, c := range []struct {
		name, who, cookie, token string
		want                     antiforgery.Reason
	}{
		{"AFD-14 AFD-17 good", "alice", cookie, tokens.Request, passed},
		{"AFD-18 no cookie", "alice", "", tokens.Request, antiforgery.CookieMissing},
		{"AFR-1 empty cookie", "alice", "Cookie: __Host-sealring-csrf=", tokens.Request, antiforgery.CookieMissing},
		{"cookie of the name without prefix", "alice", strings.Replace(cookie, "__Host-", "", 1), tokens.Request, antiforgery.CookieMissing},
		{"cookie of the name in another case", "alice", strings.Replace(cookie, "__Host", "__host", 1), tokens.Request, antiforgery.CookieMissing},
		{"cookie with rubbish", "alice", "Cookie: __Host-sealring-csrf=rubbish", tokens.Request, antiforgery.Unreadable},
		{"last cookie counts", "alice", "Cookie: __Host-sealring-csrf=rubbish; " + strings.TrimPrefix(cookie, "Cookie: "), tokens.Request, passed},
		{"first cookie does not", "alice", cookie + "; __Host-sealring-csrf=rubbish", tokens.Request, antiforgery.Unreadable},
		{"many cookies", "alice", cookie + strings.Repeat("; a=b", 10_000), tokens.Request, passed},
		{"token with rubbish", "alice", cookie, "rubbish", antiforgery.Unreadable},
		{"AFG-10 swapped", "alice", "Cookie: __Host-sealring-csrf=" + tokens.Request, cookieValue, antiforgery.Swapped},
		{"AFG-10 two for the cookie", "alice", cookie, cookieValue, antiforgery.Swapped},
		{"AFG-11 other cookie", "alice", otherCookie, tokens.Request, antiforgery.OtherCookie},
		{"other token", "alice", cookie, other.Request, antiforgery.OtherCookie},
		{"another ring", "alice", foreignCookie, foreign.Request, antiforgery.Unreadable},
		{"AFG-13 another user", "bob", cookie, tokens.Request, antiforgery.OtherUserID},
		{"AFG-14 signed out since", "nobody", cookie, tokens.Request, antiforgery.OtherUserID},
		{"signed in since", "alice", cookie, nobodys.Request, antiforgery.OtherUserID},
		{"not signed in", "nobody", cookie, nobodys.Request, passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := as(request("POST", "/", nil, header+": "+c.token), for_[c.who])
			if c.cookie != "" {
				set(r, c.cookie)
			}
			wantReason(t, p.Check(r), c.want)
			wantReason(t, p.CheckTokens(r), c.want)
		})
	}
	t.Run("used again, in another tab, and after newer ones", func(t *testing.T) {
		again, err := p.Peek(as(request("GET", "/", nil, cookie), alice))
		if err != nil || again.Cookie != "" {
			t.Fatalf("a new cookie %q, %v", again.Cookie, err)
		}
		for _, token := range []string{tokens.Request, again.Request, tokens.Request} {
			wantReason(t, p.Check(as(request("POST", "/", nil, cookie, header+": "+token), alice)), passed)
		}
	})
	t.Run("CheckTokens asks whatever the method", func(t *testing.T) {
		wantReason(t, p.CheckTokens(request("GET", "/", nil)), antiforgery.CookieMissing)
		wantReason(t, p.CheckTokens(request("POST", "/", nil, site+"same-origin")), antiforgery.CookieMissing)
	})
}

// TestSignedInSince is about a form of before the sign-in.
func TestSignedInSince(t *testing.T) {
	for _, c := range []struct {
		name string
		mode antiforgery.Mode
		word string
		want antiforgery.Reason
	}{
		{"the browser vouches", antiforgery.BrowserFirst, site + "same-origin", passed},
		{"the browser vouches, tokens too", antiforgery.BrowserAndTokens, site + "same-origin", passed},
		{"the browser vouches by origin", antiforgery.BrowserAndTokens, from + "https://app.example", passed},
		{"a trusted origin does not vouch", antiforgery.BrowserAndTokens, from + "https://admin.example", antiforgery.OtherUserID},
		{"nobody vouches", antiforgery.BrowserAndTokens, site, antiforgery.OtherUserID},
		{"tokens only", antiforgery.TokensOnly, site + "same-origin", antiforgery.OtherUserID},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := protect(t, antiforgery.Config{Mode: c.mode, TrustedOrigins: []string{"https://admin.example"}})
			tokens, cookie := visit(t, p, nil)
			r := request("POST", "/login", nil, cookie, header+": "+tokens.Request, c.word)
			wantReason(t, p.Check(as(r, user("alice"))), c.want)
		})
	}
	t.Run("somebody else's form is refused nevertheless", func(t *testing.T) {
		p := protect(t, antiforgery.Config{Mode: antiforgery.BrowserAndTokens})
		tokens, cookie := visit(t, p, user("bob"))
		r := request("POST", "/", nil, cookie, header+": "+tokens.Request, site+"same-origin")
		wantReason(t, p.Check(as(r, user("alice"))), antiforgery.OtherUserID)
	})
}

func TestAdditionalData(t *testing.T) {
	plain := protect(t, antiforgery.Config{})
	for _, c := range []struct {
		name, put, accept string
		want              antiforgery.Reason
	}{
		{"AFG-16 accepted", "tenant-7", "tenant-7", passed},
		{"AFG-15 refused", "tenant-7", "tenant-8", antiforgery.AdditionalData},
		{"none", "", "", passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := protect(t, antiforgery.Config{
				AdditionalData:      func(*http.Request) string { return c.put },
				CheckAdditionalData: func(_ *http.Request, data string) bool { return data == c.accept },
			})
			tokens, cookie := visit(t, p, nil)
			wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request)), c.want)
		})
	}
	t.Run("nobody to judge it", func(t *testing.T) {
		ring := newRing(t)
		with := protect(t, antiforgery.Config{KeyRing: ring, AdditionalData: func(*http.Request) string { return "x" }, CheckAdditionalData: func(*http.Request, string) bool { return true }})
		tokens, cookie := visit(t, with, nil)
		without := protect(t, antiforgery.Config{KeyRing: ring})
		wantReason(t, without.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request)), antiforgery.AdditionalData)
	})
	t.Run("AFG-4 AFG-5 a user without claims needs it", func(t *testing.T) {
		claimless := claims.NewPrincipal(claims.Identity{AuthenticationType: "Cookies"})
		if got, err := plain.Peek(as(request("GET", "/", nil), claimless)); err == nil || got != (antiforgery.Tokens{}) {
			t.Errorf("got %v, %v", got, err)
		}
		with := protect(t, antiforgery.Config{AdditionalData: func(*http.Request) string { return "x" }, CheckAdditionalData: func(*http.Request, string) bool { return true }})
		if _, err := with.Peek(as(request("GET", "/", nil), claimless)); err != nil {
			t.Error(err)
		}
	})
}

func TestMessages(t *testing.T) {
	_, cookie := visit(t, protect(t, antiforgery.Config{}), nil)
	for _, c := range []struct {
		name string
		cfg  antiforgery.Config
		r    *http.Request
		want string
	}{
		{"AFD-18 no cookie", antiforgery.Config{}, request("POST", "/", nil), "__Host-sealring-csrf"},
		{"AFD-18 header off", antiforgery.Config{NoHeader: true}, request("POST", "/", form("a=b"), cookie, formType), field},
		{"AFD-18 no form", antiforgery.Config{}, request("POST", "/", strings.NewReader("{}"), cookie, "Content-Type: application/json"), "header " + header},
		{"AFD-18 form without it", antiforgery.Config{}, request("POST", "/", form("a=b"), cookie, formType), field},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := protect(t, c.cfg).Check(c.r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, which does not name %s", err, c.want)
			}
		})
	}
}
