package proxies_test

import (
	"bufio"
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sealring/sealring/internal/realtest"
	"github.com/sealring/sealring/middleware"
)

// A setup is a way to configure a program for a proxy. Addresses are without port,
// as they are where the port is the usual one.
type setup struct {
	name   string
	host   string
	base   string
	origin middleware.OriginConfig
}

var setups = []setup{
	{"fixed", withXForwarded, "", middleware.OriginConfig{Origins: []string{"https://app.example"}}},
	{"fixed, of several", withForwarded, "", middleware.OriginConfig{Origins: []string{"https://app.example", "https://shop.example"}}},
	{"fixed, prefix", withPath, "/app", middleware.OriginConfig{Origins: []string{"https://www.example"}, StrippedPrefix: "/app"}},
	{"X-Forwarded", withXForwarded, "", middleware.OriginConfig{Proxies: []string{proxyAddress}, Headers: middleware.XForwarded, Hosts: []string{"app.example"}}},
	{"Forwarded", withForwarded, "", middleware.OriginConfig{Proxies: []string{proxyAddress}, Headers: middleware.Forwarded, Hosts: []string{"shop.example"}}},
	{"X-Forwarded, prefix", withPath, "/app", middleware.OriginConfig{Proxies: []string{proxyAddress}, Headers: middleware.XForwarded, Hosts: []string{"*.example", "www.example"}, StrippedPrefix: "/app"}},
}

// at returns the settings for a proxy that listens at another port than 443.
func (s *setup) at(f *front) settings {
	set := settings{origin: s.origin, base: s.base}
	set.origin.Origins, set.origin.Hosts = nil, nil
	for _, o := range s.origin.Origins {
		set.origin.Origins = append(set.origin.Origins, o+":"+f.https)
	}
	for _, h := range s.origin.Hosts {
		if !strings.HasPrefix(h, "*") {
			h += ":" + f.https
		}
		set.origin.Hosts = append(set.origin.Hosts, h)
	}
	return set
}

func (s *setup) trusts() bool { return len(s.origin.Proxies) > 0 }

// behind starts each proxy before programs, and runs a test with each of them.
func behind(t *testing.T, test func(t *testing.T, f *front, programs map[string]*program)) {
	t.Helper()
	if l, err := net.Listen("tcp", browserAddress+":0"); err != nil {
		realtest.Missing(t, "this machine has only one loopback address: "+err.Error())
	} else {
		l.Close()
	}
	for k := range brands {
		t.Run(brands[k].name, func(t *testing.T) {
			programs, addresses := map[string]*program{}, map[string]string{}
			for host := range backends {
				programs[host] = newProgram(t)
				addresses[host] = programs[host].address
			}
			test(t, brands[k].start(t, addresses), programs)
		})
	}
}

func TestBehindProxies(t *testing.T) {
	behind(t, func(t *testing.T, f *front, programs map[string]*program) {
		for k := range setups {
			s := &setups[k]
			t.Run(s.name, func(t *testing.T) {
				site := newSite(t, s.at(f))
				programs[s.host].now.Store(site)
				for _, h2 := range []bool{false, true} {
					v := f.visit(t, s.host, s.base, h2)
					v.signsIn(s.base, h2)
					v.sendsForms()
					if !h2 { // whose client has no WebSockets
						v.talks(site)
					}
					v.listens(site)
					v.signsOut()
				}
				f.visit(t, s.host, s.base, true).isToldApart(f)
				if public := `"host":"` + s.host + ":" + f.https + `","https":true,`; !site.log.has(public, `"path":"/private","route":"GET /private","status":200,`) {
					t.Errorf("the log does not know the public origin: …%s…", public)
				}
				t.Run("over IPv6", func(t *testing.T) { f.visit(t, s.host, s.base, true).comesOverIPv6(f, s.base) })
				if t.Failed() {
					t.Logf("the program logged:\n%s", site.log.String())
				}
			})
		}
	})
}

// With the profiles of ASP.NET Core cookies are for the path that the browser knows.
func TestParityBehindProxies(t *testing.T) {
	behind(t, func(t *testing.T, f *front, programs map[string]*program) {
		for k := range setups {
			s := &setups[k]
			t.Run(s.name, func(t *testing.T) {
				set := s.at(f)
				set.parity = true
				programs[s.host].now.Store(newSite(t, set))
				v := f.visit(t, s.host, s.base, true)
				path := "; path=" + cmp.Or(s.base, "/")
				sent := v.get("/private?q=1")
				page := v.follow(sent)
				if line := page.cookie(".AspNetCore.Antiforgery.n4bQgYhMfWU"); !strings.HasSuffix(line, path+"; samesite=strict; httponly") {
					t.Errorf("the cookie for forms is %q", line)
				}
				back := v.post(strings.TrimPrefix(sent.Header.Get("Location"), v.url), "name=alice&"+page.token(t), "Sec-Fetch-Site: cross-site")
				if line := back.cookie(".AspNetCore.Cookies"); !strings.HasSuffix(line, path+"; secure; samesite=lax; httponly") {
					t.Errorf("the cookie for logins is %q", line)
				}
				v.follow(back).is(t, "the private page", http.StatusOK, "hello alice")
				v.post("/note", "text=hi", "Sec-Fetch-Site: same-origin").is(t, "without a token", http.StatusForbidden, "not carried out")
			})
		}
	})
}

// signsIn asks for something private, and gets there by way of the login page.
func (v *visitor) signsIn(base string, h2 bool) {
	v.Helper()
	a := v.get("/private?q=1")
	want := v.url + "/login?ReturnUrl=" + url.QueryEscape(base+"/private?q=1")
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusFound || got != want {
		v.Fatalf("sent with %d to %q, want %q", a.StatusCode, got, want)
	}
	if (a.ProtoMajor == 2) != h2 || a.Header.Get("Strict-Transport-Security") == "" {
		v.Errorf("over %s with %v", a.Proto, a.Header)
	}
	page := v.follow(a)
	if line := page.cookie("__Host-sealring-csrf"); !strings.HasSuffix(line, "; path=/; secure; samesite=lax; httponly") {
		v.Errorf("the cookie for forms is %q", line)
	}
	login := strings.TrimPrefix(a.Header.Get("Location"), v.url)
	back := v.post(login, "name=alice&"+page.token(v.T))
	if line := back.cookie("__Host-sealring"); !strings.HasSuffix(line, "; path=/; secure; samesite=lax; httponly") || back.StatusCode != http.StatusFound || back.Header.Get("Location") != base+"/private?q=1" {
		v.Fatalf("after the login %d, to %q, with %q\n%s", back.StatusCode, back.Header.Get("Location"), line, back.body)
	}
	v.follow(back).is(v.T, "the private page", http.StatusOK, "hello alice")
}

// sendsForms looks at what browsers, old ones and pages elsewhere can send.
func (v *visitor) sendsForms() {
	v.Helper()
	token := v.get("/login").token(v.T)
	site, _ := url.Parse(v.url)
	own := "Origin: https://" + site.Host
	for _, c := range []struct {
		name, form string
		headers    []string
		status     int
	}{
		{"token", token, nil, 200},
		{"no token", "", nil, 403},
		{"half a token", token[:len(token)/2], nil, 403},
		{"same-origin", "", []string{"Sec-Fetch-Site: same-origin", own}, 200},
		{"cross-site, with a token", token, []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		{"same-site, with a token", token, []string{"Sec-Fetch-Site: same-site"}, 403},
		{"own origin", "", []string{own}, 200},
		{"own origin over HTTP", token, []string{"Origin: http://" + site.Host}, 403},
		{"own origin, usual port", token, []string{"Origin: https://" + site.Hostname()}, 403},
		{"address of the program", token, []string{"Origin: http://127.0.0.1:8080"}, 403},
		{"no origin", token, []string{"Origin: null"}, 403},
		{"another origin", token, []string{"Origin: https://evil.example"}, 403},
	} {
		text := "noted hi"
		if c.status != 200 {
			text = "not carried out"
		}
		v.post("/note", "text=hi&"+c.form, c.headers...).is(v.T, c.name, c.status, text)
	}
}

// talks opens a WebSocket, which pages elsewhere cannot.
func (v *visitor) talks(s *site) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), 20*time.Second)
	defer cancel()
	dial := func(origin string) (*websocket.Conn, *http.Response, error) {
		client := *v.client
		client.Timeout = 0 // ctx has one
		return websocket.Dial(ctx, v.url+"/socket", &websocket.DialOptions{HTTPClient: &client, HTTPHeader: http.Header{"Origin": {origin}}})
	}
	for _, origin := range []string{"https://evil.example", "http://" + strings.TrimPrefix(v.url, "https://"), "null"} {
		if conn, resp, err := dial(origin); err == nil || resp == nil || resp.StatusCode != http.StatusForbidden {
			v.Errorf("from %s a WebSocket opens: %v, %v", origin, conn, err)
		}
	}
	site, _ := url.Parse(v.url)
	conn, _, err := dial("https://" + site.Host)
	if err != nil {
		v.Errorf("no WebSocket: %v", err)
		return
	}
	defer conn.CloseNow()
	for _, word := range []string{"one", "two"} {
		if err := conn.Write(ctx, websocket.MessageText, []byte(word)); err != nil {
			v.Fatal(err)
		}
		if _, heard, err := conn.Read(ctx); string(heard) != "alice says "+word || err != nil {
			v.Errorf("heard %q, %v", heard, err)
		}
	}
}

// listens gets events one by one.
func (v *visitor) listens(s *site) {
	v.Helper()
	resp, err := v.client.Get(v.url + "/events")
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for _, want := range []string{"one", "two"} {
		if !lines.Scan() || lines.Text() != "data: "+want || !lines.Scan() {
			v.Errorf("got %q, %v, want %q", lines.Text(), lines.Err(), want)
			return
		}
		if want == "one" {
			s.more <- struct{}{}
		}
	}
}

func (v *visitor) signsOut() {
	v.Helper()
	v.post("/logout", "", "Sec-Fetch-Site: same-origin").is(v.T, "logout", http.StatusOK, "")
	if a := v.get("/private"); a.StatusCode != http.StatusFound {
		v.Errorf("still signed in: %d %s", a.StatusCode, a.body)
	}
}

// isToldApart comes over plain HTTP, and for a host that is not served.
func (v *visitor) isToldApart(f *front) {
	v.Helper()
	plain := *v
	plain.to, plain.url = "127.0.0.1:"+f.http, strings.Replace(v.url, "https://", "http://", 1)
	plain.client = plain.newClient(false)
	a := plain.get("/private")
	host, _, _ := net.SplitHostPort(a.Request.URL.Host)
	if location := a.Header.Get("Location"); a.StatusCode/100 != 3 || !strings.HasPrefix(location, "https://"+host) || len(a.Header["Set-Cookie"]) != 0 {
		v.Errorf("over plain HTTP: %d, to %q", a.StatusCode, location)
	}
	for _, host := range []string{"evil.example", "app.example.evil.example", "127.0.0.1:8080"} {
		v.get("/seen", "Host: "+host).is(v.T, host, http.StatusNotFound, "")
	}
}

func (v *visitor) comesOverIPv6(f *front, base string) {
	v.Helper()
	if !hasIPv6() {
		realtest.Missing(v.T, "there is no IPv6")
	}
	v.to, v.dialer.LocalAddr = "[::1]:"+f.https, nil
	v.get("/seen").is(v.T, "over IPv6", http.StatusOK, strings.TrimSuffix(v.url, base)+", vouched for: true, for "+base+"/seen")
}
