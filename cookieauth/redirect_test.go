package cookieauth_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/origin"
)

// challenges adds pages that send away.
func challenges(t *testing.T, cfg cookieauth.Config) *site {
	t.Helper()
	s := newSite(t, cfg)
	s.http = true
	for _, base := range []string{"", "/base"} {
		s.do[base+"/challenge"] = func(w http.ResponseWriter, r *http.Request) { s.auth.Challenge(w, r, "") }
		s.do[base+"/go"] = func(w http.ResponseWriter, r *http.Request) { s.auth.Challenge(w, r, "/CustomRedirect") }
		s.do[base+"/root"] = func(w http.ResponseWriter, r *http.Request) { s.auth.Challenge(w, r, "/") }
		s.do[base+"/forbid"] = func(w http.ResponseWriter, r *http.Request) { s.auth.Forbid(w, r, "") }
	}
	return s
}

func TestChallenge(t *testing.T) {
	reference := cookieauth.Config{Profile: cookieauth.ASPNETCore}
	login := cookieauth.Config{Profile: cookieauth.ASPNETCore, LoginPath: "/login"}
	page := cookieauth.Config{Profile: cookieauth.ASPNETCore, LoginPath: "/page", PathBase: "/base", AccessDeniedPath: "/denied"}
	safest := cookieauth.Config{LoginPath: "/login", AccessDeniedPath: "/no"}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name     string
		cfg      cookieauth.Config
		target   string
		head     func(*http.Request)
		status   int
		location string
	}{
		{"COK-2 script, by query", login, "/challenge?X-Requested-With=XMLHttpRequest", nil, 401, "http://app.example/login?ReturnUrl=%2Fchallenge%3FX-Requested-With%3DXMLHttpRequest"},
		{"COK-3 script, forbidden", reference, "/forbid", header("X-Requested-With", "XMLHttpRequest"), 403, "http://app.example/Account/AccessDenied?ReturnUrl=%2Fforbid"},
		{"COK-5 script, default path", reference, "/challenge", header("X-Requested-With", "XMLHttpRequest"), 401, "http://app.example/Account/Login?ReturnUrl=%2Fchallenge"},
		{"COK-6 own return URL", reference, "/go", nil, 302, "http://app.example/Account/Login?ReturnUrl=%2FCustomRedirect"},
		{"COK-35 default path", reference, "/challenge", nil, 302, "http://app.example/Account/Login?ReturnUrl=%2Fchallenge"},
		{"COK-36 forbidden", reference, "/forbid", nil, 302, "http://app.example/Account/AccessDenied?ReturnUrl=%2Fforbid"},
		{"COK-37 own path", page, "/challenge", nil, 302, "http://app.example/page?ReturnUrl=%2Fchallenge"},
		{"COK-38 own path and return URL", page, "/root", nil, 302, "http://app.example/page?ReturnUrl=%2F"},
		{"COK-45 forbidden, own path", page, "/forbid", nil, 302, "http://app.example/denied?ReturnUrl=%2Fforbid"},
		{"COK-46 path base before the login path only", page, "/base/root", nil, 302, "http://app.example/base/page?ReturnUrl=%2F"},
		{"COK-52 path base, forbidden", page, "/base/forbid", nil, 302, "http://app.example/base/denied?ReturnUrl=%2Fbase%2Fforbid"},
		{"path base in another case", page, "/BASE/nothing", nil, 200, ""},
		{"encoding", reference, "/challenge?a=%20b&c=%C3%BC~!$()*,;@", nil, 302, "http://app.example/Account/Login?ReturnUrl=%2Fchallenge%3Fa%3D%2520b%26c%3D%25C3%25BC~!$()*,;@"},
		{"Safest is relative", safest, "/challenge?x=1", nil, 302, "/login?ReturnUrl=%2Fchallenge%3Fx%3D1"},
		{"Safest names an origin that is vouched for", safest, "/challenge", func(r *http.Request) {
			*r = *r.WithContext(origin.NewContext(r.Context(), origin.Origin{Scheme: "https", Host: "www.example"}))
		}, 302, "https://www.example/login?ReturnUrl=%2Fchallenge"},
		{"Safest without paths, challenge", cookieauth.Config{}, "/challenge", nil, 401, ""},
		{"Safest without paths, forbid", cookieauth.Config{}, "/forbid", nil, 403, ""},
		{"navigation", safest, "/challenge", header("Sec-Fetch-Mode", "navigate"), 302, "/login?ReturnUrl=%2Fchallenge"},
		{"fetch", safest, "/challenge", header("Sec-Fetch-Mode", "cors"), 401, "/login?ReturnUrl=%2Fchallenge"},
		{"fetch by a browser that says only for what", safest, "/challenge", header("Sec-Fetch-Dest", "empty"), 401, "/login?ReturnUrl=%2Fchallenge"},
		{"a page, by such a browser", safest, "/challenge", header("Sec-Fetch-Dest", "document"), 302, "/login?ReturnUrl=%2Fchallenge"},
		{"JSON wanted", safest, "/challenge", header("Accept", "application/json, */*"), 401, "/login?ReturnUrl=%2Fchallenge"},
		{"HTML wanted, or JSON", safest, "/challenge", header("Accept", "text/html, application/json"), 302, "/login?ReturnUrl=%2Fchallenge"},
		{"events wanted", safest, "/forbid", header("Accept", "text/event-stream"), 403, "/no?ReturnUrl=%2Fforbid"},
		{"parity: fetch is redirected", reference, "/challenge", header("Sec-Fetch-Mode", "cors"), 302, "http://app.example/Account/Login?ReturnUrl=%2Fchallenge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := challenges(t, c.cfg)
			s.head = c.head
			s.get(c.target).is(t, c.status, c.location)
		})
	}
	t.Run("a prefix that a router takes off does not change the way back", func(t *testing.T) {
		s := challenges(t, safest)
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/deep/challenge", nil)
		http.StripPrefix("/deep", s.handler()).ServeHTTP(w, r)
		if got := w.Header().Get("Location"); got != "/login?ReturnUrl=%2Fdeep%2Fchallenge" {
			t.Errorf("Location is %q", got)
		}
	})
	t.Run("pages that demand what they are there for are named", func(t *testing.T) {
		var log strings.Builder
		cfg := safest
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s := newSite(t, cfg)
		s.do["/login"] = s.do["/private"]
		s.do["/no"] = s.auth.RequireRole("admin")(http.NotFoundHandler()).ServeHTTP
		s.get("/login").is(t, 401, "")
		s.get("/in")
		s.get("/no").is(t, 403, "")
		for _, page := range []string{"/login", "/no"} {
			if !strings.Contains(log.String(), `demands a login or a permission, which would redirect for ever" scheme=Cookies path=`+page+"\n") {
				t.Errorf("log: %s", log.String())
			}
		}
	})
	t.Run("an event answers instead", func(t *testing.T) {
		cfg := safest
		cfg.Events.RedirectToLogin = func(c *cookieauth.RedirectContext) { c.RedirectURI += "&hint=x"; c.Redirect() }
		cfg.Events.RedirectToAccessDenied = func(c *cookieauth.RedirectContext) { c.Writer.WriteHeader(http.StatusTeapot) }
		s := challenges(t, cfg)
		s.get("/challenge").is(t, 302, "/login?ReturnUrl=%2Fchallenge&hint=x")
		s.get("/forbid").is(t, 418, "")
	})
}

func TestRedirectBack(t *testing.T) {
	for _, c := range []struct {
		name, target, to string // request, and target of the application
		cfg              cookieauth.Config
		script           bool
		status           int
		location         string
	}{
		{"COK-4 script, sign-out", "/logout?ReturnUrl=%2F", "", cookieauth.Config{}, true, 200, "/"},
		{"COK-41 off the login path", "/notlogin?ReturnUrl=%2Fpage", "", cookieauth.Config{}, false, 200, ""},
		{"COK-42 on the login path", "/login?ReturnUrl=%2Fpage", "", cookieauth.Config{}, false, 302, "/page"},
		{"COK-43 off the logout path", "/notlogout?ReturnUrl=%2Fpage", "", cookieauth.Config{}, false, 200, ""},
		{"COK-44 on the logout path", "/logout?ReturnUrl=%2Fpage", "", cookieauth.Config{}, false, 302, "/page"},
		{"COK-47 the application's, local", "/login", "/redirect_test", cookieauth.Config{}, false, 302, "/redirect_test"},
		{"COK-47 the application's, elsewhere", "/notlogin", "http://example.com/redirect_to", cookieauth.Config{}, false, 302, "http://example.com/redirect_to"},
		{"COK-48 in the query off the login path", "/notlogin?return=%2Fret_path_2", "", cookieauth.Config{ReturnURLParameter: "return"}, false, 200, ""},
		{"COK-49 parameter of another name", "/login?return=%2Fret_path_2", "", cookieauth.Config{ReturnURLParameter: "return"}, false, 302, "/ret_path_2"},
		{"COK-50 absolute in the query", "/login?ReturnUrl=http%3A%2F%2Fexample.com%2Fredirect", "", cookieauth.Config{}, false, 200, ""},
		{"COK-51 the application's wins", "/login?ReturnUrl=%2Fa", "/b", cookieauth.Config{}, false, 302, "/b"},
		{"not ASCII", "/login?ReturnUrl=%2F%C3%BC%20x", "", cookieauth.Config{}, false, 302, "/%C3%BC x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.LoginPath, c.cfg.LogoutPath = "/login", "/logout"
			s := newSite(t, c.cfg)
			for _, path := range []string{"/login", "/notlogin", "/logout", "/notlogout"} {
				s.do[path] = func(w http.ResponseWriter, r *http.Request) {
					s.check(s.auth.SignIn(w, r, claims.New("1"), nil))
					s.auth.RedirectBack(w, r, c.to)
				}
			}
			if c.script {
				s.head = func(r *http.Request) { r.Header.Set("X-Requested-With", "XMLHttpRequest") }
			}
			a := s.get(c.target)
			a.is(t, c.status, c.location)
			if len(a.cookies) != 1 {
				t.Errorf("cookies %q", a.cookies)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	s := newSite(t, cookieauth.Config{LoginPath: "/login", AccessDeniedPath: "/no"})
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("page")) })
	add := func(path string, h http.Handler) { s.do[path] = h.ServeHTTP }
	add("/user", s.auth.RequireUser(page))
	add("/admin", s.auth.RequireRole("root", "admin")(page))
	add("/Admin", s.auth.RequireRole("Admin")(page))
	add("/norole", s.auth.RequireRole()(page))
	add("/level", s.auth.RequireClaim("LEVEL")(page))
	add("/level3", s.auth.RequireClaim("level", "3", "4")(page))
	add("/level5", s.auth.RequireClaim("level", "5")(page))
	for _, path := range []string{"/user", "/admin", "/level3"} {
		s.get(path).is(t, 302, "/login?ReturnUrl=%2F"+path[1:])
	}
	s.do["/in"] = s.signIn(claims.New("1", claims.Role("admin"), claims.Claim{Type: "level", Value: "3"}), nil)
	s.get("/in")
	for path, allowed := range map[string]bool{"/user": true, "/admin": true, "/Admin": false, "/norole": false, "/level": true, "/level3": true, "/level5": false} {
		a := s.get(path)
		if allowed != (a.body == "page") || !allowed && a.header.Get("Location") != "/no?ReturnUrl=%2F"+path[1:] {
			t.Errorf("%s: answered %d %q to %q, allowed %v", path, a.status, a.body, a.header.Get("Location"), allowed)
		}
	}
	t.Run("without Handler around", func(t *testing.T) {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/user", nil)
		https(r)
		r.AddCookie(&http.Cookie{Name: "__Host-sealring", Value: s.jar["__Host-sealring"]})
		s.auth.RequireUser(page).ServeHTTP(w, r)
		if w.Body.String() != "page" {
			t.Errorf("answered %d %q", w.Code, w.Body)
		}
	})
}
