package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/bubbletest"
	"github.com/sealring/sealring/internal/origin"
	"github.com/sealring/sealring/middleware"
)

// A call is a request as it arrives.
type call struct {
	peer, host string
	tls        bool
	header     string // lines, "; " is part of values
}

func (c call) request() *http.Request {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr, r.Host = c.peer, c.host
	if c.tls {
		https(r)
	}
	for line := range strings.SplitSeq(c.header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			r.Header.Add(name, value)
		}
	}
	return r
}

// publicOrigin returns what a request's origin is, "-" if nobody vouches for it.
func publicOrigin(h func(http.Handler) http.Handler, r *http.Request) (got string) {
	serve(h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = "-"
		if o, ok := origin.Public(r); ok {
			got = o.String()
		}
	})), r)
	return got
}

func TestFixedOrigins(t *testing.T) {
	one := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://App.example:443"}, Logger: quiet}))
	two := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://app.example", "https://b.example:8443", "http://intranet"}, Logger: quiet}))
	plain := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"http://app.example:8080"}, Logger: quiet}))
	for _, c := range []struct {
		name string
		h    func(http.Handler) http.Handler
		call call
		want string
	}{
		{"one, over plain HTTP", one, call{host: "app.example"}, "https://app.example"},
		{"one, over TLS", one, call{host: "app.example", tls: true}, "https://app.example"},
		{"one, whatever the Host", one, call{host: "10.0.0.7:8080"}, "https://app.example"},
		{"one, headers are not looked at", one, call{host: "x", header: "X-Forwarded-Host: evil.example\nX-Forwarded-Proto: http\nForwarded: host=evil.example"}, "https://app.example"},
		{"several, by Host", two, call{host: "app.example"}, "https://app.example"},
		{"several, in another case and with port", two, call{host: "APP.example:443"}, "https://app.example"},
		{"several, another port", two, call{host: "b.example:8443"}, "https://b.example:8443"},
		{"several, the plain one", two, call{host: "intranet:80"}, "http://intranet"},
		{"several, port missing", two, call{host: "b.example"}, "-"},
		{"several, unknown", two, call{host: "evil.example"}, "-"},
		{"several, known one as a part", two, call{host: "app.example.evil.example"}, "-"},
		{"several, none", two, call{host: ""}, "-"},
		{"plain", plain, call{host: "app.example:8080"}, "http://app.example:8080"},
		{"plain does not lessen TLS", plain, call{host: "app.example:8080", tls: true}, "-"},
	} {
		if got := publicOrigin(c.h, c.call.request()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestProxies(t *testing.T) {
	cfg := middleware.OriginConfig{
		Proxies: []string{"10.1.0.0/16", "2001:db8:1::/48", "192.0.2.9"},
		Hosts:   []string{"app.example", "b.example:8443", "*.wild.example"},
		Logger:  quiet,
	}
	cfg.Headers = middleware.XForwarded
	x := must(t)(middleware.PublicOrigin(cfg))
	cfg.Headers = middleware.Forwarded
	f := must(t)(middleware.PublicOrigin(cfg))
	const (
		proxy, client = "10.1.2.3:4000", "203.0.113.5:4000"
		host          = "app.example"
		https         = "X-Forwarded-For: 203.0.113.5\nX-Forwarded-Proto: https"
	)
	for _, c := range []struct {
		name string
		h    func(http.Handler) http.Handler
		call call
		want string
	}{
		// who is believed
		{"a proxy", x, call{proxy, host, false, https}, "https://app.example"},
		{"a proxy by its address", x, call{"192.0.2.9:1", host, false, https}, "https://app.example"},
		{"a neighbour of it", x, call{"192.0.2.8:1", host, false, https}, "-"},
		{"a proxy over IPv6", x, call{"[2001:db8:1::5]:1", host, false, https}, "https://app.example"},
		{"a proxy, IPv4 in IPv6", x, call{"[::ffff:10.1.2.3]:1", host, false, https}, "https://app.example"},
		{"a client", x, call{client, host, false, https}, "-"},
		{"a client over TLS", x, call{client, host, true, "X-Forwarded-Proto: http\nX-Forwarded-Host: b.example:8443"}, "-"},
		{"no peer", x, call{"", host, false, https}, "-"},
		{"a Unix socket", x, call{"@", host, false, https}, "-"},
		{"a proxy that says nothing", x, call{proxy, host, false, ""}, "-"},
		{"a proxy that sets the other family", x, call{proxy, host, false, "Forwarded: proto=https"}, "-"},
		{"a proxy that sets the other family, Forwarded", f, call{proxy, host, false, https}, "-"},

		// scheme
		{"plain HTTP", x, call{proxy, host, false, "X-Forwarded-Proto: http"}, "http://app.example"},
		{"no scheme", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5"}, "http://app.example"},
		{"in capitals", x, call{proxy, host, false, "X-Forwarded-Proto: HTTPS"}, "https://app.example"},
		{"TLS to the proxy stays TLS", x, call{proxy, host, true, "X-Forwarded-Proto: http"}, "https://app.example"},
		{"a WebSocket", x, call{proxy, host, false, "X-Forwarded-Proto: wss"}, "https://app.example"},
		{"a WebSocket over plain HTTP", x, call{proxy, host, false, "X-Forwarded-Proto: WS"}, "http://app.example"},
		{"no scheme for browsers", x, call{proxy, host, false, "X-Forwarded-Proto: ftp"}, "-"},
		{"an empty list", x, call{proxy, host, false, "X-Forwarded-Proto: ,"}, "http://app.example"},

		// from right to left
		{"what the client wrote is not reached", x, call{proxy, host, false, "X-Forwarded-For: 10.1.1.1, 203.0.113.5\nX-Forwarded-Proto: https, http"}, "http://app.example"},
		{"two proxies", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5, 10.1.9.9\nX-Forwarded-Proto: https, http"}, "https://app.example"},
		{"two proxies, TLS between them only", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5, 10.1.9.9\nX-Forwarded-Proto: http, https"}, "http://app.example"},
		{"two proxies, the client wrote, too", x, call{proxy, host, false, "X-Forwarded-For: 10.1.1.1, 203.0.113.5, 10.1.9.9\nX-Forwarded-Proto: https, http, http"}, "http://app.example"},
		{"two proxies that both replace the scheme", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5, 10.1.9.9\nX-Forwarded-Proto: https"}, "https://app.example"},
		{"over several lines", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5\nX-Forwarded-For: 10.1.9.9\nX-Forwarded-Proto: https\nX-Forwarded-Proto: http"}, "https://app.example"},
		{"with ports", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5:99, [2001:db8:1::7]:99\nX-Forwarded-Proto: https, http"}, "https://app.example"},
		{"an address that is none", x, call{proxy, host, false, "X-Forwarded-For: 203.0.113.5, ten\nX-Forwarded-Proto: https, http"}, "-"},
		{"an address that is not known", x, call{proxy, host, false, "X-Forwarded-For: unknown\nX-Forwarded-Proto: https"}, "https://app.example"},
		{"an address that is none, beyond what counts", x, call{proxy, host, false, "X-Forwarded-For: ten, 203.0.113.5\nX-Forwarded-Proto: https"}, "https://app.example"},
		{"far too many", x, call{proxy, host, false, "X-Forwarded-For: " + strings.Repeat("10.1.9.9,", 40) + "\nX-Forwarded-Proto: https"}, "-"},

		// hosts
		{"host of the proxy", x, call{proxy, "10.1.0.1:8080", false, https + "\nX-Forwarded-Host: App.Example:443"}, "https://app.example"},
		{"host with a port", x, call{proxy, "x", false, https + "\nX-Forwarded-Host: b.example:8443"}, "https://b.example:8443"},
		{"host without its port", x, call{proxy, "x", false, https + "\nX-Forwarded-Host: b.example"}, "-"},
		{"host below", x, call{proxy, "a.wild.example", false, https}, "https://a.wild.example"},
		{"host below, in capitals", x, call{proxy, "A.B.Wild.Example", false, https}, "https://a.b.wild.example"},
		{"host below, malformed", x, call{proxy, "a/b.wild.example", false, https}, "-"},
		{"host below which", x, call{proxy, "wild.example", false, https}, "-"},
		{"another host", x, call{proxy, "evil.example", false, https}, "-"},
		{"another host by header", x, call{proxy, host, false, https + "\nX-Forwarded-Host: evil.example"}, "-"},
		{"hosts of two proxies", x, call{proxy, "x", false, "X-Forwarded-For: 203.0.113.5, 10.1.9.9\nX-Forwarded-Proto: https, http\nX-Forwarded-Host: app.example, inner"}, "https://app.example"},
		{"host that the client wrote", x, call{proxy, "x", false, https + "\nX-Forwarded-Host: evil.example, app.example"}, "https://app.example"},

		// RFC 7239
		{"Forwarded", f, call{proxy, host, false, "Forwarded: for=203.0.113.5;proto=https"}, "https://app.example"},
		{"Forwarded, all of it", f, call{proxy, "x", false, `Forwarded: For="[2001:db8::9]:99"; Proto=https; Host="app.example"; by=_p; ext="a,b;c"`}, "https://app.example"},
		{"Forwarded, two proxies", f, call{proxy, host, false, "Forwarded: for=203.0.113.5;proto=https, for=10.1.9.9;proto=http"}, "https://app.example"},
		{"Forwarded, two lines", f, call{proxy, host, false, "Forwarded: for=203.0.113.5;proto=https\nForwarded: for=10.1.9.9;proto=http"}, "https://app.example"},
		{"Forwarded, the client wrote, too", f, call{proxy, host, false, "Forwarded: for=10.1.1.1;proto=https, for=203.0.113.5;proto=http"}, "http://app.example"},
		{"Forwarded, unknown", f, call{proxy, host, false, "Forwarded: for=unknown;proto=https"}, "https://app.example"},
		{"Forwarded, hidden", f, call{proxy, host, false, "Forwarded: for=_hidden;proto=https"}, "https://app.example"},
		{"Forwarded, hidden, with a hidden port", f, call{proxy, host, false, `Forwarded: for="_hidden:_port";proto=https`}, "https://app.example"},
		{"Forwarded, unknown, with a port", f, call{proxy, host, false, `Forwarded: for="unknown:99";proto=https`}, "https://app.example"},
		{"Forwarded, hidden ports", f, call{proxy, host, false, `Forwarded: for="203.0.113.5:_a";proto=https, for="10.1.9.9:_b";proto=http`}, "https://app.example"},
		{"Forwarded, hidden port of IPv6", f, call{proxy, host, false, `Forwarded: for="[2001:db8:1::7]:_a";proto=https`}, "https://app.example"},
		{"Forwarded, an address that is none", f, call{proxy, host, false, `Forwarded: for="10.1:_b";proto=https`}, "-"},
		{"Forwarded, empty pairs", f, call{proxy, host, false, "Forwarded: ;for=203.0.113.5; ;proto=https;"}, "https://app.example"},
		{"Forwarded, empty elements", f, call{proxy, host, false, "Forwarded: , for=203.0.113.5;proto=https,\nForwarded: \nForwarded: ,;, for=10.1.9.9;proto=http ,"}, "https://app.example"},
		{"Forwarded, nothing but empty ones", f, call{proxy, host, false, "Forwarded: , ;,"}, "-"},
		{"Forwarded, a quote that the client left open", f, call{proxy, host, false, `Forwarded: for="x, for=203.0.113.5;proto=https`}, "-"},
		{"Forwarded, twice", f, call{proxy, host, false, "Forwarded: proto=http;proto=https"}, "-"},
		{"Forwarded, no value", f, call{proxy, host, false, "Forwarded: proto="}, "-"},
		{"Forwarded, no name", f, call{proxy, host, false, "Forwarded: https"}, "-"},
		{"Forwarded, space inside", f, call{proxy, host, false, "Forwarded: proto=https x=1"}, "-"},
		{"Forwarded, a backslash", f, call{proxy, host, false, `Forwarded: host="app\.example";proto=https`}, "-"},
		{"Forwarded, far too many", f, call{proxy, host, false, "Forwarded: " + strings.Repeat("for=10.1.9.9,", 40) + "proto=https"}, "-"},
	} {
		if got := publicOrigin(c.h, c.call.request()); got != c.want {
			t.Errorf("%s: %+v: got %s, want %s", c.name, c.call, got, c.want)
		}
	}
}

// A proxy that takes a prefix off leaves the program without it in the addresses
// that it writes, unless it is put back.
func TestClientAddress(t *testing.T) {
	proxies := func(family middleware.HeaderFamily) func(http.Handler) http.Handler {
		return must(t)(middleware.PublicOrigin(middleware.OriginConfig{
			Proxies: []string{"10.0.0.0/8", "fd00::/8"}, Headers: family, Hosts: []string{"app.example"}, Logger: quiet,
		}))
	}
	fixed := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://app.example"}, Logger: quiet}))
	x, f := proxies(middleware.XForwarded), proxies(middleware.Forwarded)
	const known = "X-Forwarded-Proto: https\nX-Forwarded-Host: app.example\n"
	for _, c := range []struct {
		name string
		h    func(http.Handler) http.Handler
		call call
		want string
	}{
		{"no proxy", x, call{peer: "203.0.113.9:4711"}, "203.0.113.9"},
		{"no proxy, spoofed", x, call{peer: "203.0.113.9:4711", header: known + "X-Forwarded-For: 198.51.100.1"}, "203.0.113.9"},
		{"one proxy", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 203.0.113.9"}, "203.0.113.9"},
		{"one proxy, with port", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 203.0.113.9:99"}, "203.0.113.9"},
		{"the client has begun the list", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"a client within", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 10.9.9.9"}, "10.9.9.9"},
		{"IPv6", x, call{peer: "[fd00::1]:4711", header: known + "X-Forwarded-For: 2001:db8::7"}, "2001:db8::7"},
		{"IPv4 in IPv6", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: ::ffff:203.0.113.9"}, "203.0.113.9"},
		{"the proxy does not say", x, call{peer: "10.0.0.1:4711", header: known}, "10.0.0.1"},
		{"the proxy does not know", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: unknown"}, "10.0.0.1"},
		{"the second proxy does not know", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: unknown, 10.0.0.2"}, "10.0.0.1"},
		{"malformed", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: evil"}, "10.0.0.1"},
		{"malformed address and port", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 203.0.113.9:1:2"}, "10.0.0.1"},
		{"malformed brackets", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: [2001:db8::7"}, "10.0.0.1"},
		{"nothing in brackets", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: []"}, "10.0.0.1"},
		{"IPv6 in brackets", x, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: [2001:db8::7]"}, "2001:db8::7"},
		{"Forwarded", f, call{peer: "10.0.0.1:4711", header: "Forwarded: for=\"[2001:db8::7]:99\";proto=https;host=app.example"}, "2001:db8::7"},
		{"the other family is not looked at", f, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 203.0.113.9"}, "10.0.0.1"},
		{"fixed origins", fixed, call{peer: "10.0.0.1:4711", header: known + "X-Forwarded-For: 203.0.113.9"}, "10.0.0.1"},
		{"peer without port", x, call{peer: "@"}, "@"},
	} {
		c.call.host = "app.example"
		got := ""
		serve(c.h(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = middleware.ClientAddress(r) })), c.call.request())
		if got != c.want {
			t.Errorf("%s: the client is %s, want %s", c.name, got, c.want)
		}
	}
}

func TestStrippedPrefix(t *testing.T) {
	auth := newAuth(t, cookieauth.Config{PathBase: "/my app", LoginPath: "/login"})
	for _, c := range []struct {
		name, peer, target string
		want               string // Location
	}{
		{"by a proxy", "10.1.2.3:4000", "/private?q=1", "https://app.example/my%20app/login?ReturnUrl=%2Fmy%2520app%2Fprivate%3Fq%3D1"},
		{"what looks like it is put back, too", "10.1.2.3:4000", "/my%20app/private", "https://app.example/my%20app/login?ReturnUrl=%2Fmy%2520app%2Fmy%2520app%2Fprivate"},
		{"past the proxy", "203.0.113.5:4000", "/private", "/login?ReturnUrl=%2Fprivate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Proxies: []string{"10.1.0.0/16"}, Headers: middleware.XForwarded, Hosts: []string{"app.example"}, StrippedPrefix: "/my app", Logger: quiet}))
			r := call{peer: c.peer, host: "app.example", header: "X-Forwarded-Proto: https"}.request()
			r.URL, r.RequestURI = httptest.NewRequest("GET", c.target, nil).URL, c.target
			mux := http.NewServeMux()
			mux.Handle("GET /{page...}", middleware.Require(middleware.SignedIn, auth)(text("x")))
			w := serve(h(mux), r)
			if got := w.Header().Get("Location"); got != c.want || w.Code != http.StatusFound || r.Pattern != "GET /{page...}" || r.RequestURI != c.target {
				t.Errorf("got %d, %s, want %s; the request is for %s by %q", w.Code, got, c.want, r.RequestURI, r.Pattern)
			}
		})
	}
}

func TestOriginConfig(t *testing.T) {
	for _, bare := range []string{"app.example", "app.example:8443", "//app.example", "https://", "https://app.example/", "https://app.example/x", "https://u@app.example", "https://app.example?x", "https://app.example#", "ftp://app.example", "https://*.example", "https://a b", "null", ""} {
		_, err := middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{bare}})
		wantProblems(t, err, "PublicOrigin: invalid configuration: Origins: ", "is no origin")
	}
	_, err := middleware.PublicOrigin(middleware.OriginConfig{})
	wantProblems(t, err, "Origins: required", "Headers: must be", "Hosts: required")
	_, err = middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://a.example", "http://a.example"}, Hosts: []string{"a.example"}})
	wantProblems(t, err, "Origins: needs no", "Origins: two of the host a.example")
	for _, prefix := range []string{"app", "/app/", "/", "//app", "/app?x", "/a\r\nX: y"} {
		_, err := middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://a.example"}, StrippedPrefix: prefix})
		wantProblems(t, err, "StrippedPrefix: must begin with a slash")
	}
	_, err = middleware.PublicOrigin(middleware.OriginConfig{Proxies: []string{"0.0.0.0/0", "ten", ""}, Headers: 3, Hosts: []string{"https://a.example", "*", "*.", "a.example:0", "[::1"}})
	wantProblems(t, err, "Headers: must be", "Proxies: 0.0.0.0/0 is everybody", `Proxies: "ten"`, `Proxies: ""`, `Hosts: "https://a.example"`, `Hosts: "*"`, `Hosts: "*."`, `Hosts: "a.example:0"`, `Hosts: "[::1"`)
	if _, err := middleware.PublicOrigin(middleware.OriginConfig{Proxies: []string{"::1"}, Headers: middleware.Forwarded, Hosts: []string{"[::1]:8443", "x_y.example"}}); err != nil {
		t.Error(err)
	}
}

// Anybody can send nonsense, so it must not fill the log.
func TestOriginWarnsNowAndThen(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		j, log := newJournal(t)
		h := must(t)(middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"https://a.example", "https://b.example"}, Logger: middleware.Slog(log)}))
		for range 130 {
			publicOrigin(h, call{host: "evil.example"}.request())
			time.Sleep(time.Second)
		}
		events := j.events("nobody vouches")
		if len(events) != 3 || events[0]["reason"] != `the host "evil.example" is none of the public origins` {
			t.Errorf("got %v, want 3 warnings in 130 s", events)
		}
	})
}

func FuzzForwarded(f *testing.F) {
	f.Add("10.1.2.3", "https", "app.example", `for=10.1.2.3;proto=https;host="app.example", for=unknown`)
	f.Add(",,,", ", http", "a,b", `for="[::1]:80`)
	var hs []func(http.Handler) http.Handler
	for _, family := range []middleware.HeaderFamily{middleware.XForwarded, middleware.Forwarded} {
		h, err := middleware.PublicOrigin(middleware.OriginConfig{Proxies: []string{"10.0.0.0/8"}, Headers: family, Hosts: []string{"app.example", "*.wild.example"}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			f.Fatal(err)
		}
		hs = append(hs, h)
	}
	f.Fuzz(func(t *testing.T, client, proto, host, forwarded string) {
		for _, h := range hs {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr, r.Host = "10.0.0.1:1", "app.example"
			r.Header = http.Header{"X-Forwarded-For": {client}, "X-Forwarded-Proto": {proto}, "X-Forwarded-Host": {host}, "Forwarded": {forwarded}}
			switch got := publicOrigin(h, r); {
			case got == "-", got == "http://app.example", got == "https://app.example":
			case !strings.HasSuffix(got, ".wild.example") && !strings.Contains(got, ".wild.example:") || strings.ContainsAny(got, " /@?#\\,\"") && strings.Count(got, "/") != 2:
				t.Errorf("origin %q", got)
			}
			r.TLS = https(r).TLS
			if got := publicOrigin(h, r); strings.HasPrefix(got, "http:") {
				t.Errorf("over TLS: %q", got)
			}
			r.RemoteAddr = "203.0.113.5:1"
			if got := publicOrigin(h, r); got != "-" {
				t.Errorf("a client is believed: %q", got)
			}
		}
	})
}
