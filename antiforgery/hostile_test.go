package antiforgery_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
)

// Nobody's cookies, and no number of them, are a reason to fail or to take long.
func TestManyCookies(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	tokens, cookie := visit(t, p, nil)
	pair := strings.TrimPrefix(cookie, "Cookie: ")
	name, value, _ := strings.Cut(pair, "=")
	others := strings.Repeat("a=b; ", 10_000)
	for _, c := range []struct {
		name, cookies string
		want          antiforgery.Reason
	}{
		{"ours last", others + pair, passed},
		{"ours first", pair + "; " + others, passed},
		{"none of ours", others, antiforgery.CookieMissing},
		{"all of our name, the last good", strings.Repeat(name+"=x; ", 10_000) + pair, passed},
		{"all of our name, the last bad", strings.Repeat(pair+"; ", 10_000) + name + "=x", antiforgery.Unreadable},
		{"names that begin like ours", strings.Repeat(name+"x="+value+"; ", 10_000), antiforgery.CookieMissing},
		{"malformed ones", strings.Repeat("=; ;\"; a; ,=,; ", 10_000) + pair, passed},
		{"a very long one", name + "=" + strings.Repeat("A", 1<<20), antiforgery.Unreadable},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantReason(t, p.Check(request("POST", "/", nil, "Cookie: "+c.cookies, header+": "+tokens.Request)), c.want)
		})
	}
	t.Run("on as many lines", func(t *testing.T) {
		r := request("POST", "/", nil, header+": "+tokens.Request)
		for range 10_000 {
			r.Header.Add("Cookie", "a=b")
		}
		r.Header.Add("Cookie", pair)
		wantReason(t, p.Check(r), passed)
	})
}

// What a client sends ends neither in a header of its own making nor in a line of
// the log.
func TestNothingIsInjected(t *testing.T) {
	const evil = "\r\nSet-Cookie: evil=1\r\n\r\n<script>"
	for _, mode := range []antiforgery.Mode{antiforgery.BrowserFirst, antiforgery.TokensOnly} {
		var log bytes.Buffer
		p := protect(t, antiforgery.Config{
			Profile: antiforgery.ASPNETCore, Mode: mode, PathBase: "/app", Cookie: antiforgery.Cookie{Name: "af"},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		ask := func(method string) *http.Request {
			r := request(method, "/", nil, "Accept: text/html", "Cookie: af="+evil, header+": "+evil, from+evil)
			r.Host, r.RequestURI, r.URL.Path = "app.example"+evil, "/APP%0d%0aSet-Cookie:evil=1/x", "/x"+evil
			return r
		}
		refused, page := httptest.NewRecorder(), httptest.NewRecorder()
		p.Handler(http.NotFoundHandler()).ServeHTTP(refused, ask("POST"))
		if refused.Code != 403 || strings.Contains(refused.Body.String(), "<script>") {
			t.Errorf("got %d %s", refused.Code, refused.Body)
		}
		if _, err := p.Tokens(page, ask("GET")); err != nil {
			t.Error(err)
		}
		for _, w := range []*httptest.ResponseRecorder{refused, page} {
			for name, values := range w.Header() {
				if value := strings.Join(values, ""); strings.ContainsAny(value, "\r\n") || strings.Contains(value, "evil") {
					t.Errorf("%s: %q", name, value)
				}
			}
		}
		if strings.Count(log.String(), "\n") != 1 {
			t.Errorf("logged on several lines: %q", &log)
		}
	}
}

// A body is handed on to the byte whatever it says it is, and whether or not a
// token was found.
func TestOddBodies(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: 8 << 10})
	tokens, cookie := visit(t, p, nil)
	good := field + "=" + tokens.Request
	for _, c := range []struct {
		name, contentType, body string
		want                    antiforgery.Reason
	}{
		{"gzip that is none of ours to open", "application/x-www-form-urlencoded", "\x1f\x8b\x08" + good, antiforgery.TokenMissing},
		{"UTF-16", "application/x-www-form-urlencoded; charset=utf-16", "_\x00_\x00R\x00", antiforgery.TokenMissing},
		{"another charset", "application/x-www-form-urlencoded; charset=iso-8859-1", "a=%E4&b=\xe4&" + good, passed},
		{"zeros", "application/x-www-form-urlencoded", "\x00=\x00&" + good, passed},
		{"a zero in the token", "application/x-www-form-urlencoded", good + "%00", antiforgery.Unreadable},
		{"line breaks in the token", "application/x-www-form-urlencoded", strings.Replace(good, "CfDJ8", "CfDJ8%0D%0A", 1), antiforgery.Unreadable},
		{"type that only begins so", "application/x-www-form-urlencodedx", good, antiforgery.TokenMissing},
		{"type with rubbish", "application/x-www-form-urlencoded; =; \"", good, passed},
		{"multipart, another boundary", "multipart/form-data; boundary=x", "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + tokens.Request + "\r\n--b--\r\n", antiforgery.UnreadableForm},
		{"multipart, a part without a name", "multipart/form-data; boundary=b", "--b\r\n\r\n" + tokens.Request + "\r\n--b--\r\n", antiforgery.TokenMissing},
		{"multipart, two fields, of which the first counts", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + tokens.Request + "\r\n--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\nx\r\n--b--\r\n", passed},
		{"multipart, mixed", "multipart/mixed; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + tokens.Request + "\r\n--b--\r\n", antiforgery.TokenMissing},
		{"multipart, endless headers", "multipart/form-data; boundary=b", "--b\r\n" + strings.Repeat("X-A: b\r\n", 1<<14), antiforgery.FormTooLarge},
		{"multipart, very many parts", "multipart/form-data; boundary=b", strings.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", 1<<12) + "--b--\r\n", antiforgery.FormTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("POST", "/", strings.NewReader(c.body), cookie, "Content-Type: "+c.contentType)
			length := r.ContentLength
			wantReason(t, p.Check(r), c.want)
			if after, err := io.ReadAll(r.Body); string(after) != c.body || err != nil || r.ContentLength != length {
				t.Errorf("the handler reads %d bytes, %v, of %d", len(after), err, len(c.body))
			}
			if err := r.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
