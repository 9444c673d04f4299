package cookieauth

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/chunk"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/setcookie"
)

// A Profile is a set of defaults. Single fields of Config override either.
type Profile int

const (
	// Safest is the profile of programs that share no login with .NET. The cookie is
	// __Host-sealring with Secure, HttpOnly and SameSite=Lax. Over plain HTTP there is
	// no sign-in, except between a browser and a server on the same machine.
	Safest Profile = iota
	// ASPNETCore has every default, and every behaviour, of ASP.NET Core: the cookie
	// is .AspNetCore.Cookies, Secure where the request was; login, logout and
	// access-denied paths are /Account/Login and so on.
	ASPNETCore
)

// Defaults of Config.
const (
	DefaultScheme             = "Cookies"
	DefaultLifetime           = 14 * 24 * time.Hour
	DefaultReturnURLParameter = "ReturnUrl"
	DefaultChunkSize          = chunk.DefaultSize
	// DefaultMaxCookieSize is what common proxies let pass in a line of a request's
	// header, less some room for other cookies.
	DefaultMaxCookieSize = 7 << 10
)

// Config configures an Authenticator. It is copied; changing it later has no effect.
type Config struct {
	_ struct{}

	// KeyRing seals the tickets. Required.
	KeyRing *dataprotection.KeyRing

	// Profile chooses the defaults of the other fields.
	Profile Profile

	// Scheme names this way of signing in. It is part of what the cookie is sealed
	// for, so programs that share a login use the same, to the letter. Schemes with
	// different names are independent of each other. The default is "Cookies".
	Scheme string

	// Cookie says what the cookie is like.
	Cookie Cookie

	// Lifetime is how long a ticket is valid from its issue. The default is 14 days.
	// It does not make the cookie outlive the browser; SignInOptions.Persistent does.
	Lifetime time.Duration

	// NoSliding lets tickets end when they were first said to. Otherwise a ticket that
	// is past half of its life is renewed for a whole one whenever it is used, and so
	// is one that was sealed with a key that the ring no longer seals with (not with
	// the profile ASPNETCore).
	NoSliding bool

	// AbsoluteLifetime is how long a user stays signed in at most, however often the
	// ticket is renewed; then they must prove again who they are. The default is no
	// such bound: a cookie that is used, by whomever, lives on. A ticket that was
	// made without it counts from its issue. A .NET program that renews the ticket
	// keeps the date but does not know of the bound; here it holds all the same.
	AbsoluteLifetime time.Duration

	// Cutoffs, if set, make signing out end the session everywhere, and not only in
	// this browser: each sign-in gets an id that its ticket keeps, and a ticket of a
	// session that was ended is refused by every instance that has Cutoffs on the same
	// store. The cookie holds the ticket as before. One that ASP.NET Core has made can
	// be ended, too; .NET programs themselves go on accepting it.
	Cutoffs *Cutoffs

	// TicketStore, if set, keeps the tickets on the server: the cookie holds only the
	// sealed id of a session. Sessions can then be listed and ended one by one, and a
	// ticket may be of any size. Each request reads the store once. Programs share such
	// a login only if they share the store, so none in .NET does; give it a scheme of
	// its own. Setting it signs out who is signed in without, once.
	TicketStore TicketStore

	// Revalidation asks at intervals whether a user may still be signed in.
	Revalidation Revalidation

	// PathBase is the path below which the program lives, such as "/app", if the
	// requests that arrive here have it in their paths, or middleware.PublicOrigin puts
	// back what a proxy has taken off. Login and other paths are below it.
	PathBase string

	// LoginPath is where visitors are sent who must sign in first. Without one they
	// are answered with status 401. With the profile ASPNETCore it is /Account/Login.
	// It must be free of RequireUser itself.
	LoginPath string

	// LogoutPath is where users sign out; RedirectBack serves it like LoginPath. With
	// the profile ASPNETCore it is /Account/Logout.
	LogoutPath string

	// AccessDeniedPath is where users are sent who are signed in but may not do what
	// they ask for. Without one they are answered with status 403. With the profile
	// ASPNETCore it is /Account/AccessDenied. It must not demand what users may lack.
	AccessDeniedPath string

	// ReturnURLParameter is the query parameter that tells the login page where the
	// visitor wanted to go. The default is "ReturnUrl".
	ReturnURLParameter string

	// ChunkSize is how long a Set-Cookie line may be, attributes included; larger
	// cookies are split. The default is 4050, which every browser takes. Below zero
	// nothing is ever split.
	ChunkSize int

	// MaxCookieSize is how many characters a user's cookie may have, all chunks
	// together, before SignIn returns a *TicketSizeError. The default is 7 KiB. With
	// the profile ASPNETCore and below zero it is 64 KiB, which is also the most that it
	// can be: more is not read.
	MaxCookieSize int

	// VaryCookie adds "Vary: Cookie" to every answer that comes through Handler or one
	// of the Require methods, so that a cache does not serve a page that was made for
	// one user to another. It is for sites whose pages may be cached; those that no
	// user is seen on should then stand outside of Handler. A handler that replaces the
	// Vary header has to name Cookie itself.
	VaryCookie bool

	// Events are called at the turning points of a login.
	Events Events

	// Logger receives sign-ins and sign-outs, at debug level why a cookie was not
	// accepted, and failures of our own. It never receives a cookie. The default is
	// slog.Default().
	Logger *slog.Logger

	// Now is the clock. The default is time.Now. It is for tests.
	Now func() time.Time
}

// Cookie says what a cookie is like.
type Cookie struct {
	_ struct{}

	// Name is the name of the cookie. Parts of a large one are called nameC1, nameC2….
	// The default is __Host-sealring, or __Secure-sealring if Domain or Path say that
	// other hosts or only some paths shall have it, with the scheme behind it unless
	// that is the default one. With the profile ASPNETCore it is ".AspNetCore." and
	// the scheme.
	Name string

	// Domain shares the cookie with the other hosts of a domain, each of which can
	// then read and replace it. Empty means this host only.
	Domain string

	// Path is the path below which the browser sends the cookie. The default is "/";
	// with the profile ASPNETCore it is the path base. Paths are no protection: a page
	// elsewhere on the host can get at the cookie.
	Path string

	// SameSite says whether requests that other sites make carry the cookie. The
	// default is Lax: only when the user goes from there to here. None lets other
	// sites act for the user unless package antiforgery stands before it.
	// http.SameSiteDefaultMode writes no attribute and leaves it to the browser.
	SameSite http.SameSite

	// Secure says over which connections the cookie may travel.
	Secure SecurePolicy

	// DangerouslyExposeToScripts lets scripts in the page read the cookie, so that
	// one injected script can carry the login away.
	DangerouslyExposeToScripts bool

	// MaxAge, if not zero, is written as the attribute of that name, in whole seconds,
	// on each cookie, persistent or not. It does not change how long the ticket is valid.
	MaxAge time.Duration

	// Extensions are further attributes, verbatim, such as "partitioned".
	Extensions []string
}

// A SecurePolicy says over which connections a cookie may travel.
type SecurePolicy int

const (
	// SecureDefault is SecureAlways, except that a browser and a server on the same
	// machine may do without TLS, under a name without prefix. With the profile
	// ASPNETCore it is SecureSameAsRequest.
	SecureDefault SecurePolicy = iota
	// SecureAlways writes the attribute in every case.
	SecureAlways
	// SecureSameAsRequest writes the attribute if the request came over HTTPS. A user
	// who signs in over plain HTTP shows the cookie to everybody on the way.
	SecureSameAsRequest
	// DangerouslyInsecure never writes the attribute: the browser sends the cookie over
	// plain HTTP too, where everybody on the way can read it.
	DangerouslyInsecure
)

// withDefaults returns the configuration completed, or an error that names
// everything that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	reference := c.Profile == ASPNETCore
	c.Scheme = cmp.Or(c.Scheme, DefaultScheme)
	c.Lifetime = cmp.Or(c.Lifetime, DefaultLifetime)
	c.ReturnURLParameter = cmp.Or(c.ReturnURLParameter, DefaultReturnURLParameter)
	c.ChunkSize = cmp.Or(c.ChunkSize, DefaultChunkSize)
	c.Cookie.SameSite = cmp.Or(c.Cookie.SameSite, http.SameSiteLaxMode)
	c.Cookie.Extensions = slices.Clone(c.Cookie.Extensions)
	c.Cookie.Name = cmp.Or(c.Cookie.Name, c.defaultName())
	if reference {
		c.LoginPath = cmp.Or(c.LoginPath, "/Account/Login")
		c.LogoutPath = cmp.Or(c.LogoutPath, "/Account/Logout")
		c.AccessDeniedPath = cmp.Or(c.AccessDeniedPath, "/Account/AccessDenied")
		c.MaxCookieSize = cmp.Or(c.MaxCookieSize, maxRead)
		c.Cookie.Secure = cmp.Or(c.Cookie.Secure, SecureSameAsRequest)
	} else {
		c.MaxCookieSize = cmp.Or(c.MaxCookieSize, DefaultMaxCookieSize)
		c.Cookie.Path = cmp.Or(c.Cookie.Path, "/")
	}
	if c.MaxCookieSize < 0 || c.MaxCookieSize > maxRead {
		c.MaxCookieSize = maxRead
	}
	c.Revalidation = c.Revalidation.withDefaults()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = c.Logger.With("scheme", c.Scheme)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, c.check()
}

func (c *Config) defaultName() string {
	if c.Profile == ASPNETCore {
		return ".AspNetCore." + escapeData(c.Scheme)
	}
	name := setcookie.HostPrefix + "sealring"
	if c.Cookie.Domain != "" || c.Cookie.Path != "" && c.Cookie.Path != "/" {
		name = setcookie.SecurePrefix + "sealring"
	}
	if c.Scheme != DefaultScheme {
		name += "-" + escapeData(c.Scheme)
	}
	return name
}

func (c *Config) check() error {
	var p confcheck.Problems
	p.Add(c.KeyRing == nil, "KeyRing", "required: dataprotection.Open opens one")
	p.Add(c.Profile != Safest && c.Profile != ASPNETCore, "Profile", "unknown")
	p.Add(!utf8.ValidString(c.Scheme), "Scheme", "not valid UTF-8")
	p.Add(c.Lifetime < time.Second, "Lifetime", "less than a second")
	p.Add(c.AbsoluteLifetime < 0 || c.AbsoluteLifetime > 0 && c.AbsoluteLifetime < time.Second, "AbsoluteLifetime", "less than a second")
	p.Add(c.AbsoluteLifetime > longestOfAll, "AbsoluteLifetime", "more than 100 years")
	p.Add(c.PathBase != "" && !grammar.IsPathBase(c.PathBase), "PathBase", grammar.NotPathBase)
	p.Add(c.LoginPath != "" && !grammar.IsPath(c.LoginPath), "LoginPath", grammar.NotPath)
	p.Add(c.LogoutPath != "" && !grammar.IsPath(c.LogoutPath), "LogoutPath", grammar.NotPath)
	p.Add(c.AccessDeniedPath != "" && !grammar.IsPath(c.AccessDeniedPath), "AccessDeniedPath", grammar.NotPath)
	if c.Cutoffs != nil {
		p.Add(!c.Cutoffs.opened(), "Cutoffs", "not opened: OpenCutoffs opens them")
		p.Add(c.Cutoffs.opened() && c.Lifetime > c.Cutoffs.longestLife(), "Lifetime", "longer than CutoffsConfig.LongestLife")
	}
	c.Revalidation.check(&p)
	c.Cookie.check(&p, c.Profile != ASPNETCore)
	return p.Err("cookieauth")
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
