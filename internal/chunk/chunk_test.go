package chunk_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/chunk"
	"github.com/sealring/sealring/internal/cookie"
	"github.com/sealring/sealring/internal/setcookie"
)

const (
	alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	seven    = "TestCookie=chunks-7; TestCookieC1=abcdefghi; TestCookieC2=jklmnopqr; TestCookieC3=stuvwxyz0; TestCookieC4=123456789; TestCookieC5=ABCDEFGHI; TestCookieC6=JKLMNOPQR; TestCookieC7=STUVWXYZ"
	gone     = "; expires=Thu, 01 Jan 1970 00:00:00 GMT"
)

func request(line string) cookie.Header {
	return cookie.Of(&http.Request{Header: http.Header{"Cookie": {line}}}, false)
}

func none() cookie.Header { return cookie.Of(&http.Request{}, false) }

func write(t *testing.T, req cookie.Header, value string, a setcookie.Attributes, size int) []string {
	t.Helper()
	h := http.Header{}
	if err := chunk.Write(h, req, "TestCookie", []byte(value), &a, size); err != nil {
		t.Fatal(err)
	}
	return h["Set-Cookie"]
}

func is(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWrite(t *testing.T) {
	root := setcookie.Attributes{Path: "/"}
	t.Run("CHK-1 no size", func(t *testing.T) {
		is(t, write(t, none(), alphabet, root, 0), "TestCookie="+alphabet+"; path=/")
	})
	t.Run("CHK-2 all attributes", func(t *testing.T) {
		a := setcookie.Attributes{Domain: "foo.com", HTTPOnly: true, SameSite: http.SameSiteStrictMode, Path: "/bar", Secure: true, Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), MaxAge: 5 * time.Minute}
		is(t, write(t, none(), alphabet, a, 0), "TestCookie="+alphabet+"; expires=Fri, 02 Jan 2026 03:04:05 GMT; max-age=300; domain=foo.com; path=/bar; secure; samesite=strict; httponly")
	})
	t.Run("CHK-3 three parts", func(t *testing.T) {
		is(t, write(t, none(), alphabet, root, 44), "TestCookie=chunks-3; path=/", "TestCookieC1="+alphabet[:22]+"; path=/", "TestCookieC2="+alphabet[22:44]+"; path=/", "TestCookieC3="+alphabet[44:]+"; path=/")
	})
	t.Run("CHK-4 extensions count", func(t *testing.T) {
		a := setcookie.Attributes{Path: "/", Extensions: []string{"simple", "key=value"}}
		const end = "; path=/; simple; key=value"
		is(t, write(t, none(), alphabet, a, 63), "TestCookie=chunks-3"+end, "TestCookieC1="+alphabet[:22]+end, "TestCookieC2="+alphabet[22:44]+end, "TestCookieC3="+alphabet[44:]+end)
	})
	t.Run("CHK-5 from seven parts to one line", func(t *testing.T) {
		var want []string
		for _, i := range "1234567" {
			want = append(want, "TestCookieC"+string(i)+"="+gone+"; path=/")
		}
		is(t, write(t, request(seven), "ShortValue", root, 31), append(want, "TestCookie=ShortValue; path=/")...)
	})
	t.Run("CHK-6 from seven parts to two", func(t *testing.T) {
		var want []string
		for _, i := range "34567" {
			want = append(want, "TestCookieC"+string(i)+"="+gone+"; path=/")
		}
		is(t, write(t, request(seven), "abcdefghijklmnopqr", root, 31), append(want, "TestCookie=chunks-2; path=/", "TestCookieC1=abcdefghi; path=/", "TestCookieC2=jklmnopqr; path=/")...)
	})
	t.Run("a gap hides the later parts", func(t *testing.T) {
		is(t, write(t, request("TestCookie=chunks-3; TestCookieC1=a; TestCookieC3=c"), "v", root, 0), "TestCookieC1="+gone+"; path=/", "TestCookie=v; path=/")
	})
	t.Run("the last that fits and the first that does not", func(t *testing.T) {
		a := setcookie.Attributes{Path: "/", Secure: true, SameSite: http.SameSiteLaxMode, HTTPOnly: true}
		for _, c := range []struct{ size, lines int }{{3989, 1}, {3990, 3}, {7974, 3}, {7975, 4}} {
			h := http.Header{}
			if err := chunk.Write(h, none(), ".AspNetCore.Cookies", make([]byte, c.size), &a, chunk.DefaultSize); err != nil || len(h["Set-Cookie"]) != c.lines {
				t.Errorf("%d characters: %d lines, %v, want %d", c.size, len(h["Set-Cookie"]), err, c.lines)
			}
		}
	})
	t.Run("no room", func(t *testing.T) {
		h := http.Header{}
		if err := chunk.Write(h, none(), "TestCookie", []byte(alphabet), &root, 28); !errors.Is(err, chunk.ErrNoRoom) || len(h) > 0 {
			t.Errorf("got %v, %v", err, h)
		}
	})
	t.Run("more parts than are read", func(t *testing.T) {
		h := http.Header{}
		size, most := len("TestCookie=; path=/")+10, 7*chunk.MaxParts
		if err := chunk.Write(h, none(), "TestCookie", make([]byte, most+1), &root, size); !errors.Is(err, chunk.ErrNoRoom) || len(h) > 0 {
			t.Errorf("got %v, %d lines", err, len(h["Set-Cookie"]))
		}
		if got := len(write(t, none(), strings.Repeat("x", most), root, size)); got != 1+chunk.MaxParts {
			t.Errorf("%d lines", got)
		}
	})
}

func TestDelete(t *testing.T) {
	a := setcookie.Attributes{Domain: "foo.com", Path: "/", Secure: true, Extensions: []string{"extension"}}
	const end = gone + "; domain=foo.com; path=/; secure; extension"
	lines := func(n int) []string {
		all := []string{"TestCookie=" + end}
		for _, i := range "1234567"[:n] {
			all = append(all, "TestCookieC"+string(i)+"="+end)
		}
		return all
	}
	for _, c := range []struct {
		name, cookies string
		waiting       []string
		want          int
	}{
		{"CHK-10 seven parts", seven, nil, 7},
		{"CHK-11 two of seven parts", "TestCookie=chunks-7; TestCookieC1=a; TestCookieC2=b", nil, 2},
		{"CHK-12 a gap at the third", strings.Replace(seven, "TestCookieC3", "x", 1), nil, 2},
		{"CHK-13 waiting lines are replaced", seven, []string{"TestCookie=chunks-7; domain=foo.com; path=/", "TestCookieC1=v; domain=foo.com; path=/", "TestCookieC7=v; domain=foo.com; path=/"}, 7},
		{"no cookie", "other=1", nil, 0},
		{"a number that no header holds", "TestCookie=chunks-2147483647; TestCookieC1=a", nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Set-Cookie": c.waiting}
			chunk.Delete(h, request(c.cookies), "TestCookie", &a)
			is(t, h["Set-Cookie"], lines(c.want)...)
		})
	}
}

func TestForget(t *testing.T) {
	h := http.Header{"Set-Cookie": {"TestCookie=1", "TestCookieC1=1", "TestCookieC12=1", "TestCookieC=1", "TestCookieCx=1", "TestCookie2=1", "Other=1"}}
	chunk.Forget(h, "TestCookie")
	is(t, h["Set-Cookie"], "TestCookieC=1", "TestCookieCx=1", "TestCookie2=1", "Other=1")
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		name, cookies string
		first         bool
		want          string
		err           error
	}{
		{"CHK-7 seven parts", seven, false, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", nil},
		{"CHK-9 a missing part", strings.Replace(seven, "TestCookieC5", "x", 1), false, "", chunk.ErrIncomplete},
		{"one cookie", "TestCookie=v", false, "v", nil},
		{"leading zeros", "TestCookie=chunks-001; TestCookieC1=v", false, "v", nil},
		{"chunks-0 is a value", "TestCookie=chunks-0", false, "chunks-0", nil},
		{"a sign is no number", "TestCookie=chunks-+1; TestCookieC1=v", false, "chunks-+1", nil},
		{"upper case is a value", "TestCookie=CHUNKS-1; TestCookieC1=v", false, "CHUNKS-1", nil},
		{"more than 31 bits is a value", "TestCookie=chunks-2147483648", false, "chunks-2147483648", nil},
		{"more parts than are read", "TestCookie=chunks-1025", false, "", chunk.ErrTooLarge},
		{"more bytes than are read", "TestCookie=" + strings.Repeat("x", 101), false, "", chunk.ErrTooLarge},
		{"more bytes than are read, in parts", "TestCookie=chunks-2; TestCookieC1=" + strings.Repeat("x", 51) + "; TestCookieC2=" + strings.Repeat("x", 50), false, "", chunk.ErrTooLarge},
		{"parts twice, the last count", "TestCookie=chunks-1; TestCookieC1=a; TestCookieC1=b", false, "b", nil},
		{"parts twice, the first count", "TestCookie=chunks-1; TestCookieC1=a; TestCookieC1=b", true, "a", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := request(c.cookies)
			got, err := chunk.Value(h, "TestCookie", h.Last("TestCookie"), c.first, 100)
			if !errors.Is(err, c.err) || err == nil && got != c.want {
				t.Errorf("got %q, %v, want %q, %v", got, err, c.want, c.err)
			}
		})
	}
}
