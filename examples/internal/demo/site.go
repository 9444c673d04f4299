package demo

import (
	"html/template"
	"maps"
	"net/http"
	"slices"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/middleware"
)

// A Site is the handlers of a site in which everybody is taken at their word: it is
// about who may see what, not about passwords.
type Site struct {
	Auth *cookieauth.Authenticator
	CSRF *antiforgery.Protection
	Log  zerolog.Logger
}

// NewSite returns a Site on a key ring.
func NewSite(ring *dataprotection.KeyRing, log zerolog.Logger) (*Site, error) {
	logger := middleware.Slog(log)
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login", AccessDeniedPath: "/denied", Logger: logger})
	if err != nil {
		return nil, err
	}
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Outage: auth.Outage, Logger: logger})
	if err != nil {
		return nil, err
	}
	return &Site{auth, csrf, log}, nil
}

// roles of those who can log in.
var roles = map[string][]string{"alice": {"admin", "staff"}, "bob": {"staff"}, "carol": nil}

// Home is for everybody.
func (s *Site) Home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "Everybody can see this page.")
}

// Account is to be routed to behind a demand for a login.
func (s *Site) Account(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "This page is for everybody who has logged in.")
}

// Admin is to be routed to behind a demand for the role admin.
func (s *Site) Admin(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, "This page is for admins.")
}

// Denied tells users that they may not see what they asked for.
func (s *Site) Denied(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusForbidden, "You may not see that page.")
}

// Login is for GET and for POST. Posted, it believes who the visitor claims to be.
func (s *Site) Login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.page(w, r, http.StatusOK, "Who are you?")
		return
	}
	name := r.PostFormValue("name")
	held, known := roles[name]
	if !known {
		s.page(w, r, http.StatusUnauthorized, "Nobody has that name. Who are you?")
		return
	}
	says := []claims.Claim{claims.Name(name)}
	for _, role := range held {
		says = append(says, claims.Role(role))
	}
	if err := s.Auth.SignIn(w, r, claims.New(name, says...), nil); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !s.Auth.RedirectBack(w, r, "") { // to the page that asked for the login
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	}
}

// Logout is for POST.
func (s *Site) Logout(w http.ResponseWriter, r *http.Request) {
	if err := s.Auth.SignOut(w, r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Text}}</title>
<header>You are {{with .User}}{{.Name}}{{else}}nobody{{end}}. <a href="/">Home</a> <a href="/account">Account</a> <a href="/admin">Admin</a>{{if not .User}} <a href="/login">Log in</a>{{end}}</header>
<main>
<h1>{{.Text}}</h1>
{{if .Login}}<form method="post">{{.AntiforgeryField}}
{{range .Names}}<button name="name" value="{{.}}">Log in as {{.}}</button>
{{end}}</form>
{{else if .User}}<form method="post" action="/logout">{{.AntiforgeryField}}<button>Log out</button></form>
{{end}}</main>
</html>
`))

func (s *Site) page(w http.ResponseWriter, r *http.Request, status int, text string) {
	tokens, err := s.CSRF.Tokens(w, r)
	if err != nil {
		antiforgery.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = page.Execute(w, struct { // a visitor who has gone does not miss it
		antiforgery.Tokens
		Text  string
		User  *claims.Principal
		Login bool
		Names []string
	}{tokens, text, claims.FromContext(r.Context()), r.URL.Path == "/login", slices.Sorted(maps.Keys(roles))})
}
