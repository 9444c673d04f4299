package antiforgery_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
)

// forName makes the token of a user whom only the name identifies, which another
// program may do, for a cookie (docs/formats.md, Antiforgery tokens).
func forName(t *testing.T, ring *dataprotection.KeyRing, cookie, name string) string {
	t.Helper()
	protector := ring.Protector("Microsoft.AspNetCore.Antiforgery.AntiforgeryToken.v1")
	sealed, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := protector.Unprotect(t.Context(), sealed)
	if err != nil {
		t.Fatal(err)
	}
	request := slices.Concat(plain[:17], []byte{0, 0, byte(len(name))}, []byte(name), []byte{0})
	if sealed, err = protector.Protect(request); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Each reason there is arrives at the hook, in the log and in the counters; and if
// requests are only reported, in the last two, and the handler gets the body whole.
func TestEveryReason(t *testing.T) {
	ring := newRing(t)
	maker := protect(t, antiforgery.Config{KeyRing: ring})
	tokens, cookie := visit(t, maker, user("alice"))
	_, otherCookie := visit(t, maker, user("alice"))
	withData, dataCookie := visit(t, protect(t, antiforgery.Config{
		KeyRing: ring, AdditionalData: func(*http.Request) string { return "x" }, CheckAdditionalData: func(*http.Request, string) bool { return true },
	}), user("alice"))
	bobs := forName(t, ring, tokens.Cookie, "bob")
	const multipart = "Content-Type: multipart/form-data"
	large := "text=" + strings.Repeat("x", antiforgery.DefaultMaxFormBytes)

	reached := map[antiforgery.Reason]bool{}
	for _, c := range []struct {
		want    antiforgery.Reason
		body    string
		headers []string
	}{
		{antiforgery.CrossSite, "text=hi", []string{formType, site + "cross-site"}},
		{antiforgery.SameSite, "text=hi", []string{formType, site + "same-site"}},
		{antiforgery.OtherOrigin, "text=hi", []string{formType, from + "https://evil.example"}},
		{antiforgery.CookieMissing, "text=hi", []string{formType}},
		{antiforgery.TokenMissing, "text=hi", []string{formType, cookie}},
		{antiforgery.Unreadable, "text=hi&" + field + "=x", []string{formType, cookie}},
		{antiforgery.Swapped, "text=hi&" + field + "=" + tokens.Cookie, []string{formType, cookie}},
		{antiforgery.OtherCookie, "text=hi&" + field + "=" + tokens.Request, []string{formType, otherCookie}},
		{antiforgery.OtherUser, "text=hi&" + field + "=" + bobs, []string{formType, cookie}},
		{antiforgery.OtherUserID, "text=hi&" + field + "=" + tokens.Request, []string{formType, cookie}},
		{antiforgery.AdditionalData, "text=hi&" + field + "=" + withData.Request, []string{formType, dataCookie}},
		{antiforgery.UnreadableForm, "text=hi", []string{multipart, cookie}},
		{antiforgery.FormTooLarge, large, []string{formType, cookie}},
	} {
		reached[c.want] = true
		for _, reportOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, report only %v", c.want, reportOnly), func(t *testing.T) {
				var log bytes.Buffer
				var told []antiforgery.Reason
				p := protect(t, antiforgery.Config{
					KeyRing: ring, ReportOnly: reportOnly, Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Refused: func(w http.ResponseWriter, r *http.Request, err error) {
						told = append(told, reasonOf(t, err))
						antiforgery.Refuse(w, r, err)
					},
				})
				served := ""
				h := p.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						t.Error(err)
					}
					served = string(body)
				}))
				r := request("POST", "/note", strings.NewReader(c.body), c.headers...)
				if c.want == antiforgery.AdditionalData {
					r = as(r, user("alice"))
				} else if c.want == antiforgery.OtherUserID {
					r = as(r, user("bob"))
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)

				if reportOnly && (w.Code != 200 || served != c.body || len(told) > 0) || !reportOnly && (w.Code != 403 || served != "" || !slices.Equal(told, []antiforgery.Reason{c.want})) {
					t.Errorf("status %d, served %d bytes, the hook was told %v", w.Code, len(served), told)
				}
				if !strings.Contains(log.String(), " reason="+c.want.String()+" ") || !strings.Contains(log.String(), fmt.Sprint("reportOnly=", reportOnly)) || strings.Count(log.String(), "\n") != 1 {
					t.Errorf("logged %s", &log)
				}
				for reason, n := range p.Refusals() {
					if (n == 1) != (reason == c.want) || n > 1 {
						t.Errorf("%v is counted %d times", reason, n)
					}
				}
			})
		}
	}
	for reason := range protect(t, antiforgery.Config{KeyRing: ring}).Refusals() {
		if !reached[reason] {
			t.Errorf("nothing above leads to %v", reason)
		}
	}
}

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

// A large upload is handed on while it is still being sent, if the token is in the
// header or before the file.
func TestStreaming(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: 4 << 10})
	tokens, cookie := visit(t, p, nil)
	for _, c := range []struct {
		name, headerToken, field string
	}{
		{"token in the header", tokens.Request, ""},
		{"token before the file", "", tokens.Request},
	} {
		t.Run(c.name, func(t *testing.T) {
			arrived := make(chan struct{})
			handler := p.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				form, err := r.MultipartReader()
				if err != nil {
					t.Error(err)
					return
				}
				var size int64
				for {
					part, err := form.NextPart()
					if errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						t.Error(err)
						return
					}
					if part.FileName() != "" {
						first := make([]byte, 100)
						if _, err := io.ReadFull(part, first); err != nil {
							t.Error(err)
						}
						size = 100
						close(arrived) // before the rest is sent
					}
					n, err := io.Copy(io.Discard, part)
					if err != nil {
						t.Error(err)
					}
					size += n
				}
				fmt.Fprint(w, size)
			}))
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
			defer server.Close()

			body, send := io.Pipe()
			go func() {
				parts := "--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n" + c.field + "\r\n" +
					"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
				_, _ = io.WriteString(send, parts+strings.Repeat("x", 100<<10))
				<-arrived
				_, _ = io.WriteString(send, strings.Repeat("x", 100<<10)+"\r\n--b--\r\n")
				send.Close()
			}()
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			set(r, cookie, "Content-Type: multipart/form-data; boundary=b")
			if c.headerToken != "" {
				set(r, header+": "+c.headerToken)
			}
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); string(got) != fmt.Sprint(200<<10) || err != nil {
				t.Errorf("the handler read %q bytes, %v, status %d", got, err, resp.StatusCode)
			}
		})
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
