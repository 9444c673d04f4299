package antiforgery_test

import (
	"bytes"
	"encoding/base64"
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
