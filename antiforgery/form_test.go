package antiforgery_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sealring/sealring/antiforgery"
)

func TestWhereTokensAreFound(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	tokens, cookie := visit(t, p, nil)
	good := field + "=" + tokens.Request
	long := "a=" + strings.Repeat("x", antiforgery.DefaultMaxFormBytes)
	missing := antiforgery.TokenMissing
	for _, c := range []struct {
		name        string
		method      string
		contentType string
		body        string
		want        antiforgery.Reason
	}{
		{"AFR-5 field", "POST", formType, "a=b&" + good + "&c=d", passed},
		{"field alone", "POST", formType, good, passed},
		{"parameters and case of the type", "POST", "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=x-unknown", good, passed},
		{"PUT", "PUT", formType, good, passed},
		{"DELETE", "DELETE", formType, good, passed},
		{"field name in another case", "POST", formType, strings.ToUpper(field) + "=" + tokens.Request, passed},
		{"field name encoded", "POST", formType, "%5f" + good[1:], passed},
		{"token encoded", "POST", formType, strings.Replace(good, "CfDJ8", "C%66DJ8", 1), passed},
		{"AFR-7 no field", "POST", formType, "a=b&c=d", missing},
		{"AFR-2 empty form", "POST", formType, "", missing},
		{"empty field", "POST", formType, field + "=", antiforgery.Unreadable},
		{"field without equals sign", "POST", formType, field, antiforgery.Unreadable},
		{"name that goes on", "POST", formType, field + "x=" + tokens.Request, missing},
		{"two fields", "POST", formType, good + "&" + good, antiforgery.Unreadable},
		{"two fields, the first empty", "POST", formType, field + "=&" + good, antiforgery.Unreadable},
		{"wrongly encoded elsewhere", "POST", formType, "a=%zz&%=%&" + good, passed},
		{"wrongly encoded token", "POST", formType, good + "%zz", antiforgery.Unreadable},
		{"semicolons do not separate", "POST", formType, "a=b;" + good, missing},
		{"many pairs", "POST", formType, strings.Repeat("a=b&", 50_000) + good, passed},
		{"AFR-6 JSON", "POST", "Content-Type: application/json", good, missing},
		{"no type", "POST", "X-A: b", good, missing},
		{"plain text", "POST", "Content-Type: text/plain", good, missing},
		{"too large", "POST", formType, long + "&" + good, antiforgery.FormTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request(c.method, "/", strings.NewReader(c.body), cookie, c.contentType)
			wantReason(t, p.Check(r), c.want)
			after, err := io.ReadAll(r.Body)
			if string(after) != c.body || err != nil {
				t.Errorf("the handler reads %d bytes, %v, of %d", len(after), err, len(c.body))
			}
		})
	}
	t.Run("query", func(t *testing.T) {
		wantReason(t, p.Check(request("POST", "/?"+good, form("a=b"), cookie, formType)), missing)
	})
	t.Run("AFR-3 header before field", func(t *testing.T) {
		wantReason(t, p.Check(request("POST", "/", strings.NewReader(good), cookie, formType, header+": rubbish")), antiforgery.Unreadable)
		wantReason(t, p.Check(request("POST", "/", strings.NewReader(field+"=rubbish"), cookie, formType, header+": "+tokens.Request)), passed)
	})
	t.Run("empty header", func(t *testing.T) {
		wantReason(t, p.Check(request("POST", "/", strings.NewReader(good), cookie, formType, header+": ")), antiforgery.Unreadable)
	})
	t.Run("two headers", func(t *testing.T) {
		wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request, header+": "+tokens.Request)), antiforgery.Unreadable)
	})
	t.Run("no body", func(t *testing.T) {
		r := request("POST", "/", nil, cookie, formType)
		r.Body = nil
		wantReason(t, p.Check(r), missing)
	})
}

func TestNames(t *testing.T) {
	p := protect(t, antiforgery.Config{FormField: "csrf", Header: "x-xsrf-token"})
	tokens, cookie := visit(t, p, nil)
	if tokens.FormField != "csrf" || tokens.Header != "x-xsrf-token" {
		t.Errorf("got %q and %q", tokens.FormField, tokens.Header)
	}
	wantReason(t, p.Check(request("POST", "/", nil, cookie, "X-XSRF-Token: "+tokens.Request)), passed)
	wantReason(t, p.Check(request("POST", "/", form("csrf="+tokens.Request), cookie, formType)), passed)
	wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request)), antiforgery.TokenMissing)

	t.Run("AFR-4 no form", func(t *testing.T) {
		p := protect(t, antiforgery.Config{NoForm: true})
		tokens, cookie := visit(t, p, nil)
		r := request("POST", "/", form(field+"="+tokens.Request), cookie, formType)
		body := r.Body
		if wantReason(t, p.Check(r), antiforgery.TokenMissing); r.Body != body {
			t.Error("the body was touched")
		}
		wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request)), passed)
	})
	t.Run("no header", func(t *testing.T) {
		p := protect(t, antiforgery.Config{NoHeader: true})
		tokens, cookie := visit(t, p, nil)
		if tokens.Header != "" {
			t.Errorf("the header is %q", tokens.Header)
		}
		wantReason(t, p.Check(request("POST", "/", nil, cookie, header+": "+tokens.Request)), antiforgery.TokenMissing)
		wantReason(t, p.Check(request("POST", "/", form(field+"="+tokens.Request), cookie, formType, header+": rubbish")), passed)
	})
}

func TestBodyNotTouched(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	tokens, cookie := visit(t, p, nil)
	for name, headers := range map[string][]string{
		"AFR-6 JSON":                  {cookie, "Content-Type: application/json"},
		"token in the header":         {cookie, formType, header + ": " + tokens.Request},
		"decided by the browser":      {formType, site + "same-origin"},
		"refused by the browser":      {cookie, formType, site + "cross-site"},
		"no cookie, so no use for it": {formType},
	} {
		t.Run(name, func(t *testing.T) {
			r := request("POST", "/", iotest.ErrReader(errors.New("read")), headers...)
			body := r.Body
			_ = p.Check(r)
			if _, err := r.Body.Read(make([]byte, 1)); r.Body != body || err == nil || err.Error() != "read" {
				t.Errorf("the body was touched: %v", err)
			}
		})
	}
}

func TestBrokenBody(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: 1000})
	_, cookie := visit(t, p, nil)
	broken := errors.New("connection lost")
	for _, contentType := range []string{formType, "Content-Type: multipart/form-data; boundary=b"} {
		t.Run("AFR-8 "+contentType, func(t *testing.T) {
			r := request("POST", "/", io.MultiReader(strings.NewReader("--b\r\n"), iotest.ErrReader(broken)), cookie, contentType)
			err := p.Check(r)
			if wantReason(t, err, antiforgery.UnreadableForm); !errors.Is(err, broken) {
				t.Errorf("the cause is lost: %v", err)
			}
			if after, err := io.ReadAll(r.Body); string(after) != "--b\r\n" || !errors.Is(err, broken) {
				t.Errorf("the handler reads %q, %v", after, err)
			}
		})
	}
	t.Run("bound of somebody before us", func(t *testing.T) {
		r := request("POST", "/", form("a="+strings.Repeat("x", 500)), cookie, formType)
		r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 100)
		wantReason(t, p.Check(r), antiforgery.FormTooLarge)
	})
	t.Run("bound of our own, to the byte", func(t *testing.T) {
		for size, want := range map[int]antiforgery.Reason{999: antiforgery.TokenMissing, 1000: antiforgery.TokenMissing, 1001: antiforgery.FormTooLarge, 9000: antiforgery.FormTooLarge} {
			body := strings.Repeat("x", size)
			r := request("POST", "/", iotest.OneByteReader(strings.NewReader(body)), cookie, formType)
			wantReason(t, p.Check(r), want)
			if after, err := io.ReadAll(r.Body); string(after) != body || err != nil {
				t.Errorf("the handler reads %d bytes, %v, of %d", len(after), err, size)
			}
		}
	})
}

// However large the bound is, there is room for one byte more.
func TestNoBound(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: math.MaxInt64})
	tokens, cookie := visit(t, p, nil)
	wantReason(t, p.Check(request("POST", "/", form("a=b", field+"="+tokens.Request), cookie, formType)), passed)
}

// multipartBody makes a multipart form of "name=value" fields and "@name=content" files.
func multipartBody(t *testing.T, parts ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		var to io.Writer
		var err error
		if file, ok := strings.CutPrefix(name, "@"); ok {
			to, err = w.CreateFormFile(file, "file.bin")
		} else {
			to, err = w.CreateFormField(name)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(to, value)
	}
	w.Close()
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestMultipart(t *testing.T) {
	p := protect(t, antiforgery.Config{MaxFormBytes: 64 << 10})
	tokens, cookie := visit(t, p, nil)
	good := field + "=" + tokens.Request
	large := "@upload=" + strings.Repeat("x", 1<<20)
	for _, c := range []struct {
		name  string
		parts []string
		want  antiforgery.Reason
	}{
		{"AFR-5 field", []string{"a=b", good, "c=d"}, passed},
		{"before a large file", []string{good, large}, passed},
		{"behind a small file", []string{"@upload=x", good}, passed},
		{"behind a large file", []string{large, good}, antiforgery.FormTooLarge},
		{"field name in another case", []string{strings.ToUpper(field) + "=" + tokens.Request}, passed},
		{"as a file", []string{"@" + good}, antiforgery.TokenMissing},
		{"none", []string{"a=b"}, antiforgery.TokenMissing},
		{"empty", []string{field + "="}, antiforgery.Unreadable},
		{"very long", []string{field + "=" + strings.Repeat("x", 1<<20)}, antiforgery.FormTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			body, contentType := multipartBody(t, c.parts...)
			source := strings.NewReader(body)
			r := request("POST", "/", source, cookie, contentType)
			wantReason(t, p.Check(r), c.want)
			if read := len(body) - source.Len(); read > 64<<10+1 {
				t.Errorf("%d bytes were read", read)
			}
			after, err := io.ReadAll(r.Body)
			if string(after) != body || err != nil {
				t.Errorf("the handler reads %d bytes, %v, of %d", len(after), err, len(body))
			}
		})
	}
	body, contentType := multipartBody(t, "a=b", good)
	t.Run("cut short", func(t *testing.T) {
		for _, n := range []int{1, 30, len(body) / 2, len(body) - 70} {
			wantReason(t, p.Check(request("POST", "/", strings.NewReader(body[:n]), cookie, contentType)), antiforgery.UnreadableForm)
		}
	})
	t.Run("no boundary", func(t *testing.T) {
		wantReason(t, p.Check(request("POST", "/", strings.NewReader(body), cookie, "Content-Type: multipart/form-data")), antiforgery.UnreadableForm)
	})
	t.Run("the handler can parse it", func(t *testing.T) {
		r := request("POST", "/", strings.NewReader(body), cookie, contentType)
		wantReason(t, p.Check(r), passed)
		if got := r.FormValue("a"); got != "b" {
			t.Errorf("a is %q", got)
		}
	})
}

func TestParsedAlready(t *testing.T) {
	p := protect(t, antiforgery.Config{})
	tokens, cookie := visit(t, p, nil)
	t.Run("URL-encoded", func(t *testing.T) {
		r := request("POST", "/", form("a=b", field+"="+tokens.Request), cookie, formType)
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		wantReason(t, p.Check(r), passed)
	})
	t.Run("URL-encoded, name in another case", func(t *testing.T) {
		r := request("POST", "/", form(strings.ToLower(field)+"="+tokens.Request), cookie, formType)
		r.FormValue("a")
		wantReason(t, p.Check(r), passed)
	})
	t.Run("only the query was parsed, as for DELETE", func(t *testing.T) {
		r := request("DELETE", "/", form(field+"="+tokens.Request), cookie, formType)
		r.FormValue("a")
		wantReason(t, p.Check(r), passed)
	})
	t.Run("in the query", func(t *testing.T) {
		r := request("POST", "/?"+field+"="+tokens.Request, form("a=b"), cookie, formType)
		r.FormValue("a")
		wantReason(t, p.Check(r), antiforgery.TokenMissing)
	})
	t.Run("multipart", func(t *testing.T) {
		body, contentType := multipartBody(t, "a=b", field+"="+tokens.Request)
		r := request("POST", "/", strings.NewReader(body), cookie, contentType)
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			t.Fatal(err)
		}
		wantReason(t, p.Check(r), passed)
	})
	t.Run("twice", func(t *testing.T) {
		r := request("POST", "/", form("a=b", field+"="+tokens.Request), cookie, formType)
		wantReason(t, p.Check(r), passed)
		wantReason(t, p.Check(r), passed)
		if got := r.FormValue("a"); got != "b" {
			t.Errorf("a is %q", got)
		}
	})
}
