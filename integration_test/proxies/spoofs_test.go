package proxies_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
	"github.com/sealring/sealring/middleware"
)

// spoofs are headers by which clients try to say where a request came from. Some
// are what proxies of other kinds send.
var spoofs = map[string][]string{
	"another host":                  {"X-Forwarded-Host: evil.example"},
	"plain HTTP":                    {"X-Forwarded-Proto: http"},
	"HTTPS":                         {"X-Forwarded-Proto: https"},
	"another scheme":                {"X-Forwarded-Proto: javascript"},
	"from the proxy":                {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http"},
	"from the proxy, again":         {"X-Forwarded-For: 127.0.0.1, 127.0.0.1, 127.0.0.1", "X-Forwarded-Host: evil.example, evil.example, evil.example", "X-Forwarded-Proto: http, http, http"},
	"on several lines":              {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Proto: http"},
	"a list, own host last":         {"X-Forwarded-Host: evil.example, app.example"},
	"a list, own host first":        {"X-Forwarded-Host: app.example, evil.example"},
	"empty":                         {"X-Forwarded-For: ", "X-Forwarded-Host: ", "X-Forwarded-Proto: ", "Forwarded: "},
	"only commas":                   {"X-Forwarded-For: ,,,", "X-Forwarded-Host: ,,,", "X-Forwarded-Proto: ,,,", "Forwarded: ,,,"},
	"mixed case":                    {"x-FORWARDED-host: evil.example", "x-forwarded-PROTO: HtTp", "X-fOrWaRdEd-fOr: 127.0.0.1", "fORWARDED: FOR=127.0.0.1;HOST=evil.example;PROTO=HTTP"},
	"underscores":                   {"X_Forwarded_Host: evil.example", "X_Forwarded_Proto: http", "X_Forwarded_For: 127.0.0.1"},
	"another port":                  {"X-Forwarded-Host: app.example:1", "X-Forwarded-Port: 80"},
	"no port at all":                {"X-Forwarded-Host: app.example"},
	"ports that are none":           {"X-Forwarded-Host: app.example:443:80, app.example:, app.example:0443, app.example:+443, app.example:99999"},
	"IPv6":                          {"X-Forwarded-Host: [::1]", "X-Forwarded-For: ::1, [::1]:80, [::ffff:127.0.0.1]:1, fe80::1%lo"},
	"user":                          {"X-Forwarded-Host: app.example@evil.example", "Forwarded: for=127.0.0.1;host=\"u:p@evil.example\""},
	"a path":                        {"X-Forwarded-Host: evil.example/app.example", "X-Forwarded-Prefix: /evil", "X-Forwarded-Path: /evil", "X-Original-URL: /evil", "X-Rewrite-URL: /evil"},
	"RFC 7239":                      {"Forwarded: for=127.0.0.1;host=evil.example;proto=http"},
	"RFC 7239, a list":              {"Forwarded: for=127.0.0.1;host=evil.example;proto=http, for=127.0.0.1;host=evil.example;proto=http"},
	"RFC 7239, on several lines":    {"Forwarded: for=127.0.0.1;host=evil.example", "Forwarded: for=\"[::1]:99\";proto=http"},
	"RFC 7239, an open quote":       {"Forwarded: for=\"127.0.0.1;host=evil.example;proto=http"},
	"RFC 7239, a quote that closes": {"Forwarded: for=127.0.0.1;by=\"", "Forwarded: \";host=evil.example;proto=http"},
	"other programs' words":         {"X-Forwarded-Scheme: http", "X-Forwarded-Ssl: off", "Front-End-Https: off", "X-Url-Scheme: http", "X-Original-Host: evil.example", "X-Host: evil.example", "X-Real-IP: 127.0.0.1", "True-Client-IP: 127.0.0.1", "CF-Visitor: {\"scheme\":\"http\"}", "Via: 1.1 evil.example"},
	"far too many":                  {"X-Forwarded-For: " + strings.Repeat("127.0.0.1,", 500), "Forwarded: " + strings.Repeat("for=127.0.0.1,", 400)},
	"named as the connection's own": {"Connection: X-Forwarded-Host, X-Forwarded-Proto, X-Forwarded-For, Forwarded", "X-Forwarded-Host: evil.example"},
}

// raw are what no well-behaved client sends: lines of a header that hide others.
var raw = map[string]string{
	"a bare line feed":        "X-A: b\nX-Forwarded-Host: evil.example\nForwarded: host=evil.example\r\n",
	"a bare carriage return":  "X-A: b\rX-Forwarded-Host: evil.example\rForwarded: host=evil.example\r\n",
	"a folded line":           "X-A: b\r\n X-Forwarded-Host: evil.example\r\nX-Forwarded-Host:\r\n evil.example\r\n",
	"a zero":                  "X-Forwarded-Host: evil.example\x00\r\n",
	"space before the colon":  "X-Forwarded-Host : evil.example\r\nForwarded : host=evil.example\r\n",
	"a second Host":           "Host: evil.example\r\n",
	"a Host that quotes":      "Host: shop.example:443\";host=\"evil.example\r\n",
	"bytes that are no ASCII": "X-Forwarded-Host: \xffevil.example\r\nForwarded: host=\xffevil.example\r\n",
}

func TestSpoofs(t *testing.T) {
	behind(t, func(t *testing.T, f *front, programs map[string]*program) {
		network := setups[3]
		network.name, network.origin.Proxies = "X-Forwarded, from within the network", []string{"127.0.0.0/8"}
		for _, s := range append(slices.Clone(setups), network) {
			if !s.trusts() && !realtest.All() {
				continue // fixed origins look at nothing that could be spoofed
			}
			t.Run(s.name, func(t *testing.T) {
				programs[s.host].now.Store(newSite(t, s.at(f)))
				for _, h2 := range []bool{false, true} {
					want := f.visit(t, s.host, s.base, h2).observes()
					if !strings.Contains(want, "vouched for: true") {
						t.Fatalf("without spoofing: %s", want)
					}
					for name, headers := range spoofs {
						if h2 && strings.HasPrefix(headers[0], "Connection") {
							continue // not in HTTP/2
						}
						if got := f.visit(t, s.host, s.base, h2).observes(headers...); got != want {
							t.Errorf("%s, HTTP/2 %v: got\n%s\nwant\n%s", name, h2, got, want)
						}
					}
				}
				v := f.visit(t, s.host, s.base, false)
				want := v.get("/seen").body
				for name, lines := range raw {
					v.rawRequest(name, "/seen", lines, want)
				}
				v.rawRequest("an address as the target", "https://evil.example/seen", "", want)
				if s.trusts() {
					pastTheProxy(t, &s, f, programs[s.host])
				}
			})
		}
	})
}

// observes returns all that depends on where a request came from.
func (v *visitor) observes(headers ...string) string {
	v.Helper()
	site, _ := url.Parse(v.url)
	with := func(more string) []string { return append([]string{more}, headers...) }
	seen, private, login := v.get("/seen", headers...), v.get("/private", headers...), v.get("/login", headers...)
	own := v.post("/note", "text=hi", with("Origin: "+site.Scheme+"://"+site.Host)...)
	evil := v.post("/note", "text=hi", with("Origin: https://evil.example")...)
	signedIn := v.post("/login", "name=alice", with("Sec-Fetch-Site: same-origin")...)
	return fmt.Sprintf("%d %s\n%d %s\n%d %s\n%d %s\n%d %s\n%d %s",
		seen.StatusCode, seen.body, private.StatusCode, private.Header.Get("Location"), login.StatusCode, attributes(login),
		own.StatusCode, own.body, evil.StatusCode, evil.body, signedIn.StatusCode, attributes(signedIn))
}

// attributes returns the names and attributes of cookies.
func attributes(a answer) (list string) {
	for _, line := range a.Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		_, rest, _ = strings.Cut(rest, ";")
		list += name + ":" + rest + "\n"
	}
	return list
}

// rawRequest sends lines to the letter. The proxy may refuse them, or else they
// must not matter.
func (v *visitor) rawRequest(name, target, lines, want string) {
	v.Helper()
	site, _ := url.Parse(v.url)
	if strings.HasPrefix(target, "/") {
		target = site.Path + target
	}
	conn, err := tls.DialWithDialer(v.dialer, "tcp", v.to, &tls.Config{RootCAs: v.roots.RootCAs, ServerName: site.Hostname(), NextProtos: []string{"http/1.1"}})
	if err != nil {
		v.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", target, site.Host, lines)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return // cut off
	}
	defer resp.Body.Close()
	body := new(strings.Builder)
	if err := resp.Write(body); err != nil {
		v.Errorf("%s: %v", name, err)
	}
	if resp.StatusCode == http.StatusOK && !strings.HasSuffix(body.String(), want) || strings.Contains(body.String(), "evil") {
		v.Errorf("%s: got\n%s\nwant it refused, or %s", name, body, want)
	}
}

// pastTheProxy goes to the program itself, which believes nobody but the proxy.
func pastTheProxy(t *testing.T, s *setup, f *front, p *program) {
	t.Helper()
	set := s.at(f)
	set.origin.Proxies = []string{proxyAddress}
	host := s.host + ":" + f.https
	p.now.Store(newSite(t, set))
	for name, headers := range spoofs {
		a := direct(t, p.address, host).get("/login", headers...)
		if redirected := a.StatusCode == http.StatusTemporaryRedirect && a.Header.Get("Location") == "https://"+s.host+"/login"; !redirected && a.StatusCode != http.StatusInternalServerError || len(a.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s, past the proxy: %d, %v", name, a.StatusCode, a.Header)
		}
	}
	set.noHTTPS = true
	p.now.Store(newSite(t, set))
	want := direct(t, p.address, host).observes()
	if !strings.HasPrefix(want, "200 http://"+host+", vouched for: false, for /seen\n302 /login?ReturnUrl=%2Fprivate\n500 \n") {
		t.Fatalf("past the proxy: %s", want)
	}
	for name, headers := range spoofs {
		if got := direct(t, p.address, host).observes(headers...); got != want {
			t.Errorf("%s, past the proxy: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A program that has not been told of the proxy, or has been told wrongly, sends
// nobody's cookie over what it takes for plain HTTP, and says what is wrong.
func TestMistakes(t *testing.T) {
	type config = middleware.OriginConfig
	const advice = "install middleware.PublicOrigin and name the proxy or the origin"
	behind(t, func(t *testing.T, f *front, programs map[string]*program) {
		host := withXForwarded + ":" + f.https
		for _, c := range []struct {
			name    string
			origin  config
			noHTTPS bool
			status  int    // of the login page
			logged  string // for the operator
		}{
			{"no PublicOrigin", config{}, false, 500, advice},
			{"no PublicOrigin, no RedirectHTTPS", config{}, true, 500, ""},
			{"another proxy", config{Proxies: []string{"10.0.0.0/8"}, Headers: middleware.XForwarded, Hosts: []string{host}}, false, 500, advice},
			{"another host", config{Proxies: []string{proxyAddress}, Headers: middleware.XForwarded, Hosts: []string{"www." + host}}, false, 500, "is none of those allowed"},
			{"the port is missing", config{Proxies: []string{proxyAddress}, Headers: middleware.XForwarded, Hosts: []string{withXForwarded}}, false, 500, "is none of those allowed"},
			{"one of several origins is missing", config{Origins: []string{"https://a.example", "https://b.example"}}, false, 500, "is none of the public origins"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := newSite(t, settings{origin: c.origin, noHTTPS: c.noHTTPS})
				programs[withXForwarded].now.Store(s)
				v := f.visit(t, withXForwarded, "", true)
				a := v.get("/login")
				if a.StatusCode != c.status || len(a.Header["Set-Cookie"]) > 0 || !s.log.has(c.logged) {
					t.Errorf("got %d %q, %v; logged\n%s", a.StatusCode, a.body, a.Header, s.log.String())
				}
			})
		}
		t.Run("the other headers", func(t *testing.T) {
			programs[withXForwarded].now.Store(newSite(t, settings{origin: config{Proxies: []string{proxyAddress}, Headers: middleware.Forwarded, Hosts: []string{host}}}))
			f.visit(t, withXForwarded, "", true).get("/login").is(t, "the login page", http.StatusInternalServerError, "not set up for the proxy")
		})
		t.Run("sign-in", func(t *testing.T) {
			programs[withXForwarded].now.Store(newSite(t, settings{noHTTPS: true}))
			v := f.visit(t, withXForwarded, "", true)
			v.post("/login", "name=alice", "Sec-Fetch-Site: same-origin").is(t, "signing in", http.StatusInternalServerError, "middleware.PublicOrigin")
		})
		t.Run("own origin", func(t *testing.T) {
			s := newSite(t, settings{noHTTPS: true})
			programs[withXForwarded].now.Store(s)
			f.visit(t, withXForwarded, "", true).post("/note", "text=hi", "Origin: https://"+host).is(t, "a form of our own", http.StatusForbidden, "")
			if !s.log.has(`from \"https://` + host + `\" to \"http://` + host + `\"`) {
				t.Errorf("logged\n%s", s.log.String())
			}
		})
		t.Run("another address of the site", func(t *testing.T) {
			s := newSite(t, settings{origin: config{Origins: []string{"https://www." + host}}})
			programs[withXForwarded].now.Store(s)
			f.visit(t, withXForwarded, "", true).post("/note", "text=hi", "Origin: https://"+host).is(t, "a form of our own", http.StatusForbidden, "")
			if !s.log.has(`from \"https://` + host + `\" to \"https://www.` + host + `\"`) {
				t.Errorf("logged\n%s", s.log.String())
			}
		})
		t.Run("no prefix", func(t *testing.T) {
			programs[withPath].now.Store(newSite(t, settings{origin: config{Origins: []string{"https://" + withPath + ":" + f.https}}}))
			v := f.visit(t, withPath, "/app", true)
			if got := v.get("/private").Header.Get("Location"); got != "https://"+withPath+":"+f.https+"/login?ReturnUrl=%2Fprivate" {
				t.Errorf("sent to %s", got)
			}
		})
	})
}
