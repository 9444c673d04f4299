package cookieauth_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
)

// TestNewPassword signs in anew and ends the others, in either order.
func TestNewPassword(t *testing.T) {
	eachMode(t, cookieauth.Config{}, func(t *testing.T, s *site) {
		if strings.HasSuffix(t.Name(), "/cookie") {
			t.Skip("nothing can be ended")
		}
		others := func(w http.ResponseWriter, r *http.Request) { s.check(s.auth.EndOtherSessions(r)) }
		for name, steps := range map[string][]http.HandlerFunc{
			"signed in first": {s.do["/in"], others},
			"ended first":     {others, s.do["/in"]},
			"signed in twice": {s.do["/in"], s.do["/in"], others},
		} {
			s.jar = map[string]string{}
			s.get("/in")
			stolen := s.jar["__Host-sealring"]
			s.do["/password"] = func(w http.ResponseWriter, r *http.Request) {
				for _, step := range steps {
					step(w, r)
				}
			}
			s.get("/password")
			if a := s.get("/who"); a.body != "Alice" {
				t.Errorf("%s: afterwards the user is %q", name, a.body)
			}
			if got := s.visit("__Host-sealring=" + stolen); got != "" {
				t.Errorf("%s: the old session is %q", name, got)
			}
		}
	})
}

// TestUserWhomNoCutoffCanName could never be signed out everywhere.
func TestUserWhomNoCutoffCanName(t *testing.T) {
	c := openCutoffs(t, cookieauth.CutoffsConfig{Store: newMemory(), Now: func() time.Time { return start }})
	s := newSite(t, cookieauth.Config{Cutoffs: c})
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	https(r)
	var wrong *cookieauth.ClaimError
	if err := s.auth.SignIn(w, r, claims.New(strings.Repeat("x", 513)), nil); !errors.As(err, &wrong) || len(w.Header()) > 0 {
		t.Errorf("got %v, header %v", err, w.Header())
	}
}

// TestSignOutAmongPlantedCookies ends the session of the cookie that counts, however
// many others there are.
func TestSignOutAmongPlantedCookies(t *testing.T) {
	for name, profile := range map[string]cookieauth.Profile{"__Host-sealring": cookieauth.Safest, ".AspNetCore.Cookies": cookieauth.ASPNETCore} {
		c := openCutoffs(t, cookieauth.CutoffsConfig{Store: newMemory(), Now: func() time.Time { return start }})
		s := newSite(t, cookieauth.Config{Profile: profile, Cutoffs: c})
		s.get("/in")
		good := name + "=" + s.jar[name]
		s.jar = map[string]string{}
		crowd := strings.Repeat(name+"=x; ", 9) + good
		if got := s.visit(crowd); got != "Alice" {
			t.Errorf("%s: the user is %q", name, got)
		}
		s.head = func(r *http.Request) { r.Header.Set("Cookie", crowd) }
		s.get("/out")
		if got := s.visit(good); got != "" {
			t.Errorf("%s: after the sign-out the user is %q", name, got)
		}
	}
}

// TestStoredTicketWithoutEnd: the reference bears such, so the store must keep it.
func TestStoredTicketWithoutEnd(t *testing.T) {
	cfg := cookieauth.Config{Profile: cookieauth.ASPNETCore}
	cfg.Events.SigningIn = func(c *cookieauth.SigningInContext) error { c.Properties.SetExpires(time.Time{}); return nil }
	s, m := storedSite(t, cfg)
	s.get("/in")
	s.at(1e6)
	s.who("Alice", false)
	if one := m.sessions[m.ids()[0]]; one.Expires.Year() != 9999 {
		t.Errorf("the store may forget it at %v", one.Expires)
	}
	if list, err := s.auth.SessionsOf(t.Context(), "1"); len(list) != 1 || err != nil {
		t.Errorf("the list is %v, %v", list, err)
	}
}

// TestSessionsOfOneAnswer: of the sessions that one answer begins only the last is
// left, and none that nobody gets the cookie of, whether the request came with a cookie,
// without, or past Handler.
func TestSessionsOfOneAnswer(t *testing.T) {
	const good, bad = "a good cookie", "a bad cookie"
	for _, tt := range []struct {
		cookie string
		past   bool
		size   int // of a line
	}{
		{"", false, 0}, {good, false, 0}, {bad, false, 0}, {"", true, 0}, {good, true, 0}, {"", false, 250}, {good, true, 250},
	} {
		for name, profile := range map[string]cookieauth.Profile{"__Host-sealring": cookieauth.Safest, ".AspNetCore.Cookies": cookieauth.ASPNETCore} {
			for _, steps := range []string{"/in", "/in /in", "/in /in /in", "/in /out", "/in /in /out", "/in /out /in", "/in /out /in /out"} {
				s, m := storedSite(t, cookieauth.Config{Profile: profile, ChunkSize: tt.size})
				switch tt.cookie {
				case good:
					s.get("/in")
				case bad:
					s.jar[name] = bad
				}
				s.do["/all"] = func(w http.ResponseWriter, r *http.Request) {
					if tt.past {
						r = r.WithContext(t.Context()) // which Handler has not been at
					}
					for step := range strings.FieldsSeq(steps) {
						s.do[step](w, r)
					}
				}
				s.get("/all")
				left, want := m.ids(), ""
				if strings.HasSuffix(steps, "/in") {
					want = "Alice"
				}
				if got := s.get("/who").body; got != want || (len(left) == 1) != (want != "") || len(left) > 1 {
					t.Errorf("%s with %q, past Handler %v, lines of %d, %s: the user is %q, want %q, and the store has the sessions %q", name, tt.cookie, tt.past, tt.size, steps, got, want, left)
				}
			}
		}
	}
}

// TestSessionOfThisAnswerCannotBeEnded: then the next sign-in has not happened.
func TestSessionOfThisAnswerCannotBeEnded(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{})
	s.do["/all"] = func(w http.ResponseWriter, r *http.Request) {
		s.do["/in"](w, r)
		before := strings.Join(w.Header()["Set-Cookie"], "\n")
		m.down.Store(true)
		if err := s.auth.SignIn(w, r, claims.New("1"), nil); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("sign in: got %v", err)
		}
		if err := s.auth.SignOut(w, r); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("sign out: got %v", err)
		}
		m.down.Store(false)
		if after := strings.Join(w.Header()["Set-Cookie"], "\n"); after != before {
			t.Errorf("the header has changed to %q", after)
		}
	}
	s.get("/all")
	s.who("Alice", false)
}

// TestEndedAtTheSecondTry: what an answer has begun is ended however many tries it
// takes, and not with a session that came before it.
func TestEndedAtTheSecondTry(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{})
	s.get("/in")
	s.do["/all"] = func(w http.ResponseWriter, r *http.Request) {
		s.do["/in"](w, r)
		m.down.Store(true)
		if err := s.auth.SignOut(w, r); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("sign out: got %v", err)
		}
		if err := s.auth.SignIn(w, r, claims.New("1"), nil); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("sign in: got %v", err)
		}
		m.down.Store(false)
		s.do["/out"](w, r)
	}
	s.get("/all")
	if left := m.ids(); len(left) > 0 {
		t.Errorf("the store has the sessions %q", left)
	}
}

// TestEndedByCutoffs: with both, a session has ended when its cut-off is stored, and a
// sign-in or sign-out has happened.
func TestEndedByCutoffs(t *testing.T) {
	m := newMemory()
	c := openCutoffs(t, cookieauth.CutoffsConfig{Store: m, Now: func() time.Time { return start }})
	s := newSite(t, cookieauth.Config{TicketStore: &noEnds{m, true}, Cutoffs: c})
	s.get("/in")
	for _, step := range []string{"/in", "/out"} {
		before := maps.Clone(s.jar)
		s.get(step) // which checks that there is no error
		after := s.jar
		s.jar = before
		s.who("", false)
		s.jar = after
		s.who(map[string]string{"/in": "Alice"}[step], false)
	}
}

func TestEndingTheOldSession(t *testing.T) {
	s, m := storedSite(t, cookieauth.Config{})
	s.get("/in")
	s.do["/all"] = func(w http.ResponseWriter, r *http.Request) {
		old := s.auth.SessionID(r)
		s.do["/in"](w, r)
		s.check(s.auth.EndSession(r, old))
	}
	s.get("/all")
	if left := m.ids(); len(left) != 1 {
		t.Errorf("the store has the sessions %q", left)
	}
	s.who("Alice", false)
}
