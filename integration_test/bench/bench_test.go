package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// TestShortRun checks all contenders, lets each have a few short turns and looks
// at the tables.
func TestShortRun(t *testing.T) {
	works, err := newWorks()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range works {
		t.Run(w.name, func(t *testing.T) {
			results, err := measure(w.contenders, 3, time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			var table strings.Builder
			if err := printTable(&table, w.name, results); err != nil {
				t.Fatal(err)
			}
			for _, c := range w.contenders {
				if !strings.Contains(table.String(), "| "+c.name+" ") {
					t.Errorf("no line for %s in\n%s", c.name, &table)
				}
			}
			if results[0].ratio != 1 || results[0].wall <= 0 {
				t.Errorf("the floor is %+v, want the ratio 1 and some time", results[0])
			}
		})
	}
}

// TestFloorIsReal keeps the floor honest: Sealring takes what it makes, and it
// finds the user in what Sealring makes.
func TestFloorIsReal(t *testing.T) {
	for _, a := range []dataprotection.Algorithm{dataprotection.AES256CBC, dataprotection.AES256GCM} {
		t.Run(a.String(), func(t *testing.T) {
			ring, key, err := newRing(a)
			if err != nil {
				t.Fatal(err)
			}
			gcm := a == dataprotection.AES256GCM
			var seen string
			p := func(id string) { seen = id }
			floor, err := newFloorLogin(key, gcm, p)
			if err != nil {
				t.Fatal(err)
			}
			sealring, err := newSealringLogin(ring, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range []struct {
				name         string
				maker, taker login
			}{{"made by the floor", floor, sealring}, {"made by Sealring", sealring, floor}} {
				w := newWriter()
				pair.maker.signIn(w, newRequest(otherCookies))
				cookie, _, _ := strings.Cut(w.header.Get("Set-Cookie"), ";")
				pair.taker.serve(newWriter(), newRequest(cookie))
				if seen != alice.ID {
					t.Errorf("%s: signed in as %q, want %q", pair.name, seen, alice.ID)
				}
			}
			text, err := newFloorText(key, gcm)
			if err != nil {
				t.Fatal(err)
			}
			ours := sealringText{ring.Protector(textPurpose)}
			if got := ours.open(text.seal(sampleText)); got != sampleText {
				t.Errorf("Sealring opens the floor's text as %q", got)
			}
			if got := text.open(ours.seal(sampleText)); got != sampleText {
				t.Errorf("the floor opens Sealring's text as %q", got)
			}
		})
	}
}

// plainLogin writes the id into the cookie, and believes what it reads.
type plainLogin struct {
	page  page
	lines []string
}

func (l plainLogin) signIn(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Set-Cookie"] = l.lines
}

func (l plainLogin) serve(_ http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie("id"); err == nil && strings.HasPrefix(c.Value, alice.ID) {
		l.page(alice.ID)
		return
	}
	l.page("")
}

// silentLogin forgets the page.
type silentLogin struct{ plainLogin }

func (silentLogin) serve(http.ResponseWriter, *http.Request) {}

func TestCheckLoginFinds(t *testing.T) {
	var seen string
	p := func(id string) { seen = id }
	plain := func(lines ...string) login { return plainLogin{p, lines} }
	for _, tt := range []struct {
		name, want string
		login      login
	}{
		{"no cookie", "set 0 cookies", plain()},
		{"two cookies", "set 2 cookies", plain("id=42; secure", "id=43; secure")},
		{"not for HTTPS alone", "not Secure", plain("id=42")},
		{"other user", `signed in as "", want "42"`, plain("id=43; secure")},
		{"page not called", `signed in as "page not called"`, silentLogin{plainLogin{p, []string{"id=42; secure"}}}},
		{"changes are not noticed", "damaged cookie", plain("id=42-and-some-more; secure")},
		{"any key will do", "other keys", plain("id=42; secure")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkLogin(tt.login, plain(), &seen)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("checkLogin = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// funcSealer is a sealer of two functions.
type funcSealer struct{ do, undo func(string) string }

func (f funcSealer) seal(text string) string   { return f.do(text) }
func (f funcSealer) open(sealed string) string { return f.undo(sealed) }

func TestCheckSealerFinds(t *testing.T) {
	n := 0
	counted := func(rest string) string { n++; return strings.Repeat("x", n) + rest }
	made := map[string]bool{}
	remembered := func(string) string { s := counted("-sealed"); made[s] = true; return s }
	known := func(sealed string) string {
		if made[sealed] {
			return sampleText
		}
		return ""
	}
	for _, tt := range []struct {
		name, want string
		sealer     funcSealer
	}{
		{"nothing", "nothing, or the same", funcSealer{func(string) string { return "" }, nil}},
		{"always the same", "the same twice", funcSealer{func(string) string { return "sealed" }, nil}},
		{"in clear", "not encrypted", funcSealer{func(s string) string { return counted(s) }, nil}},
		{"another text", "something else", funcSealer{func(string) string { return counted("-sealed") }, func(string) string { return "" }}},
		{"changes are not noticed", "damaged", funcSealer{func(string) string { return counted("-sealed") }, func(string) string { return sampleText }}},
		{"any key will do", "other keys", funcSealer{remembered, known}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkSealer(tt.sealer, tt.sealer)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("checkSealer = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// bluntGuard goes by what its functions say.
type bluntGuard struct {
	next   http.Handler
	passes func(*http.Request) bool
	text   string
}

func (g bluntGuard) token(http.ResponseWriter, *http.Request) string { return g.text }

func (g bluntGuard) serve(w http.ResponseWriter, r *http.Request) {
	if g.passes(r) {
		g.next.ServeHTTP(w, r)
	}
}

func TestCheckGuardFinds(t *testing.T) {
	const header = "X-Token"
	isGet := func(r *http.Request) bool { return r.Method == "GET" }
	for _, tt := range []struct {
		name, want, header, text string
		passes                   func(*http.Request) bool
	}{
		{"nobody passes", "refused a GET", header, "token", func(*http.Request) bool { return false }},
		{"no form passes", "refused a POST with its token", header, "token", isGet},
		{"no token", "or made none", header, "", func(*http.Request) bool { return true }},
		{"everybody passes", "without a token", header, "token", func(*http.Request) bool { return true }},
		{"any token will do", "without a token, or with a stranger's", header, "token", func(r *http.Request) bool { return isGet(r) || r.Header.Get(header) != "" }},
		{"no word will do", "its own page", "", "", isGet},
		{"any word will do", "from elsewhere", "", "", func(*http.Request) bool { return true }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := newSite(namedGuard{"g", tt.header, func(next http.Handler) (guard, error) {
				return bluntGuard{next, tt.passes, tt.text}, nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			stranger := &site{text: "stranger"}
			if err := s.check(stranger); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("check = %v, want an error with %q", err, tt.want)
			}
		})
	}
	t.Run("damage is not noticed", func(t *testing.T) {
		s, err := newSite(namedGuard{"g", header, func(next http.Handler) (guard, error) {
			return bluntGuard{next, func(r *http.Request) bool { return isGet(r) || strings.HasPrefix(r.Header.Get(header), "to") }, "token-token"}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.check(&site{text: "stranger"}); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("check = %v, want that damage is accepted", err)
		}
	})
}

func TestMeasure(t *testing.T) {
	t.Run("a failure ends it", func(t *testing.T) {
		_, err := measure([]contender{{name: "lazy", do: func() bool { return false }}}, 1, time.Millisecond)
		if err == nil || !strings.HasPrefix(err.Error(), "lazy failed ") {
			t.Errorf("measure = %v, want that lazy failed", err)
		}
	})
	t.Run("ready comes before each turn", func(t *testing.T) {
		var room []byte
		c := contender{name: "c", ready: func() { room = make([]byte, 1) }, do: func() bool { return len(room) == 1 }}
		if _, err := measure([]contender{c}, 1, time.Millisecond); err != nil {
			t.Error(err)
		}
	})
	t.Run("allocations", func(t *testing.T) {
		var sink []byte
		c := contender{do: func() bool { sink = make([]byte, 64); return sink != nil }}
		if bytes, count := c.allocations(); bytes != 64 || count != 1 {
			t.Errorf("%d bytes in %d allocations, want 64 in 1", bytes, count)
		}
	})
	t.Run("median and spread", func(t *testing.T) {
		var r result
		r.summarize([]sample{{10, 30}, {20, 20}, {90, 40}}, []sample{{1, 10}, {1, 10}, {1, 10}})
		if r.wall != 20 || r.cpu != 30 || r.ratio != 3 || r.spread != 0.5/3 {
			t.Errorf("got %+v, want wall 20, cpu 30, ratio 3, spread 0.17", r)
		}
	})
}
