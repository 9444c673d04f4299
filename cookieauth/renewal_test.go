package cookieauth_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
)

// tenMinutes is a site whose tickets live ten minutes.
func tenMinutes(t *testing.T, sliding bool, validate func(*cookieauth.ValidateContext) error) *site {
	t.Helper()
	cfg := cookieauth.Config{Profile: cookieauth.ASPNETCore, Lifetime: 10 * time.Minute, NoSliding: !sliding}
	cfg.Events.Validate = validate
	s := newSite(t, cfg)
	s.get("/in")
	return s
}

func renew(c *cookieauth.ValidateContext) error { c.Renew = true; return nil }

func TestExpiry(t *testing.T) {
	t.Run("COK-17 not sliding", func(t *testing.T) {
		s := tenMinutes(t, false, nil)
		s.at(7)
		s.who("Alice", false)
		s.at(14)
		s.who("", false)
	})
	t.Run("COK-18 expiry given at sign-in", func(t *testing.T) {
		s := tenMinutes(t, false, nil)
		s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Expires: start.Add(5 * time.Minute)})
		s.get("/in")
		s.at(3)
		s.who("Alice", false)
		s.at(6)
		s.who("", false)
	})
	t.Run("COK-19 what has expired stays expired", func(t *testing.T) {
		s := tenMinutes(t, false, renew)
		s.at(11)
		s.who("", false)
	})
	t.Run("the last second", func(t *testing.T) {
		s := tenMinutes(t, false, nil)
		s.now = start.Truncate(time.Second).Add(10 * time.Minute)
		s.who("Alice", false)
		s.now = s.now.Add(1)
		s.who("", false)
	})
}

func TestSliding(t *testing.T) {
	t.Run("COK-31 past the half", func(t *testing.T) {
		s := tenMinutes(t, true, nil)
		s.who("Alice", false)
		s.at(4)
		s.who("Alice", false)
		s.at(8)
		s.who("Alice", true)
		s.at(12)
		s.who("Alice", false)
	})
	t.Run("exactly half is not past it", func(t *testing.T) {
		s := tenMinutes(t, true, nil)
		s.now = start.Truncate(time.Second).Add(5 * time.Minute)
		s.who("Alice", false)
		s.now = s.now.Add(1)
		s.who("Alice", true)
	})
	t.Run("a life of thousands of years", func(t *testing.T) {
		s := tenMinutes(t, true, nil)
		s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Expires: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)})
		s.get("/in")
		s.at(60 * 24 * 365 * 100)
		s.who("Alice", false)
	})
	t.Run("COK-33 the event decides", func(t *testing.T) {
		var seen []bool
		var answer *bool
		cfg := cookieauth.Config{Lifetime: 10 * time.Minute}
		cfg.Events.CheckSliding = func(c *cookieauth.SlidingContext) {
			seen = append(seen, c.Renew)
			if c.Elapsed+c.Remaining != 10*time.Minute || c.Principal.Name() != "Alice" {
				t.Errorf("elapsed %v, remaining %v, %v", c.Elapsed, c.Remaining, c.Principal)
			}
			if answer != nil {
				c.Renew = *answer
			}
		}
		s := newSite(t, cfg)
		s.get("/in")
		yes, no := true, false
		s.who("Alice", false)
		s.at(4)
		s.who("Alice", false)
		s.at(8)
		answer = &no
		s.who("Alice", false)
		answer = nil
		s.who("Alice", true)
		answer = &yes
		s.who("Alice", true)
		if got := fmt.Sprint(seen); got != "[false false true true false]" {
			t.Errorf("the event saw %s", got)
		}
	})
	t.Run("a renewal never shortens a life", func(t *testing.T) {
		cfg := cookieauth.Config{Lifetime: time.Hour}
		cfg.Events.CheckSliding = func(c *cookieauth.SlidingContext) { c.Renew = true }
		s := newSite(t, cfg)
		s.at(10) // by a clock that is ahead
		s.get("/in")
		s.at(0)
		s.who("Alice", false)
	})
	t.Run("a renewed cookie stays persistent, and is split anew", func(t *testing.T) {
		s := newSite(t, cookieauth.Config{Lifetime: time.Hour, ChunkSize: 300})
		s.do["/in"] = s.signIn(claims.New("1", claims.Name("Alice")), &cookieauth.SignInOptions{Persistent: true})
		first := s.get("/in").cookies
		s.at(40)
		again := s.get("/who").cookies
		if len(first) < 3 || len(again) != len(first) || !strings.Contains(again[1], "; expires=Mon, 15 Jun 2026 13:40:00 GMT; ") {
			t.Errorf("at first %q\nrenewed %q", first, again)
		}
		s.at(65)
		s.who("Alice", false)
	})
	t.Run("parallel requests all succeed with the old cookie", func(t *testing.T) {
		s := newSite(t, cookieauth.Config{Lifetime: time.Hour})
		s.get("/in")
		old := s.jar["__Host-sealring"]
		s.at(40)
		for range 3 {
			s.jar["__Host-sealring"] = old
			s.who("Alice", true)
		}
	})
}

// What an event begins may ask who the user is while the request goes on; it sees
// nobody, or the user.
func TestEventThatRunsOn(t *testing.T) {
	var s *site
	ended, begun := make(chan struct{}), make(chan struct{})
	s = tenMinutes(t, true, func(c *cookieauth.ValidateContext) error {
		go func() {
			defer close(ended)
			close(begun)
			for s.auth.User(c.Request) == nil || s.auth.Ticket(c.Request) == nil || claims.FromContext(c.Request.Context()) == nil {
				runtime.Gosched()
			}
		}()
		<-begun
		return nil
	})
	s.who("Alice", false)
	<-ended
}

func TestValidate(t *testing.T) {
	rejectAndSignOut := func(s **site) func(c *cookieauth.ValidateContext) error {
		return func(c *cookieauth.ValidateContext) error {
			c.Reject()
			return (*s).auth.SignOut(c.Writer, c.Request)
		}
	}
	t.Run("COK-20 reject and sign out", func(t *testing.T) {
		var s *site
		s = tenMinutes(t, true, func(c *cookieauth.ValidateContext) error { return rejectAndSignOut(&s)(c) })
		a := s.get("/who")
		if a.body != "" || len(a.cookies) != 1 || !strings.HasPrefix(a.cookies[0], ".AspNetCore.Cookies=; expires=") {
			t.Errorf("got %q, %q", a.body, a.cookies)
		}
	})
	t.Run("COK-21 renewal wanted, but signed out", func(t *testing.T) {
		s := tenMinutes(t, true, renew)
		if a := s.get("/out"); len(a.cookies) != 1 || !strings.HasPrefix(a.cookies[0], ".AspNetCore.Cookies=; expires=") {
			t.Errorf("cookies %q", a.cookies)
		}
	})
	t.Run("COK-22 renewed on each request, not sliding", func(t *testing.T) {
		s := tenMinutes(t, false, renew)
		signedIn := s.jar[".AspNetCore.Cookies"]
		s.who("Alice", true)
		atZero := s.jar[".AspNetCore.Cookies"]
		s.at(5)
		s.who("Alice", true)
		s.at(11)
		s.jar[".AspNetCore.Cookies"] = signedIn
		s.who("", false)
		s.at(16)
		s.jar[".AspNetCore.Cookies"] = atZero
		s.who("", false)
	})
	t.Run("COK-23 replaced and renewed", func(t *testing.T) {
		s := tenMinutes(t, true, func(c *cookieauth.ValidateContext) error {
			c.Principal = claims.New("2", claims.Name("Alice2")).Authenticated("Cookies")
			c.Renew = true
			return nil
		})
		s.who("Alice2", true)
	})
	t.Run("COK-24 principal and properties are kept", func(t *testing.T) {
		update := false
		s := tenMinutes(t, true, func(c *cookieauth.ValidateContext) error {
			if update {
				c.Principal = claims.New("2", claims.Name("Alice2")).Authenticated("Cookies")
				c.Properties.Set("updated", "yes")
				c.Renew = true
			}
			return nil
		})
		s.do["/updated"] = func(w http.ResponseWriter, r *http.Request) {
			value, _ := s.auth.Ticket(r).Properties.Get("updated")
			fmt.Fprint(w, value)
		}
		s.who("Alice", false)
		update = true
		s.who("Alice2", true)
		update = false
		s.who("Alice2", false)
		if a := s.get("/updated"); a.body != "yes" {
			t.Errorf("property is %q", a.body)
		}
	})
	t.Run("COK-25 COK-28 renewed on each request, sliding", func(t *testing.T) {
		s := tenMinutes(t, true, renew)
		for _, minute := range []float64{0, 5, 11} {
			s.at(minute)
			s.who("Alice", true)
		}
		s.at(22)
		s.who("", false)
	})
	t.Run("COK-26 a changed claim and renewal", func(t *testing.T) {
		s := tenMinutes(t, true, count(false))
		s.do["/in"] = s.signIn(claims.New("1", claims.Name("0")), nil)
		s.get("/in")
		s.who("1", true)
		s.at(5)
		s.who("2", true)
		s.at(11)
		s.who("3", true)
		s.at(22)
		s.who("", false)
	})
	t.Run("COK-27 issued now: the life as a whole does not grow", func(t *testing.T) {
		s := tenMinutes(t, true, count(true))
		s.do["/in"] = s.signIn(claims.New("1", claims.Name("0")), nil)
		s.get("/in")
		for minute, want := range []string{"1", "2", "3"} {
			s.at(float64(minute))
			s.who(want, true)
		}
		s.at(11)
		s.who("", false)
	})
	for _, sliding := range []bool{true, false} {
		t.Run(fmt.Sprintf("COK-29 both dates are later, sliding %v", sliding), func(t *testing.T) {
			asked := false
			s := tenMinutes(t, sliding, func(c *cookieauth.ValidateContext) error { c.Renew = asked; return nil })
			dates := func(w http.ResponseWriter, r *http.Request) {
				issued, _ := s.auth.Ticket(r).Properties.Issued()
				expires, _ := s.auth.Ticket(r).Properties.Expires()
				fmt.Fprint(w, issued.Sub(start.Truncate(time.Second)), " ", expires.Sub(start.Truncate(time.Second)))
			}
			s.do["/dates"] = dates
			s.at(1)
			asked = true
			s.who("Alice", true)
			asked = false
			if got := s.get("/dates").body; got != "1m0s 11m0s" {
				t.Errorf("from and to %s", got)
			}
		})
	}
	t.Run("COK-54 expiry removed and renewal wanted", func(t *testing.T) {
		s := tenMinutes(t, true, func(c *cookieauth.ValidateContext) error {
			c.Properties.SetExpires(time.Time{})
			c.Renew = true
			return nil
		})
		s.who("Alice", false)
		s.at(6) // a sliding renewal is due, and goes out
		s.who("Alice", true)
		s.at(14)
		s.who("Alice", true)
	})
	t.Run("COK-32 what one request makes of the user is not kept", func(t *testing.T) {
		s := tenMinutes(t, true, func(c *cookieauth.ValidateContext) error {
			if len(c.Principal.Identities()) != 1 || c.Principal.Name() != "Alice" {
				t.Errorf("the ticket has %d identities, name %q", len(c.Principal.Identities()), c.Principal.Name())
			}
			c.Principal = claims.New("x", claims.Name("Guest")).Authenticated("Cookies").Merge(c.Principal)
			c.Properties.Set("x", "y")
			return nil
		})
		for minute := range 5 {
			s.at(float64(6 * minute))
			s.who("Guest", minute > 0)
		}
	})
	t.Run("a rejected ticket is not renewed", func(t *testing.T) {
		for profile, renewed := range map[cookieauth.Profile]bool{cookieauth.Safest: false, cookieauth.ASPNETCore: true} {
			cfg := cookieauth.Config{Profile: profile, Lifetime: 10 * time.Minute}
			cfg.Events.Validate = func(c *cookieauth.ValidateContext) error { c.Reject(); return nil }
			s := newSite(t, cfg)
			s.get("/in")
			s.at(6)
			s.who("", renewed)
		}
	})
	t.Run("an outage is no logout", func(t *testing.T) {
		down := errors.New("database is down")
		s := tenMinutes(t, true, func(*cookieauth.ValidateContext) error { return down })
		s.at(6)
		s.who("", false)
		a := s.get("/private")
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "10" || strings.Contains(a.body, "database") {
			t.Errorf("answered %d %q, retry after %q", a.status, a.body, a.header.Get("Retry-After"))
		}
		down = nil
		if a := s.get("/private"); a.body != "secret" {
			t.Errorf("after the outage: %d %q", a.status, a.body)
		}
	})
}

// count adds one to the name on each request.
func count(issuedNow bool) func(*cookieauth.ValidateContext) error {
	return func(c *cookieauth.ValidateContext) error {
		n, err := strconv.Atoi(c.Principal.Name())
		if err != nil {
			return fs.ErrInvalid
		}
		p := c.Principal.Clone()
		p.Identities()[0].Claims[1].Value = strconv.Itoa(n + 1)
		c.Principal, c.Renew = p, true
		if issuedNow {
			c.Properties.SetIssued(start.Add(time.Duration(n) * time.Minute))
		}
		return nil
	}
}
