package setcookie_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/setcookie"
)

func TestLine(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("", 3600))
	for _, c := range []struct {
		name string
		a    setcookie.Attributes
		want string
	}{
		{"nothing", setcookie.Attributes{}, "n=v"},
		{"default", setcookie.Attributes{Path: "/", Secure: true, SameSite: http.SameSiteLaxMode, HTTPOnly: true}, "n=v; path=/; secure; samesite=lax; httponly"},
		{"CHK-2 all, in this order", setcookie.Attributes{Expires: at, MaxAge: 5 * time.Minute, Domain: "foo.com", Path: "/bar", Secure: true, SameSite: http.SameSiteStrictMode, HTTPOnly: true}, "n=v; expires=Fri, 02 Jan 2026 02:04:05 GMT; max-age=300; domain=foo.com; path=/bar; secure; samesite=strict; httponly"},
		{"max-age is whole seconds", setcookie.Attributes{MaxAge: 1999 * time.Millisecond}, "n=v; max-age=1"},
		{"no SameSite where unspecified", setcookie.Attributes{SameSite: http.SameSiteDefaultMode}, "n=v"},
		{"none, and extensions", setcookie.Attributes{SameSite: http.SameSiteNoneMode, Extensions: []string{"partitioned", "k=v"}}, "n=v; samesite=none; partitioned; k=v"},
		{"expired", setcookie.Attributes{Expires: at, MaxAge: time.Hour, Path: "/"}.Expired(), "n=v; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/"},
	} {
		if got := string(c.a.AppendTo([]byte("n=v"))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDelete(t *testing.T) {
	const gone = "; expires=Thu, 01 Jan 1970 00:00:00 GMT"
	for _, c := range []struct {
		name    string
		waiting []string
		a       setcookie.Attributes
		want    []string
	}{
		{"nothing waits", nil, setcookie.Attributes{Path: "/"}, []string{"a=" + gone + "; path=/"}},
		{"waiting line of the path", []string{"a=1; path=/", "b=1; path=/"}, setcookie.Attributes{Path: "/"}, []string{"b=1; path=/", "a=" + gone + "; path=/"}},
		{"in another case", []string{"A=1; Path=/X"}, setcookie.Attributes{Path: "/x"}, []string{"a=" + gone + "; path=/x"}},
		{"of another path", []string{"a=1; path=/y"}, setcookie.Attributes{Path: "/x"}, []string{"a=1; path=/y", "a=" + gone + "; path=/x"}},
		{"the domain decides where set", []string{"a=1; domain=d; path=/y", "a=1; path=/x"}, setcookie.Attributes{Path: "/x", Domain: "d"}, []string{"a=1; path=/x", "a=" + gone + "; domain=d; path=/x"}},
		{"of a longer name", []string{"aa=1; path=/"}, setcookie.Attributes{Path: "/"}, []string{"aa=1; path=/", "a=" + gone + "; path=/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{"Set-Cookie": c.waiting}
			before := slices.Clone(c.waiting)
			setcookie.Delete(h, "a", &c.a)
			if got := h["Set-Cookie"]; !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !slices.Equal(c.waiting, before) {
				t.Error("a slice that may be shared was changed")
			}
		})
	}
}

func TestRemoveLast(t *testing.T) {
	h := http.Header{"Set-Cookie": {"a=1"}}
	setcookie.Remove(h, func(line string) bool { return setcookie.Sets(line, "A") })
	if _, ok := h["Set-Cookie"]; ok {
		t.Errorf("an empty header is left: %v", h)
	}
}
