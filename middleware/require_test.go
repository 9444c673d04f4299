package middleware_test

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/middleware"
)

func TestRequire(t *testing.T) {
	users := newAuth(t, cookieauth.Config{LoginPath: "/login", AccessDeniedPath: "/denied"})
	staff := newAuth(t, cookieauth.Config{Scheme: "Staff", LoginPath: "/staff/login"})
	down := newAuth(t, cookieauth.Config{Scheme: "Down", Events: cookieauth.Events{Validate: func(*cookieauth.ValidateContext) error { return errors.New("store is away") }}})
	alice := claims.New("1", claims.Name("Alice"), claims.Role("editor"))
	clerk := claims.New("2", claims.Name("Clerk"), claims.Role("clerk"))
	as := func(auths ...*cookieauth.Authenticator) *http.Request {
		r := get("/p?q=1")
		for _, a := range auths {
			p := alice
			if a == staff {
				p = clerk
			}
			signIn(t, r, a, p)
		}
		return r
	}
	script := func(r *http.Request) *http.Request {
		r.Header.Set("Sec-Fetch-Mode", "cors")
		return r
	}
	type auths = []middleware.Authenticator
	const login = "/login?ReturnUrl=%2Fp%3Fq%3D1"
	for _, c := range []struct {
		name   string
		policy middleware.Policy
		auths  auths
		r      *http.Request
		want   string // status and Location, or who was let through
	}{
		{"nobody", middleware.SignedIn, auths{users}, as(), "302 " + login},
		{"nobody, a script", middleware.SignedIn, auths{users}, script(as()), "401 " + login},
		{"a user", middleware.SignedIn, auths{users}, as(users), "1"},
		{"a user of another scheme", middleware.SignedIn, auths{users}, as(staff), "302 " + login},
		{"a role", middleware.Role("editor"), auths{users}, as(users), "1"},
		{"a role missing", middleware.Role("clerk"), auths{users}, as(users), "302 /denied?ReturnUrl=%2Fp%3Fq%3D1"},
		{"a role missing, no page for it", middleware.Role("editor"), auths{staff}, as(staff), "403 "},
		{"a role that another scheme would give", middleware.Role("clerk"), auths{users}, as(users, staff), "302 /denied?ReturnUrl=%2Fp%3Fq%3D1"},
		{"no policy", nil, auths{users}, as(users), "302 /denied?ReturnUrl=%2Fp%3Fq%3D1"},
		{"no scheme", middleware.SignedIn, nil, as(users), "401 "},

		{"two schemes, neither", middleware.SignedIn, auths{users, staff}, as(), "302 /staff/login?ReturnUrl=%2Fp%3Fq%3D1"},
		{"two schemes, the first", middleware.SignedIn, auths{users, staff}, as(users), "1"},
		{"two schemes, the second", middleware.SignedIn, auths{users, staff}, as(staff), "2"},
		{"two schemes, later identities first", middleware.SignedIn, auths{users, staff}, as(users, staff), "2,1"},
		{"two schemes, the other way round", middleware.SignedIn, auths{staff, users}, as(users, staff), "1,2"},
		{"two schemes, a role of each", middleware.All(middleware.Role("editor"), middleware.Role("clerk")), auths{users, staff}, as(users, staff), "2,1"},
		{"two schemes, a role of the missing one", middleware.Role("clerk"), auths{users, staff}, as(users), "403 "},

		{"an outage", middleware.SignedIn, auths{down}, as(down), "503 "},
		{"an outage, visitor without cookie", middleware.SignedIn, auths{down}, as(), "401 "},
		{"an outage, another scheme will do", middleware.SignedIn, auths{users, down}, as(users, down), "1"},
		{"an outage, another scheme will not do", middleware.Role("x"), auths{down, users}, as(users, down), "503 "},
		{"an outage of a scheme that is not asked", middleware.Role("x"), auths{staff}, as(staff, down), "403 "},
	} {
		for _, handlers := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				var through string
				var h http.Handler = middleware.Require(c.policy, c.auths...)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					var ids []string
					for _, i := range claims.FromContext(r.Context()).Identities() {
						id, _ := i.Find(claims.TypeNameIdentifier)
						ids = append(ids, id.Value)
					}
					through = strings.Join(ids, ",")
				}))
				if handlers {
					h = users.Handler(staff.Handler(down.Handler(h)))
				}
				w := serve(h, c.r.Clone(t.Context()))
				got := through
				if got == "" {
					got = strings.TrimSpace(strings.Join([]string{strconv.Itoa(w.Code), w.Header().Get("Location")}, " "))
				}
				if got != strings.TrimSpace(c.want) {
					t.Errorf("with Handler outside %v: got %q, want %q", handlers, got, c.want)
				}
				if w.Code == 503 && (w.Header().Get("Retry-After") == "" || w.Header().Get("Cache-Control") != "no-store") {
					t.Errorf("503 with %v", w.Header())
				}
			})
		}
	}
}

func TestPolicies(t *testing.T) {
	r := get("/")
	p := claims.New("1", claims.Role("a"), claims.Role("b"), claims.Claim{Type: "level", Value: "3"})
	yes, no := middleware.Policy(middleware.SignedIn), middleware.Role()
	for _, c := range []struct {
		name   string
		policy middleware.Policy
		want   bool
	}{
		{"signed in", middleware.SignedIn, true},
		{"one role", middleware.Role("b"), true},
		{"one of several roles", middleware.Role("x", "a"), true},
		{"another role", middleware.Role("x"), false},
		{"in another case", middleware.Role("A"), false},
		{"no role at all", middleware.Role(), false},
		{"a claim", middleware.Claim("level"), true},
		{"a claim, the type in another case", middleware.Claim("LEVEL"), true},
		{"a claim of a value", middleware.Claim("level", "2", "3"), true},
		{"a claim of another value", middleware.Claim("level", "2"), false},
		{"another claim", middleware.Claim("rank"), false},
		{"all", middleware.All(yes, middleware.Role("a")), true},
		{"not all", middleware.All(yes, no), false},
		{"all of none", middleware.All(), false},
		{"all, one nil", middleware.All(yes, nil), false},
		{"any", middleware.Any(no, yes), true},
		{"not any", middleware.Any(no, no), false},
		{"any of none", middleware.Any(), false},
		{"any, one nil", middleware.Any(nil, yes), true},
	} {
		if got := c.policy(r, p); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
