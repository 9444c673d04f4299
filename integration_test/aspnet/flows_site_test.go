package aspnet_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
)

// A flowSite answers the requests of a flow as the reference's site does.
type flowSite struct {
	auth                  *cookieauth.Authenticator
	csrf                  *antiforgery.Protection
	protector             *dataprotection.Protector
	handler               http.Handler
	cookieName, tokenName string // of the login cookie and the antiforgery cookie
	pathBase              string
	t0                    time.Time
}

// An option is a value in a flow's configuration, read as all that it may be.
type option struct {
	text   string
	number float64
	yes    bool
	null   bool
}

func readOption(value json.RawMessage) (o option) {
	_ = json.Unmarshal(value, &o.text) // one of the three fits
	_ = json.Unmarshal(value, &o.number)
	_ = json.Unmarshal(value, &o.yes)
	o.null = string(value) == "null"
	return o
}

func (o option) seconds() time.Duration { return time.Duration(o.number * float64(time.Second)) }

var sameSites = map[string]http.SameSite{"unspecified": http.SameSiteDefaultMode, "none": http.SameSiteNoneMode, "lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode}

func newFlowSite(t *testing.T, f *flow, ring *dataprotection.KeyRing, t0 time.Time, now func() time.Time) *flowSite {
	t.Helper()
	cfg := cookieauth.Config{
		KeyRing: ring, Profile: cookieauth.ASPNETCore, Scheme: f.Scheme, PathBase: f.PathBase,
		Now: now, Logger: slog.New(slog.DiscardHandler),
	}
	s := &flowSite{pathBase: f.PathBase, t0: t0}
	for name, value := range f.Cookie {
		s.configure(t, &cfg, name, readOption(value))
	}
	auth, err := cookieauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	scheme := f.Scheme
	if scheme == "" {
		scheme = cookieauth.DefaultScheme
	}
	s.cookieName = cfg.Cookie.Name
	if s.cookieName == "" {
		s.cookieName = ".AspNetCore." + url.PathEscape(scheme)
	}
	s.protectForms(t, f, ring)
	s.auth, s.protector = auth, ring.Protector(ticket.Purposes(scheme)...)
	s.handler = auth.Handler(http.HandlerFunc(s.answer))
	return s
}

func (s *flowSite) configure(t *testing.T, cfg *cookieauth.Config, name string, value option) {
	t.Helper()
	switch name {
	case "name":
		cfg.Cookie.Name = value.text
	case "path":
		cfg.Cookie.Path = value.text
	case "domain":
		cfg.Cookie.Domain = value.text
	case "sameSite":
		cfg.Cookie.SameSite = sameSites[value.text]
	case "securePolicy":
		cfg.Cookie.Secure = map[string]cookieauth.SecurePolicy{"sameAsRequest": cookieauth.SecureSameAsRequest, "always": cookieauth.SecureAlways, "none": cookieauth.DangerouslyInsecure}[value.text]
	case "httpOnly":
		cfg.Cookie.DangerouslyExposeToScripts = !value.yes
	case "maxAgeSeconds":
		cfg.Cookie.MaxAge = value.seconds()
	case "extension":
		cfg.Cookie.Extensions = []string{value.text}
	case "expireSeconds":
		cfg.Lifetime = value.seconds()
	case "sliding":
		cfg.NoSliding = !value.yes
	case "loginPath":
		cfg.LoginPath = value.text
	case "logoutPath":
		cfg.LogoutPath = value.text
	case "accessDeniedPath":
		cfg.AccessDeniedPath = value.text
	case "returnUrlParameter":
		cfg.ReturnURLParameter = value.text
	case "chunkSize":
		cfg.ChunkSize = int(value.number)
		if value.null {
			cfg.ChunkSize = -1
		}
	case "reject", "rejectAndSignOut", "replace", "replaceQuietly":
		cfg.Events.Validate = func(c *cookieauth.ValidateContext) error { return s.validate(c, name, value.text) }
	case "checkSliding":
		cfg.Events.CheckSliding = func(c *cookieauth.SlidingContext) { c.Renew = value.yes }
	default:
		t.Fatalf("unknown cookie option %s", name)
	}
}

func (s *flowSite) validate(c *cookieauth.ValidateContext, what, who string) error {
	if c.Principal.Name() != who {
		return nil
	}
	switch what {
	case "reject":
		c.Reject()
	case "rejectAndSignOut":
		c.Reject()
		return s.auth.SignOut(c.Writer, c.Request)
	case "replace":
		c.Principal = principalOf("Cookies", claims.Name(who), claims.Claim{Type: "replaced", Value: "yes"})
		c.Renew = true
	case "replaceQuietly":
		c.Principal = principalOf("Cookies", claims.Name(who), claims.Claim{Type: "replaced", Value: "quietly"})
	}
	return nil
}

func principalOf(authenticationType string, list ...claims.Claim) *claims.Principal {
	return claims.NewPrincipal(claims.Identity{AuthenticationType: authenticationType, Claims: list})
}

func (s *flowSite) answer(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user := s.auth.User(r)
	switch path := strings.TrimPrefix(r.URL.Path, s.pathBase); path {
	case "/account/login", "/Account/Login", "/signin", "/in":
		s.signIn(w, r, q)
	case "/Account/Logout", "/signout", "/out":
		s.try(w, s.auth.SignOut(w, r))
		s.auth.RedirectBack(w, r, q.Get("redirect"))
	case "/swap":
		s.try(w, s.auth.SignOut(w, r))
		s.signIn(w, r, q)
	case "/private", "/deep/private":
		if user == nil {
			s.auth.Challenge(w, r, "")
			return
		}
		fmt.Fprint(w, "hello ", user.Name())
	case "/whoami":
		fmt.Fprint(w, whoami(user))
	case "/challenge":
		s.auth.Challenge(w, r, q.Get("redirect"))
	case "/forbid":
		s.auth.Forbid(w, r, "")
	case "/tokens", "/peek", "/check", "/isvalid":
		s.answerForms(w, r, path)
	default:
		name := "nobody"
		if user != nil {
			name = user.Name()
		}
		fmt.Fprint(w, "open ", name)
	}
}

func (s *flowSite) try(w http.ResponseWriter, err error) bool {
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "error")
	}
	return err == nil
}

func (s *flowSite) signIn(w http.ResponseWriter, r *http.Request, q url.Values) {
	if s.try(w, s.auth.SignIn(w, r, s.who(q), s.options(q))) {
		s.auth.RedirectBack(w, r, q.Get("redirect"))
	}
}

func (s *flowSite) who(q url.Values) *claims.Principal {
	var list []claims.Claim
	add := func(claimType, value string) { list = append(list, claims.Claim{Type: claimType, Value: value}) }
	if !q.Has("noname") {
		name := "alice"
		if q.Has("name") {
			name = q.Get("name")
		}
		add(claims.TypeName, name)
	}
	for _, k := range [...]struct{ parameter, claimType string }{{"id", claims.TypeNameIdentifier}, {"sub", "sub"}, {"upn", claims.TypeUPN}} {
		if q.Has(k.parameter) {
			add(k.claimType, q.Get(k.parameter))
		}
	}
	for _, role := range q["role"] {
		add(claims.TypeRole, role)
	}
	for _, pair := range q["claim"] {
		claimType, value, _ := strings.Cut(pair, "|")
		add(claimType, value)
	}
	if q.Has("big") {
		n, _ := strconv.Atoi(q.Get("big"))
		add("big", strings.Repeat("b", n))
	}
	p := principalOf("Cookies", list...)
	if q.Has("anonymous") {
		p.Identities()[0].AuthenticationType = ""
	}
	if q.Has("second") {
		second := principalOf("Other", claims.Name(q.Get("second")), claims.Claim{Type: claims.TypeNameIdentifier, Value: "second"})
		p = claims.NewPrincipal(append(p.Identities(), second.Identities()...)...)
	}
	return p
}

func (s *flowSite) options(q url.Values) *cookieauth.SignInOptions {
	var p ticket.Properties
	p.SetPersistent(q.Has("persistent"))
	if q.Has("expires") {
		p.SetExpires(s.later(q.Get("expires")))
	}
	if q.Has("issued") {
		p.SetIssued(s.later(q.Get("issued")))
	}
	if q.Has("norefresh") {
		p.SetAllowRefresh(false)
	}
	if q.Has("refresh") {
		p.SetAllowRefresh(true)
	}
	if q.Has("redirect") {
		p.SetRedirectURI(q.Get("redirect"))
	}
	for _, item := range q["item"] {
		key, value, _ := strings.Cut(item, "|")
		p.Set(key, value)
	}
	return &cookieauth.SignInOptions{Properties: p}
}

func (s *flowSite) later(seconds string) time.Time {
	n, _ := strconv.Atoi(seconds)
	return s.t0.Add(time.Duration(n) * time.Second)
}

func whoami(user *claims.Principal) string {
	if user == nil {
		return "anonymous:"
	}
	var identities []string
	for _, i := range user.Identities() {
		var list []string
		for _, c := range i.Claims {
			if len(c.Value) < 100 {
				list = append(list, c.Type+"="+c.Value)
			}
		}
		identities = append(identities, i.AuthenticationType+":"+strings.Join(list, ","))
	}
	return strings.Join(identities, ";")
}
