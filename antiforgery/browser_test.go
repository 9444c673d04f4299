package antiforgery_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/internal/origin"
)

const (
	site     = "Sec-Fetch-Site: "
	from     = "Origin: "
	crossing = antiforgery.CrossSite
	sameSite = antiforgery.SameSite
	foreign  = antiforgery.OtherOrigin
	asked    = antiforgery.CookieMissing // the browser was silent, and there are no tokens
)

func TestBrowser(t *testing.T) {
	p := protect(t, antiforgery.Config{TrustedOrigins: []string{"https://admin.example.com", "https://shop.example:8443", "http://[::1]:3000"}})
	for _, c := range []struct {
		name    string
		method  string
		headers []string
		want    antiforgery.Reason
	}{
		{"AFX-12 same-origin", "POST", []string{site + "same-origin"}, passed},
		{"AFX-12 none", "POST", []string{site + "none"}, passed},
		{"AFX-13 same-site", "POST", []string{site + "same-site"}, sameSite},
		{"AFX-13 cross-site", "POST", []string{site + "cross-site"}, crossing},
		{"AFX-13 unknown-value", "POST", []string{site + "unknown-value"}, crossing},
		{"another case is an unknown value", "POST", []string{site + "Same-Origin"}, crossing},
		{"two words", "POST", []string{site + "same-origin", site + "same-origin"}, crossing},
		{"the word counts more than the origin", "POST", []string{site + "same-origin", from + "https://internal.example"}, passed},
		{"and so it does the other way round", "POST", []string{site + "cross-site", from + "https://app.example"}, crossing},
		{"AFX-14 own origin", "POST", []string{from + "https://app.example"}, passed},
		{"own origin with its port", "POST", []string{from + "https://app.example:443"}, passed},
		{"own origin in another case", "POST", []string{from + "HTTPS://App.Example"}, passed},
		{"AFX-15 other origin", "POST", []string{from + "https://other.com"}, foreign},
		{"AFX-16 other port", "POST", []string{from + "https://app.example:8080"}, foreign},
		{"other scheme", "POST", []string{from + "http://app.example"}, foreign},
		{"null", "POST", []string{from + "null"}, foreign},
		{"an origin that goes on", "POST", []string{from + "https://app.example.evil.com"}, foreign},
		{"an origin with a path", "POST", []string{from + "https://app.example/"}, foreign},
		{"an origin with a user", "POST", []string{from + "https://app.example@evil.com"}, foreign},
		{"two origins", "POST", []string{from + "https://app.example", from + "https://app.example"}, foreign},
		{"AFX-18 silence asks for tokens", "POST", nil, asked},
		{"an empty word is silence", "POST", []string{site + ""}, asked},
		{"AFX-6 trusted", "POST", []string{site + "cross-site", from + "https://admin.example.com"}, passed},
		{"trusted, same site", "POST", []string{site + "same-site", from + "https://admin.example.com"}, passed},
		{"trusted, no word", "POST", []string{from + "https://admin.example.com"}, passed},
		{"trusted with a port", "POST", []string{site + "cross-site", from + "https://shop.example:8443"}, passed},
		{"trusted IPv6", "POST", []string{from + "http://[::1]:3000"}, passed},
		{"AFX-11 not on the list", "POST", []string{site + "cross-site", from + "https://evil.example"}, crossing},
		{"trusted host with another port", "POST", []string{site + "cross-site", from + "https://shop.example"}, crossing},
		{"trusted host with another scheme", "POST", []string{site + "cross-site", from + "http://admin.example.com"}, crossing},
		{"below a trusted host", "POST", []string{site + "cross-site", from + "https://x.admin.example.com"}, crossing},
		{"trusted twice", "POST", []string{site + "cross-site", from + "https://admin.example.com", from + "https://admin.example.com"}, crossing},
		{"AFD-16 PUT", "PUT", []string{site + "cross-site"}, crossing},
		{"AFD-16 PATCH", "PATCH", []string{site + "cross-site"}, crossing},
		{"AFD-16 DELETE", "DELETE", []string{site + "cross-site"}, crossing},
		{"AFD-16 Custom", "Custom", []string{site + "cross-site"}, crossing},
		{"AFD-16 post", "post", []string{site + "cross-site"}, crossing},
		{"CONNECT", "CONNECT", []string{site + "cross-site"}, crossing},
		{"QUERY", "QUERY", []string{site + "cross-site"}, crossing},
		{"AFX-5 GET", "GET", []string{site + "cross-site", from + "https://evil.example"}, passed},
		{"AFX-5 HEAD", "HEAD", []string{site + "cross-site", from + "https://evil.example"}, passed},
		{"AFX-5 OPTIONS", "OPTIONS", []string{site + "cross-site", from + "https://evil.example"}, passed},
		{"AFX-5 TRACE", "TRACE", []string{site + "cross-site", from + "https://evil.example"}, passed},
		{"get in small letters is another method", "get", []string{site + "cross-site"}, crossing},
		{"AFX-4 AFM-3 WebSocket", "GET", []string{"Upgrade: websocket", site + "cross-site"}, crossing},
		{"WebSocket among others", "GET", []string{"Upgrade: h2c, WebSocket", site + "cross-site"}, crossing},
		{"WebSocket, old browser", "GET", []string{"Upgrade: websocket", from + "https://evil.example"}, foreign},
		{"WebSocket from here", "GET", []string{"Upgrade: websocket", from + "https://app.example"}, passed},
		{"WebSocket without a word", "GET", []string{"Upgrade: websocket"}, asked},
		{"another upgrade", "GET", []string{"Upgrade: h2c", site + "cross-site"}, passed},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantReason(t, p.Check(request(c.method, "/", nil, c.headers...)), c.want)
		})
	}
}

func TestBrowserHost(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	for _, c := range []struct {
		name, host, origin string
		want               antiforgery.Reason
	}{
		{"AFX-16 other port", "example.com:8443", "https://example.com:8080", foreign},
		{"AFX-17 no host", "", "https://example.com", foreign},
		{"AFX-17 no host on either side", "", "https://", foreign},
		{"IPv6", "[2001:db8::1]:8443", "https://[2001:DB8::1]:8443", passed},
		{"IPv6 without port", "[2001:db8::1]", "https://[2001:db8::1]:443", passed},
		{"IPv6 with rubbish", "[2001:db8::1]", "https://[2001:db8::1]x", foreign},
		{"IPv6 without brackets", "[2001:db8::1]", "https://2001:db8::1", foreign},
		{"port with a sign", "example.com:443", "https://example.com:+443", foreign},
		{"port too large", "example.com", "https://example.com:65979", foreign},
		{"no port after the colon", "example.com", "https://example.com:", foreign},
		{"no scheme", "example.com", "example.com", foreign},
		{"empty scheme", "example.com", "://example.com", foreign},
		{"other scheme without a port", "example.com", "app://example.com", foreign},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("POST", "/", nil, from+c.origin)
			r.Host = c.host
			wantReason(t, p.Check(r), c.want)
		})
	}
}

func TestPublicOrigin(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	behind := func(headers ...string) *http.Request {
		r := overHTTP("POST", "/", "10.0.0.7:8080", headers...)
		return r.WithContext(origin.NewContext(r.Context(), origin.Origin{Scheme: "https", Host: "app.example"}))
	}
	wantReason(t, p.Check(behind(from+"https://app.example")), passed)
	wantReason(t, p.Check(behind(from+"http://10.0.0.7:8080")), foreign)
	wantReason(t, p.Check(behind()), asked)
	err := p.Check(overHTTP("POST", "/", "app.example", from+"https://app.example"))
	if wantReason(t, err, foreign); !strings.Contains(err.Error(), `from "https://app.example" to "http://app.example"`) {
		t.Errorf("the error does not say what was seen and what expected: %v", err)
	}
}

func TestModes(t *testing.T) {
	for _, c := range []struct {
		name      string
		mode      antiforgery.Mode
		site      string
		hasTokens bool
		want      antiforgery.Reason
	}{
		{"AFX-1 browser first, own, tokens not looked at", antiforgery.BrowserFirst, "same-origin", false, passed},
		{"AFX-2 browser first, elsewhere, tokens not looked at", antiforgery.BrowserFirst, "cross-site", true, crossing},
		{"AFX-3 browser first, silent, tokens", antiforgery.BrowserFirst, "", true, passed},
		{"AFX-3 browser first, silent, none", antiforgery.BrowserFirst, "", false, asked},
		{"tokens only, elsewhere, tokens", antiforgery.TokensOnly, "cross-site", true, passed},
		{"tokens only, own, none", antiforgery.TokensOnly, "same-origin", false, asked},
		{"both, own, tokens", antiforgery.BrowserAndTokens, "same-origin", true, passed},
		{"both, own, none", antiforgery.BrowserAndTokens, "same-origin", false, asked},
		{"both, elsewhere, tokens", antiforgery.BrowserAndTokens, "cross-site", true, crossing},
		{"both, silent, tokens", antiforgery.BrowserAndTokens, "", true, passed},
		{"both, silent, none", antiforgery.BrowserAndTokens, "", false, asked},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := protect(t, antiforgery.Config{Mode: c.mode})
			r := request("POST", "/", nil, site+c.site)
			if c.hasTokens {
				tokens, cookie := visit(t, p, nil)
				set(r, cookie, header+": "+tokens.Request)
			}
			wantReason(t, p.Check(r), c.want)
		})
	}
	t.Run("AFD-15 a WebSocket is checked in each mode, by the browser's word", func(t *testing.T) {
		for _, mode := range []antiforgery.Mode{antiforgery.BrowserFirst, antiforgery.TokensOnly, antiforgery.BrowserAndTokens} {
			p := protect(t, antiforgery.Config{Mode: mode})
			wantReason(t, p.Check(request("GET", "/ws", nil, "Upgrade: websocket", from+"https://app.example")), passed)
			wantReason(t, p.Check(request("GET", "/ws", nil, "Upgrade: websocket", from+"https://evil.example")), foreign)
			wantReason(t, p.Check(request("GET", "/ws", nil, "Upgrade: websocket")), asked)
			http2 := request("CONNECT", "/ws", nil, from+"https://app.example")
			http2.Header[":protocol"] = []string{"websocket"}
			wantReason(t, p.Check(http2), passed)
		}
	})
	t.Run("AFD-15 safe methods in any case, profile ASPNETCore", func(t *testing.T) {
		p := protect(t, antiforgery.Config{Profile: antiforgery.ASPNETCore})
		for _, method := range []string{"GeT", "HEAD", "options", "TrAcE"} {
			wantReason(t, p.Check(request(method, "/", nil)), passed)
			wantReason(t, p.Check(request(method, "/", nil, "Upgrade: websocket", site+"cross-site")), crossing)
		}
		for _, method := range []string{"PUT", "post", "Delete", "Custom", "QUERY"} {
			wantReason(t, p.Check(request(method, "/", nil)), asked)
		}
	})
}

func TestExempt(t *testing.T) {
	p := protect(t, antiforgery.Config{DangerouslyExempt: []string{"POST /hooks/{name}", "/open/", "api.example/"}})
	for _, c := range []struct {
		name, method, path string
		want               antiforgery.Reason
	}{
		{"exempt", "POST", "/hooks/github", passed},
		{"another method", "PUT", "/hooks/github", crossing},
		{"more behind", "POST", "/hooks/github/x", crossing},
		{"less", "POST", "/hooks/", crossing},
		{"a prefix of the name", "POST", "/hooksx/github", crossing},
		{"a path that is cleaned to it", "POST", "/hooks/../hooks/github", crossing},
		{"two slashes", "POST", "//hooks/github", crossing},
		{"below", "POST", "/open/a/b", passed},
		{"what would be redirected to it", "POST", "/open", crossing},
		{"out of it", "POST", "/open/../account", crossing},
		{"for another host", "POST", "/account", crossing},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantReason(t, p.Check(request(c.method, c.path, nil, site+"cross-site")), c.want)
		})
	}
	wantReason(t, p.Check(request("POST", "/hooks/github", nil)), passed)
	wantReason(t, p.Check(request("POST", "/account", nil)), asked)
}

func TestHandler(t *testing.T) {
	served := 0
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
	run := func(cfg antiforgery.Config, r *http.Request) (*antiforgery.Protection, *httptest.ResponseRecorder) {
		served = 0
		p := protect(t, cfg)
		w := httptest.NewRecorder()
		p.Handler(next).ServeHTTP(w, r)
		return p, w
	}
	t.Run("AFM-1 lets through by itself", func(t *testing.T) {
		if _, w := run(antiforgery.Config{}, request("POST", "/", nil, site+"same-origin")); served != 1 || w.Code != 200 {
			t.Errorf("served %d, status %d", served, w.Code)
		}
	})
	t.Run("AFM-2 refuses by itself, marked or not", func(t *testing.T) {
		p, w := run(antiforgery.Config{}, request("POST", "/", nil, site+"cross-site"))
		if served != 0 || w.Code != 403 {
			t.Errorf("served %d, status %d", served, w.Code)
		}
		if counts := p.Refusals(); counts[crossing] != 1 || counts[foreign] != 0 || len(counts) != 13 {
			t.Errorf("counts are %v", counts)
		}
	})
	t.Run("report only", func(t *testing.T) {
		p, w := run(antiforgery.Config{ReportOnly: true}, request("POST", "/", nil, site+"cross-site"))
		if served != 1 || w.Code != 200 || p.Refusals()[crossing] != 1 {
			t.Errorf("served %d, status %d, counts %v", served, w.Code, p.Refusals())
		}
	})
	t.Run("own answer", func(t *testing.T) {
		_, w := run(antiforgery.Config{Refused: func(w http.ResponseWriter, r *http.Request, err error) {
			if reasonOf(t, err) != crossing || r.URL.Path != "/path" {
				t.Errorf("got %v for %s", err, r.URL.Path)
			}
			w.WriteHeader(http.StatusTeapot)
		}}, request("POST", "/path", nil, site+"cross-site"))
		if served != 0 || w.Code != http.StatusTeapot {
			t.Errorf("served %d, status %d", served, w.Code)
		}
	})
}
