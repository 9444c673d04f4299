package cookieauth

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/cookie"
	"github.com/sealring/sealring/internal/origin"
	"github.com/sealring/sealring/internal/setcookie"
)

// An Authenticator signs users in and out under one scheme, and says who a
// request comes from. It may be used concurrently. Make one with New.
type Authenticator struct {
	cfg         Config
	protector   *dataprotection.Protector // for the cookie
	stored      *dataprotection.Protector // for tickets in Config.TicketStore
	updating    sync.Map                  // ids of stored sessions that are being updated
	plainName   string                    // the cookie's name without prefix, for plain HTTP on one machine; else ""
	reference   bool                      // as ASP.NET Core does it, where that is not the safest way
	sealing     atomic.Pointer[sealingHeader]
	largeLogged atomic.Int64 // when the log last told of large cookies, in nanoseconds
	checkFailed atomic.Int64 // when Revalidation.Check last could not tell, in nanoseconds
}

// New returns an Authenticator. It touches neither network nor disk. The error
// names everything that is wrong with cfg.
func New(cfg Config) (*Authenticator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Authenticator{
		cfg:       cfg,
		protector: cfg.KeyRing.Protector(ticket.Purposes(cfg.Scheme)...),
		reference: cfg.Profile == ASPNETCore,
	}
	if cfg.TicketStore != nil {
		a.protector = cfg.KeyRing.Protector(sessionPurpose, cfg.Scheme, sealedVersion)
		a.stored = cfg.KeyRing.Protector(storedPurpose, cfg.Scheme)
	}
	if cfg.Cookie.Secure == SecureDefault {
		a.plainName = strings.TrimPrefix(strings.TrimPrefix(cfg.Cookie.Name, setcookie.HostPrefix), setcookie.SecurePrefix)
	}
	return a, nil
}

// User returns who the request comes from, or nil, which is nobody. It knows only
// of this scheme and only behind Handler or one of the Require methods;
// claims.FromContext returns what all schemes together have found.
func (a *Authenticator) User(r *http.Request) *claims.Principal {
	return a.visit(r).principal()
}

// Ticket returns the ticket that the request's cookie holds, or nil if User
// returns nil. It must not be modified. Its properties tell when the login ends.
func (a *Authenticator) Ticket(r *http.Request) *ticket.Ticket {
	if v := a.visit(r); v.principal() != nil {
		return &v.ticket.Ticket
	}
	return nil
}

// plainLoopback reports whether the request came over plain HTTP from a browser
// on this machine, and such requests may do without TLS.
func (a *Authenticator) plainLoopback(r *http.Request) bool {
	return a.plainName != "" && !origin.IsHTTPS(r) && origin.IsLoopback(r)
}

// cookieFor returns name and attributes of the cookie for the answer to a request.
// The error is ErrInsecureTransport if it must have none.
func (a *Authenticator) cookieFor(r *http.Request) (name string, attributes CookieAttributes, err error) {
	c := &a.cfg.Cookie
	name = c.Name
	attributes = CookieAttributes{
		MaxAge: c.MaxAge, Domain: c.Domain, Path: c.Path, SameSite: c.SameSite,
		HTTPOnly: !c.DangerouslyExposeToScripts, Extensions: c.Extensions,
	}
	if attributes.Path == "" {
		attributes.Path = "/"
		if base, _ := a.splitPath(r); base != "" {
			attributes.Path = escapePath(base)
		}
	}
	switch https := origin.IsHTTPS(r); {
	case c.Secure == SecureSameAsRequest:
		attributes.Secure = https
	case c.Secure == DangerouslyInsecure:
	case https || a.reference:
		attributes.Secure = true
	case a.plainLoopback(r):
		name = a.plainName
	default:
		return "", CookieAttributes{}, ErrInsecureTransport
	}
	return name, attributes, nil
}

// cookies returns the cookies of a request, whose names ASP.NET Core compares
// without regard to case.
func (a *Authenticator) cookies(r *http.Request) cookie.Header { return cookie.Of(r, a.reference) }
