package cookieauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// visit sends a Cookie header and returns who that is.
func (s *site) visit(cookies string) string {
	r := httptest.NewRequest("GET", "/who", nil)
	r.Header.Set("Cookie", cookies)
	https(r)
	return s.send(r).body
}

func TestBadCookies(t *testing.T) {
	s := newSite(t, cookieauth.Config{})
	s.get("/in")
	good := s.jar["__Host-sealring"]
	s.jar = map[string]string{}
	middle := len(good) / 2
	flipped := func(at int) string {
		other := "A"
		if good[at] == 'A' {
			other = "B"
		}
		return good[:at] + other + good[at+1:]
	}
	for name, value := range map[string]string{
		"empty": "", "short": "x", "cut": good[:len(good)-1], "longer": good + "A", "magic": flipped(0), "key": flipped(20), "ciphertext": flipped(middle), "MAC": flipped(len(good) - 2),
		"chunks missing": "chunks-2", "many chunks": "chunks-99999999999", "no chunks": "chunks-0", "negative": "chunks--1", "percent": "%00", "header only": "CfDJ8", "line break in it": good[:middle] + "%0A" + good[middle:],
		"another alphabet": good[:middle] + "+" + good[middle+1:], "quoted": `"` + good + `"`, "very large": strings.Repeat("A", 70<<10), "a space in it": good[:middle] + " " + good[middle:],
	} {
		if got := s.visit("__Host-sealring=" + value); got != "" {
			t.Errorf("%s: the visitor is %q", name, got)
		}
	}
	for name, cookies := range map[string]string{
		"alone": "__Host-sealring=" + good, "among others": "a=1; __Host-sealring=" + good + "; b=2", "percent-encoded": "__Host-sealring=%43" + good[1:],
		"after a bad one": "__Host-sealring=x; __Host-sealring=" + good, "before a bad one": "__Host-sealring=" + good + "; __Host-sealring=x", "before an empty one": "__Host-sealring=" + good + "; __Host-sealring=",
		"twice": "__Host-sealring=" + good + "; __Host-sealring=" + good, "foreign rubbish": "\"; ,=;=; __Host-sealring=" + good + "; x y=\\",
		"in chunks":                     "__Host-sealring=chunks-2; __Host-sealringC1=" + good[:middle] + "; __Host-sealringC2=" + good[middle:],
		"in chunks, with others before": fmt.Sprintf("__Host-sealring=chunks-2; __Host-sealringC1=x; __Host-sealringC2=y; __Host-sealring=chunks-2; __Host-sealringC1=%s; __Host-sealringC2=%s", good[:middle], good[middle:]),
		"in chunks, with others behind": fmt.Sprintf("__Host-sealring=chunks-2; __Host-sealringC1=%s; __Host-sealringC2=%s; __Host-sealring=chunks-2; __Host-sealringC1=x; __Host-sealringC2=y", good[:middle], good[middle:]),
	} {
		if got := s.visit(cookies); got != "Alice" {
			t.Errorf("%s: the visitor is %q", name, got)
		}
	}
	if got := s.visit("__HOST-SEALRING=" + good); got != "" {
		t.Errorf("a name in another case is read: %q", got)
	}
}

func TestTossedCookie(t *testing.T) {
	var log strings.Builder
	s := newSite(t, cookieauth.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.get("/in")
	alice := s.jar["__Host-sealring"]
	s.do["/in"] = s.signIn(claims.New("666", claims.Name("Mallory")), nil)
	s.get("/in")
	mallory := s.jar["__Host-sealring"]
	if got := s.visit("__Host-sealring=" + mallory + "; __Host-sealring=" + alice); got != "" {
		t.Errorf("the visitor is %q", got)
	}
	if !strings.Contains(log.String(), "two valid cookies of one name belong to different sessions") || strings.Contains(log.String(), "CfDJ8") {
		t.Errorf("log: %s", log.String())
	}
	reference := newSite(t, cookieauth.Config{Profile: cookieauth.ASPNETCore})
	reference.get("/in")
	good := reference.jar[".AspNetCore.Cookies"]
	if got := reference.visit(".AspNetCore.Cookies=x; .aspnetcore.cookies=" + good); got != "Alice" {
		t.Errorf("parity: the last of any case counts, got %q", got)
	}
	if got := reference.visit(".AspNetCore.Cookies=" + good + "; .AspNetCore.Cookies=x"); got != "" {
		t.Errorf("parity: the last counts, got %q", got)
	}
}

func TestLogTellsWhy(t *testing.T) {
	var log strings.Builder
	s := newSite(t, cookieauth.Config{Lifetime: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	s.get("/in")
	s.at(2)
	s.get("/who")
	s.visit("__Host-sealring=x")
	for _, want := range []string{"level=INFO msg=\"signed in\" scheme=Cookies", "reason=\"the ticket has expired\"", "reason=\"the cookie is not base64url\""} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is missing in the log:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "CfDJ8") || strings.Contains(log.String(), "Alice") {
		t.Errorf("the log says too much:\n%s", log.String())
	}
}

// flaky is a store that can be cut off.
type flaky struct {
	dataprotection.Store
	down atomic.Bool
}

func (f *flaky) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if f.down.Load() {
		return dataprotection.Snapshot{}, errors.New("connection refused")
	}
	return f.Store.Load(ctx, since)
}

func TestRingOutage(t *testing.T) {
	other := newSite(t, cookieauth.Config{})
	other.get("/in") // under a key that the ring would have to ask its store about
	for _, down := range []bool{false, true} {
		store := &flaky{Store: memstore.New()}
		s := newSite(t, cookieauth.Config{KeyRing: dataprotectiontest.Open(t, dataprotection.Config{Store: store}), LoginPath: "/login"})
		store.down.Store(down)
		s.jar = other.jar
		if a := s.get("/who"); a.status != http.StatusOK || a.body != "" || len(a.cookies) > 0 {
			t.Errorf("a public page answers %d %q, cookies %q", a.status, a.body, a.cookies)
		}
		a := s.get("/private")
		if !down {
			a.is(t, http.StatusFound, "/login?ReturnUrl=%2Fprivate")
		} else if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("a page that demands a user answers %d, retry after %q", a.status, a.header.Get("Retry-After"))
		}
	}
}
