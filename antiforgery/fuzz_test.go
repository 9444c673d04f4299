package antiforgery_test

import (
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

// FuzzForm checks that whatever a body holds is handed on as it was, and that it
// is good only if the token is in it.
func FuzzForm(f *testing.F) {
	p := protect(f, antiforgery.Config{MaxFormBytes: 4 << 10})
	tokens, cookie := visit(f, p, nil)
	f.Add("a=b&"+field+"=TOKEN", false)
	f.Add("%5f"+field[1:]+"=%54OKEN&a=%zz", false)
	f.Add("--b\r\nContent-Disposition: form-data; name="+field+"\r\n\r\nTOKEN\r\n--b--\r\n", true)
	f.Add("--b\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n--b\r\n", true)
	f.Fuzz(func(t *testing.T, body string, isMultipart bool) {
		body = strings.ReplaceAll(body, "TOKEN", tokens.Request)
		contentType := formType
		if isMultipart {
			contentType = "Content-Type: multipart/form-data; boundary=b"
		}
		r := request("POST", "/", strings.NewReader(body), cookie, contentType)
		err := p.Check(r)
		if reasonOf(t, err) == passed {
			decoded, _ := url.QueryUnescape(body)
			if !strings.Contains(body+decoded, tokens.Request) && !strings.Contains(strings.ReplaceAll(body, "%", ""), tokens.Request[40:]) {
				t.Errorf("good without the token: %q", body)
			}
		}
		if after, err := io.ReadAll(r.Body); string(after) != body || err != nil {
			t.Errorf("handed on as %q, %v", after, err)
		}
	})
}

// FuzzOrigin checks that an origin counts as our own only if it is, by package url.
func FuzzOrigin(f *testing.F) {
	p := protect(f, antiforgery.Config{})
	for _, seed := range [][2]string{
		{"https://app.example", "app.example"},
		{"https://app.example:443", "app.example"},
		{"https://[2001:db8::1]:8443", "[2001:db8::1]:8443"},
		{"https://a@app.example", "app.example"},
		{"null", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, seen, host string) {
		r := request("POST", "/", nil)
		r.Header["Origin"], r.Host = []string{seen}, host
		if p.Check(r) != nil {
			return
		}
		u, err := url.Parse(seen)
		own, ownErr := url.Parse("https://" + host)
		if err != nil || ownErr != nil {
			return // what no browser sends
		}
		if u.Scheme != "https" || u.User != nil || u.Path != "" || !strings.EqualFold(u.Hostname(), own.Hostname()) {
			t.Errorf("%q counts as the origin of %q", seen, host)
		}
	})
}
