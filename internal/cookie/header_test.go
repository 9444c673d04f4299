package cookie_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/cookie"
)

func header(fold bool, lines ...string) cookie.Header {
	return cookie.Of(&http.Request{Header: http.Header{"Cookie": lines}}, fold)
}

func TestLast(t *testing.T) {
	for _, c := range []struct {
		name  string
		line  string
		fold  bool
		want  string
		count int
	}{
		{"one", "a=1", false, "1", 1},
		{"among others", "x=1; a=2; y=3", false, "2", 1},
		{"no space between", "x=1;a=2;y=3", false, "2", 1},
		{"spaces and tabs around", " \t a=1 \t ; b=2", false, "1", 1},
		{"empty pieces", ";; ;a=1;;", false, "1", 1},
		{"the last counts", "a=1; b=x; a=2", false, "2", 2},
		{"another name that begins alike", "aa=1; a1=2", false, "", 0},
		{"another case", "A=1", false, "", 0},
		{"another case, folded", "A=1", true, "1", 1},
		{"empty is absent and displaces nothing", "a=1; a=", false, "1", 1},
		{"spaces around the equals sign", "a = 1; b=2", false, "", 0},
		{"a space in the value", "a=x y; b=2", false, "", 0},
		{"a comma does not separate", "a=1, b=2", false, "", 0},
		{"a backslash", `a=1\2`, false, "", 0},
		{"a control character", "a=1\x012", false, "", 0},
		{"not ASCII", "a=ü", false, "", 0},
		{"quotes stay", `a="1"`, false, `"1"`, 1},
		{"empty quotes are two characters", `a=""`, false, `""`, 1},
		{"a quote not closed", `a="1`, false, "", 0},
		{"a lone quote", `a="`, false, "", 0},
		{"a quote in the middle", `a=1"2`, false, "", 0},
		{"a semicolon in quotes separates", `a="1;2"`, false, "", 0},
		{"percent-encoded", "a=%C3%BC%2b+", false, "ü++", 1},
		{"wrongly percent-encoded", "a=%C3%B", false, "%C3%B", 1},
		{"no equals sign", "a; b", false, "", 0},
		{"equals signs in the value", "a=b=c=", false, "b=c=", 1},
		{"nothing", "", false, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := header(c.fold, c.line)
			if got, count := h.Last("a"), len(h.All("a", 9)); got != c.want || count != c.count {
				t.Errorf("%q: got %q, %d times, want %q, %d times", c.line, got, count, c.want, c.count)
			}
			if raw, count := h.Find("a"); count < c.count || count == 1 && c.count == 1 && !strings.Contains(c.want, raw) && !strings.Contains(raw, "%") {
				t.Errorf("%q: Find returns %q, %d times", c.line, raw, count)
			}
		})
	}
	t.Run("several lines are one list", func(t *testing.T) {
		h := header(false, "a=1; b=2", "a=3")
		if got := h.Last("a"); got != "3" {
			t.Errorf("got %q", got)
		}
		if raw, count := h.Find("a"); raw != "3" || count != 2 {
			t.Errorf("Find returns %q, %d times", raw, count)
		}
		if got := h.All("a", 9); !slices.Equal(got, []string{"1", "3"}) {
			t.Errorf("All is %q", got)
		}
		if got := h.All("a", 1); !slices.Equal(got, []string{"3"}) {
			t.Errorf("at most one: %q", got)
		}
	})
}

func TestNumbered(t *testing.T) {
	for _, c := range []struct {
		name, line string
		first      bool
		want       string
	}{
		{"in any order", "aC2=y; aC1=x; aC3=z", false, "x y z"},
		{"beyond what is asked for", "aC1=x; aC4=w; aC99999999999=v", false, "x  "},
		{"no number", "aC=x; aCC1=y; aC1x=z; aC-1=w; aC+1=v; a=u", false, "  "},
		{"leading zeros and zero", "aC01=x; aC0=y; aC00=z", false, "  "},
		{"the last counts", "aC1=x; aC1=y", false, "y  "},
		{"the first counts", "aC1=x; aC1=y", true, "x  "},
		{"empty and malformed ones are absent", "aC1=; aC2=x y; aC3 =z", false, "  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			into := make([]string, 3)
			header(false, c.line).Numbered("aC", into, c.first)
			if got := strings.Join(into, " "); got != c.want {
				t.Errorf("%q: got %q, want %q", c.line, got, c.want)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	for digits, want := range map[string]int{"0": 0, "1": 1, "007": 7, "2147483647": 2147483647, "": -1, "2147483648": -1, "99999999999999999999": -1, "-1": -1, "+1": -1, " 1": -1, "1 ": -1, "٣": -1} {
		got, ok := cookie.Number(digits)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("Number(%q) = %d, %v, want %d", digits, got, ok, want)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	h := header(false, "theme=dark; lang=en; "+"session="+strings.Repeat("x", 700)+"; a=b")
	b.ReportAllocs()
	for b.Loop() {
		h.Find("session")
	}
}
