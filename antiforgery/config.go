package antiforgery

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/antiforgery/internal/token"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/setcookie"
)

// A Profile is a set of defaults. Single fields of Config override either.
type Profile int

const (
	// Safest is the profile of programs that share no forms with .NET. What the
	// browser says about a request counts first. The cookie is __Host-sealring-csrf
	// with Secure, HttpOnly and SameSite=Lax. Over plain HTTP there are no tokens,
	// except between a browser and a server on the same machine.
	Safest Profile = iota
	// ASPNETCore has every default of ASP.NET Core 8 to 10: tokens alone count; the
	// cookie is named after the application, with SameSite=Strict and without Secure.
	ASPNETCore
)

// A Mode says what a request must bring to be let through.
type Mode int

const (
	// ModeDefault is BrowserFirst. With the profile ASPNETCore it is TokensOnly.
	ModeDefault Mode = iota
	// BrowserFirst goes by what the browser says about where a request comes from, in
	// Sec-Fetch-Site and Origin, which no page can forge. Where it says nothing, which
	// is so with browsers from before 2023 and with other programs, the request must
	// bring a token pair.
	BrowserFirst
	// TokensOnly wants a token pair of each request, whatever the browser says.
	TokensOnly
	// BrowserAndTokens wants a token pair of each request that the browser does not
	// say is from elsewhere. A pair made before the visitor signed in is good
	// afterwards, too, if the browser says that the request is from this very site.
	BrowserAndTokens
)

// Defaults of Config.
const (
	DefaultFormField    = "__RequestVerificationToken"
	DefaultHeader       = "RequestVerificationToken"
	DefaultMaxFormBytes = 1 << 20
)

// Config configures a Protection. It is copied; changing it later has no effect.
type Config struct {
	_ struct{}

	// KeyRing seals the tokens. Required.
	KeyRing *dataprotection.KeyRing

	// Profile chooses the defaults of the other fields.
	Profile Profile

	// Mode says what a request must bring.
	Mode Mode

	// TrustedOrigins are the origins of other sites whose pages may send requests
	// here, such as "https://admin.example.com". They count where the browser's word
	// counts. A scheme is required: a trusted host would be trusted over plain HTTP
	// too, where anybody on the way can speak for it.
	TrustedOrigins []string

	// DangerouslyExempt are patterns, as of http.ServeMux, of requests that are let
	// through unchecked, such as "POST /hooks/{name}" for callers that are no browsers
	// and identify themselves by other means than cookies. Requests that a ServeMux
	// would redirect to a pattern do not match it.
	DangerouslyExempt []string

	// ReportOnly lets everything through, and logs and counts what would have been refused.
	ReportOnly bool

	// Refused answers a request that is refused, or that cannot be judged. The default
	// is Refuse. The body can still be read, so that the form can be shown again with
	// what was typed and a fresh token. With ReportOnly only TokenEndpoint calls it.
	Refused func(w http.ResponseWriter, r *http.Request, err error)

	// Cookie says what the cookie is like.
	Cookie Cookie

	// PathBase is the path below which the program lives, such as "/app", if the
	// requests that arrive here have it in their paths, or middleware.PublicOrigin puts
	// back what a proxy has taken off. With the profile ASPNETCore it is the default of
	// Cookie.Path.
	PathBase string

	// FormField is the form field that tokens are looked for in. The default is
	// "__RequestVerificationToken", which ASP.NET Core uses.
	FormField string

	// Header is the header that tokens are looked for in, before the form. The default
	// is "RequestVerificationToken", which ASP.NET Core uses.
	Header string

	// NoHeader ignores the header: tokens come in forms only.
	NoHeader bool

	// NoForm ignores forms: tokens come in the header only, and bodies are never touched.
	NoForm bool

	// MaxFormBytes is how much of a form is read and kept in memory to find the token
	// in it. The default is 1 MiB. In a multipart form the field must come before large
	// files. Requests with more than that use the header.
	MaxFormBytes int64

	// NoFrameOptions leaves out the header X-Frame-Options: SAMEORIGIN, which else goes
	// out with each new cookie.
	NoFrameOptions bool

	// AdditionalData, if set, returns something to put into each request token, and
	// CheckAdditionalData judges it when the token comes back. Without them tokens with
	// such data are refused.
	AdditionalData      func(*http.Request) string
	CheckAdditionalData func(r *http.Request, data string) bool

	// Outage, if set, returns an error while it cannot be told who a request comes
	// from, which else counts as from nobody. Such requests are answered with 503 where
	// the user matters. The default is what authenticators of package cookieauth have
	// met with in the request, if middleware.Stack or RequestLog stands outside of them;
	// without those, set it to their Outage.
	Outage func(*http.Request) error

	// Logger receives each refusal. It never receives a token. The default is slog.Default().
	Logger *slog.Logger
}

// Cookie says what the cookie is like.
type Cookie struct {
	_ struct{}

	// Name is the name of the cookie. Programs on one host, whatever their ports, need
	// different names unless they share a key ring: cookies do not know ports. The
	// default is __Host-sealring-csrf, or __Secure-sealring-csrf if Domain or Path say
	// that other hosts or only some paths shall have it. With the profile ASPNETCore it
	// is made from the application's name.
	Name string

	// Domain shares the cookie with the other hosts of a domain, each of which can
	// then replace it. Empty means this host only.
	Domain string

	// Path is the path below which the browser sends the cookie. The default is "/";
	// with the profile ASPNETCore it is the path base.
	Path string

	// SameSite says whether requests that other sites make carry the cookie. The
	// default is Lax, with which a visitor who follows a link from elsewhere keeps the
	// cookie, and with it the forms in other tabs; with the profile ASPNETCore it is
	// Strict. http.SameSiteDefaultMode writes no attribute and leaves it to the browser.
	SameSite http.SameSite

	// Secure says over which connections the cookie may travel.
	Secure SecurePolicy

	// DangerouslyExposeToScripts lets scripts in the page read the cookie. None needs
	// to: what scripts send is the request token.
	DangerouslyExposeToScripts bool

	// MaxAge, if not zero, lets the cookie outlive the browser's session by as much, in
	// whole seconds.
	MaxAge time.Duration

	// Extensions are further attributes, verbatim, such as "partitioned".
	Extensions []string
}

// A SecurePolicy says over which connections a cookie may travel.
type SecurePolicy int

const (
	// SecureDefault is SecureAlways, except that a browser and a server on the same
	// machine may do without TLS, under a name without prefix. With the profile
	// ASPNETCore it is DangerouslyInsecure.
	SecureDefault SecurePolicy = iota
	// SecureAlways writes the attribute, and refuses to work over plain HTTP.
	SecureAlways
	// SecureSameAsRequest writes the attribute if the request came over HTTPS.
	SecureSameAsRequest
	// DangerouslyInsecure never writes the attribute. Somebody on the way who can
	// replace a cookie over plain HTTP can then have forms accepted that are their own.
	DangerouslyInsecure
)

func (c Config) withDefaults() Config {
	c.FormField = cmp.Or(c.FormField, DefaultFormField)
	c.Header = cmp.Or(c.Header, DefaultHeader)
	c.MaxFormBytes = cmp.Or(c.MaxFormBytes, DefaultMaxFormBytes)
	c.Cookie.Extensions = slices.Clone(c.Cookie.Extensions)
	if c.Profile == ASPNETCore {
		c.Mode = cmp.Or(c.Mode, TokensOnly)
		c.Cookie.Name = cmp.Or(c.Cookie.Name, token.CookieName(c.KeyRing.Status().Application))
		c.Cookie.SameSite = cmp.Or(c.Cookie.SameSite, http.SameSiteStrictMode)
		c.Cookie.Secure = cmp.Or(c.Cookie.Secure, DangerouslyInsecure)
	} else {
		c.Mode = cmp.Or(c.Mode, BrowserFirst)
		c.Cookie.Path = cmp.Or(c.Cookie.Path, "/")
		c.Cookie.Name = cmp.Or(c.Cookie.Name, c.Cookie.defaultName())
		c.Cookie.SameSite = cmp.Or(c.Cookie.SameSite, http.SameSiteLaxMode)
	}
	if c.Refused == nil {
		c.Refused = Refuse
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (c *Cookie) defaultName() string {
	if c.Domain != "" || c.Path != "/" {
		return setcookie.SecurePrefix + "sealring-csrf"
	}
	return setcookie.HostPrefix + "sealring-csrf"
}

func (c *Config) check(p *confcheck.Problems) {
	p.Add(c.KeyRing == nil, "KeyRing", "required: dataprotection.Open opens one")
	p.Add(c.Profile != Safest && c.Profile != ASPNETCore, "Profile", "unknown")
	p.Add(c.Mode < ModeDefault || c.Mode > BrowserAndTokens, "Mode", "unknown")
	p.Add(c.PathBase != "" && !grammar.IsPathBase(c.PathBase), "PathBase", grammar.NotPathBase)
	p.Add(!grammar.IsToken(c.Header), "Header", grammar.NotToken)
	p.Add(c.NoHeader && c.NoForm, "NoHeader", "with NoForm too there is no place for tokens")
	p.Add(c.MaxFormBytes < 0, "MaxFormBytes", "negative")
	p.Add((c.AdditionalData == nil) != (c.CheckAdditionalData == nil), "AdditionalData", "needs CheckAdditionalData, and the other way round")
	c.Cookie.check(p, c.Profile != ASPNETCore)
}

func (c *Cookie) check(p *confcheck.Problems, strict bool) {
	line := setcookie.Attributes{
		MaxAge: c.MaxAge, Domain: c.Domain, Path: c.Path, SameSite: c.SameSite, Extensions: c.Extensions,
		Secure: c.Secure == SecureDefault || c.Secure == SecureAlways,
	}
	line.Check(p, c.Name)
	p.Add(c.Secure < SecureDefault || c.Secure > DangerouslyInsecure, "Cookie.Secure", "unknown")
	if strict {
		line.CheckDropped(p, c.Name)
	}
}

// newExemptions returns a mux in which the patterns lead to exempt.
func newExemptions(patterns []string, p *confcheck.Problems) *http.ServeMux {
	if len(patterns) == 0 {
		return nil
	}
	mux := http.NewServeMux()
	for _, pattern := range patterns {
		if reason := addPattern(mux, pattern); reason != "" {
			p.Add(true, "DangerouslyExempt", reason)
		}
	}
	return mux
}

// addPattern turns the panic of a ServeMux into a reason. That of a conflict begins
// with where the patterns were registered, which is below.
func addPattern(mux *http.ServeMux, pattern string) (reason string) {
	defer func() {
		if cause := recover(); cause != nil {
			reason = fmt.Sprint(cause)
			if _, conflict, ok := strings.Cut(reason, "\n"); ok {
				reason = conflict
			}
		}
	}()
	mux.Handle(pattern, exempt)
	return ""
}
