package proxies_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Who the connections come from. Proxies connect from the first one; the others
// are nobody whom a program trusts.
const (
	proxyAddress   = "127.0.0.1"
	browserAddress = "127.0.0.3"
)

// A visitor is a browser, as far as it matters here, that goes to one site.
type visitor struct {
	*testing.T
	client *http.Client
	dialer *net.Dialer
	to     string // where it really connects to
	roots  *tls.Config
	url    string // of the site, without a slash at the end
}

// visit goes to https://host:port through a proxy.
func (f *front) visit(t *testing.T, host, base string, h2 bool) *visitor {
	t.Helper()
	v := &visitor{
		T: t, dialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(browserAddress)}},
		to: "127.0.0.1:" + f.https, roots: &tls.Config{RootCAs: f.roots},
		url: "https://" + host + ":" + f.https + base,
	}
	v.client = v.newClient(h2)
	return v
}

// direct goes past the proxy.
func direct(t *testing.T, address string, host string) *visitor {
	t.Helper()
	v := &visitor{T: t, dialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(browserAddress)}}, to: address, url: "http://" + host}
	v.client = v.newClient(false)
	return v
}

func (v *visitor) newClient(h2 bool) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		v.Fatal(err)
	}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return v.dialer.DialContext(ctx, "tcp", v.to)
		},
		TLSClientConfig: v.roots, Protocols: new(http.Protocols),
	}
	transport.Protocols.SetHTTP1(!h2)
	transport.Protocols.SetHTTP2(h2)
	v.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// An answer has been read to its end.
type answer struct {
	*http.Response
	body string
}

func (v *visitor) get(path string, headers ...string) answer {
	v.Helper()
	return v.send("GET", path, "", headers...)
}

// post sends a form, in the encoding of addresses.
func (v *visitor) post(path, form string, headers ...string) answer {
	v.Helper()
	return v.send("POST", path, form, append(headers, "Content-Type: application/x-www-form-urlencoded")...)
}

// send sends a request to a path of the site, or to a whole address.
func (v *visitor) send(method, path, body string, headers ...string) answer {
	v.Helper()
	r, err := http.NewRequestWithContext(v.Context(), method, v.url+path, strings.NewReader(body))
	if err != nil {
		v.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header[name] = append(r.Header[name], value) // in the case that it is in
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp, string(text)}
}

// follow goes where a redirect sends, which must be an address of the site.
func (v *visitor) follow(a answer) answer {
	v.Helper()
	location := a.Header.Get("Location")
	target, err := a.Request.URL.Parse(location)
	site, _ := url.Parse(v.url)
	if err != nil || location == "" || target.Host != site.Host || target.Scheme != site.Scheme || !strings.HasPrefix(target.Path, site.Path) {
		v.Fatalf("status %d sends to %q, which is not on %s", a.StatusCode, location, v.url)
	}
	return v.get(strings.TrimPrefix(target.RequestURI(), site.Path))
}

// is checks status and text of an answer.
func (a answer) is(t *testing.T, what string, status int, text string) {
	t.Helper()
	if a.StatusCode != status || !strings.Contains(a.body, text) {
		t.Errorf("%s: got %d %q, want %d and …%s…", what, a.StatusCode, a.body, status, text)
	}
}

var hidden = regexp.MustCompile(`name="__RequestVerificationToken" type="hidden" value="([^"]+)"`)

// token returns the token in the form of a page.
func (a answer) token(t *testing.T) string {
	t.Helper()
	found := hidden.FindStringSubmatch(a.body)
	if a.StatusCode != http.StatusOK || found == nil {
		t.Fatalf("no form in %d %q", a.StatusCode, a.body)
	}
	return "__RequestVerificationToken=" + url.QueryEscape(found[1])
}

// cookie returns the Set-Cookie line of a name, or "".
func (a answer) cookie(name string) string {
	for _, line := range a.Header["Set-Cookie"] {
		if strings.HasPrefix(line, name+"=") {
			return line
		}
	}
	return ""
}
