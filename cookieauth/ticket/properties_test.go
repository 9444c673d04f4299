package ticket_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
)

func date(s string) time.Time {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(err)
	}
	return t
}

func keys(p ticket.Properties) string {
	var all []string
	for key, value := range p.All() {
		all = append(all, key+"="+value)
	}
	return strings.Join(all, " ")
}

func TestProperties(t *testing.T) {
	var p ticket.Properties
	is := func(t *testing.T, want string) {
		t.Helper()
		if got := keys(p); got != want {
			t.Errorf("properties are %q, want %q", got, want)
		}
	}
	t.Run("APR-1 empty at first", func(t *testing.T) { is(t, "") })
	t.Run("APR-3 a clone has content of its own", func(t *testing.T) {
		p.Set("a", "1")
		clone := p.Clone()
		clone.Set("a", "2")
		clone.Set("b", "2")
		is(t, "a=1")
		p.Delete("a")
	})
	t.Run("APR-4 texts", func(t *testing.T) {
		if _, ok := p.Get("k"); ok {
			t.Error("there at first")
		}
		p.Set("k", "v")
		p.Set("other", "o")
		p.Set("k", "w")
		is(t, "k=w other=o")
		p.Set("k", "")
		if v, ok := p.Get("k"); !ok || v != "" {
			t.Errorf("got %q, %v, want an empty text", v, ok)
		}
		p.Delete("k")
		p.Delete("k")
		p.Delete("other")
		is(t, "")
	})
	t.Run("APR-6 persistent", func(t *testing.T) {
		if p.Persistent() {
			t.Error("on at first")
		}
		p.SetPersistent(true)
		is(t, ".persistent=")
		p.Set(".persistent", "whatever")
		if !p.Persistent() {
			t.Error("off with a value")
		}
		p.SetPersistent(false)
		is(t, "")
	})
	t.Run("APR-7 redirect", func(t *testing.T) {
		p.SetRedirectURI("http://example.com")
		is(t, ".redirect=http://example.com")
		p.SetRedirectURI("")
		is(t, ".redirect=")
		p.Delete(".redirect")
	})
	t.Run("APR-8 dates", func(t *testing.T) {
		p.SetIssued(date("2018-03-21 00:00:00"))
		p.SetExpires(date("2018-03-19 12:34:56").Add(999 * time.Millisecond).In(time.FixedZone("", 3600)))
		is(t, ".issued=Wed, 21 Mar 2018 00:00:00 GMT .expires=Mon, 19 Mar 2018 12:34:56 GMT")
		if at, ok := p.Expires(); !ok || !at.Equal(date("2018-03-19 12:34:56")) {
			t.Errorf("Expires is %v, %v", at, ok)
		}
		p.SetIssued(time.Time{})
		p.SetExpires(time.Time{})
		is(t, "")
		if _, ok := p.Issued(); ok {
			t.Error("there after removal")
		}
	})
	t.Run("APR-9 allow refresh", func(t *testing.T) {
		if !p.AllowRefresh() {
			t.Error("not allowed at first")
		}
		p.SetAllowRefresh(true)
		is(t, ".refresh=True")
		p.SetAllowRefresh(false)
		is(t, ".refresh=False")
		if p.AllowRefresh() {
			t.Error("allowed after False")
		}
		p.Delete(".refresh")
	})
	t.Run("APR-10 a text that is no date reads as none and stays", func(t *testing.T) {
		p.Set(".issued", "BAR")
		if _, ok := p.Issued(); ok {
			t.Error("BAR is a date")
		}
		is(t, ".issued=BAR")
		p.Delete(".issued")
	})
	t.Run("APR-11 a text that is no bool reads as none and stays", func(t *testing.T) {
		for text, allowed := range map[string]bool{"BAR": true, "": true, "false": false, " FALSE\t\x00": false, "TRUE": true, "0": true, "\u3000False\u2003": false, "Fal\u017fe": true, "\u200bFalse": true} {
			p.Set(".refresh", text)
			if p.AllowRefresh() != allowed {
				t.Errorf("%q: allowed is %v, want %v", text, !allowed, allowed)
			}
		}
	})
}

func TestDates(t *testing.T) {
	read := func(s string) (time.Time, bool) {
		var p ticket.Properties
		p.Set(".expires", s)
		return p.Expires()
	}
	at := date("2023-12-28 23:59:59")
	for range 800 { // all days of two years, one of them with 366
		if got, ok := read(at.Format(http.TimeFormat)); !ok || !got.Equal(at) {
			t.Errorf("%s read as %v, %v", at.Format(http.TimeFormat), got, ok)
		}
		at = at.AddDate(0, 0, 1).Add(-29 * time.Second)
	}
	for at := date("0001-01-01 00:00:01"); at.Year() < 10000; at = at.AddDate(0, 0, 13).Add(time.Second) {
		if got, ok := read(at.Format(http.TimeFormat)); !ok || !got.Equal(at) {
			t.Fatalf("%s read as %v, %v", at.Format(http.TimeFormat), got, ok)
		}
		var p ticket.Properties
		p.SetExpires(at)
		if got, _ := p.Get(".expires"); got != at.Format(http.TimeFormat) {
			t.Fatalf("%v written as %s", at, got)
		}
	}
	for year := 1996; year <= 2104; year++ { // the days before and after each end of a month
		for month := time.January; month <= time.December; month++ {
			for day := 28; day <= 31; day++ {
				at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
				_, ok := read(fmt.Sprintf("%s, %02d %s %d 00:00:00 GMT", at.Format("Mon"), day, month.String()[:3], year))
				if want := at.Day() == day; ok != want {
					t.Errorf("%d %v %d is read: %v, want %v", day, month, year, ok, want)
				}
			}
		}
	}
	for _, s := range []string{"fri, 02 JAN 2026 03:04:05 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		if _, ok := read(s); !ok {
			t.Errorf("%q is not read", s)
		}
	}
	for _, s := range []string{
		"", "Fri, 02 Jan 2026 03:04:05", "Fri, 02 Jan 2026 03:04:05 gmt", "Fri, 02 Jan 2026 03:04:05 UTC", " Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:05 GMT ",
		"Sat, 02 Jan 2026 03:04:05 GMT", "Fri, 2 Jan 2026 03:04:05 GMT", "Fri, 02 Jän 2026 03:04:05 GMT", "Fri, 32 Jan 2026 03:04:05 GMT", "Sun, 29 Feb 2026 03:04:05 GMT", "Thu, 00 Jan 2026 03:04:05 GMT",
		"Fri, 02 Jan 2026 24:00:00 GMT", "Fri, 02 Jan 2026 03:60:05 GMT", "Fri, 02 Jan 2026 03:04:60 GMT", "Fri, 02 Jan +026 03:04:05 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "Fri; 02 Jan 2026 03:04:05 GMT", "2026-01-02T03:04:05Z         ",
	} {
		if got, ok := read(s); ok {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	var p ticket.Properties
	p.SetExpires(time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := keys(p); got != ".expires=Fri, 31 Dec 9999 23:59:59 GMT" {
		t.Errorf("a date that .NET does not have is written as %s", got)
	}
}

func TestPropertiesStopEarly(t *testing.T) {
	var p ticket.Properties
	p.Set("a", "1")
	p.Set("b", "2")
	var seen []string
	for key := range p.All() {
		seen = append(seen, key)
		break
	}
	if !slices.Equal(seen, []string{"a"}) || p.Len() != 2 {
		t.Errorf("saw %v of %d", seen, p.Len())
	}
}
