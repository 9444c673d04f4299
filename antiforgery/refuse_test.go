package antiforgery_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/dataprotection"
)

func TestRefuse(t *testing.T) {
	const html = "Accept: text/html,application/xhtml+xml"
	for _, c := range []struct {
		name   string
		err    error
		accept string
		status int
		want   string
	}{
		{"from elsewhere", &antiforgery.Error{Reason: antiforgery.CrossSite}, html, 403, "came from a page of another site"},
		{"no cookie", &antiforgery.Error{Reason: antiforgery.CookieMissing}, html, 403, "Allow cookies for this site"},
		{"another user", &antiforgery.Error{Reason: antiforgery.OtherUserID}, html, 403, "You have signed in or out since"},
		{"wrapped", fmt.Errorf("x: %w", &antiforgery.Error{Reason: antiforgery.TokenMissing}), html, 403, "reload the page and send the form again"},
		{"for a script", &antiforgery.Error{Reason: antiforgery.TokenMissing}, "Accept: application/json", 403, "reload the page and send the form again"},
		{"ring out of reach", fmt.Errorf("x: %w", dataprotection.ErrUnavailable), html, 503, "Please try again in a moment"},
		{"plain HTTP", antiforgery.ErrInsecureTransport, html, 500, "could not be checked"},
		{"anything", errors.New("secret-of-the-operator"), html, 500, "could not be checked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			antiforgery.Refuse(w, request("POST", "/", nil, c.accept), c.err)
			isHTML := strings.HasPrefix(w.Body.String(), "<!DOCTYPE html>") && w.Header().Get("Content-Type") == "text/html; charset=utf-8"
			if w.Code != c.status || isHTML != (c.accept == html) || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("status %d, %v\n%s", w.Code, w.Header(), w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" || (w.Header().Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("header is %v", w.Header())
			}
			if isHTML {
				wantPlainPage(t, w.Body.String())
			}
			if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "PublicOrigin") {
				t.Errorf("the visitor is told what is for the operator:\n%s", w.Body)
			}
		})
	}
}

// wantPlainPage checks that a page is one for everybody: it says its language and
// title, has one heading and a main part, and loads and runs nothing, so that no policy
// forbids a part of it.
func wantPlainPage(t *testing.T, page string) {
	t.Helper()
	for _, want := range []string{`<html lang="en">`, `<meta charset="utf-8">`, "<title>", "<main>", "<h1>", "initial-scale=1"} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%s is missing in\n%s", want, page)
		}
	}
	for _, bad := range []string{"<script", "<style", "style=", "src=", "href=", "http:", "https:", " on"} {
		if head, _, _ := strings.Cut(page, "<p>"); strings.Contains(head, bad) {
			t.Errorf("%s in\n%s", bad, page)
		}
	}
}

func TestReasonsHaveWords(t *testing.T) {
	names := map[string]bool{}
	for r := antiforgery.CrossSite; r <= antiforgery.FormTooLarge; r++ {
		w := httptest.NewRecorder()
		antiforgery.Refuse(w, request("POST", "/", nil), &antiforgery.Error{Reason: r})
		if text := (&antiforgery.Error{Reason: r}).Error(); names[r.String()] || r.String() == "unknown" || len(text) < 20 || !strings.Contains(w.Body.String(), "o back") && !strings.Contains(w.Body.String(), "try again") {
			t.Errorf("reason %d is called %s, %q, and visitors are told %q", r, r, text, w.Body)
		}
		names[r.String()] = true
	}
	for _, r := range []antiforgery.Reason{-1, 0, antiforgery.FormTooLarge + 1} {
		if r.String() != "unknown" {
			t.Errorf("reason %d is called %s", r, r)
		}
	}
}

// What a client sends does not fill the log.
func TestLogStaysSmall(t *testing.T) {
	var log bytes.Buffer
	p := protect(t, antiforgery.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	long := strings.Repeat("x", 100_000)
	_, cookie := visit(t, p, nil)
	for _, r := range []*http.Request{
		request("POST", "/"+long, nil, from+"https://evil."+long),
		request("POST", "/", strings.NewReader("--b\r\n"+long+"\r\n\r\n--b--\r\n"), cookie, "Content-Type: multipart/form-data; boundary=b"),
	} {
		log.Reset()
		r.Host, r.Method = long, long
		if p.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r); log.Len() == 0 || log.Len() > 5000 {
			t.Errorf("%d bytes for one request", log.Len())
		}
	}
}

// TestNoSecretsInLogs looks for tokens and names of users in what is logged, and
// in what errors say.
func TestNoSecretsInLogs(t *testing.T) {
	var log bytes.Buffer
	p := protect(t, antiforgery.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	tokens, cookie := visit(t, p, user("alice-of-wonderland"))
	changedToken := tokens.Request[:len(tokens.Request)-5] + "AAAAA"
	for _, headers := range [][]string{
		{site + "cross-site"},
		{from + "https://evil.example"},
		{header + ": " + tokens.Request},
		{cookie},
		{cookie, header + ": " + tokens.Request},
		{cookie, header + ": " + changedToken},
		{cookie, header + ": " + strings.TrimPrefix(cookie, "Cookie: __Host-sealring-csrf=")},
	} {
		w := httptest.NewRecorder()
		p.Handler(http.NotFoundHandler()).ServeHTTP(w, as(request("POST", "/page", nil, headers...), user("bob-the-builder")))
		if w.Code != 403 {
			t.Errorf("%v: status %d", headers, w.Code)
		}
		fmt.Fprintln(&log, w.Body)
	}
	w := httptest.NewRecorder()
	bodyInError := request("POST", "/page", strings.NewReader("--b\r\n"+tokens.Request+"\r\n\r\n--b--\r\n"), cookie, "Content-Type: multipart/form-data; boundary=b")
	if p.Handler(http.NotFoundHandler()).ServeHTTP(w, bodyInError); w.Code != 403 {
		t.Errorf("a body that is malformed: status %d", w.Code)
	}
	for _, secret := range []string{tokens.Request[5:30], tokens.Cookie[5:30], changedToken[5:30], "alice", "bob"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q shows in\n%s", secret, log.String())
		}
	}
	for _, want := range []string{"level=WARN", "reason=cross-site", "reason=other-origin", "reason=cookie-missing", "reason=other-user-id", "reason=unreadable-form", "method=POST", "path=/page", "evil.example"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not logged", want)
		}
	}
}
