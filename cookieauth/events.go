package cookieauth

import (
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/internal/setcookie"
)

// Events are functions that are called at the turning points of a login. Nil ones
// are not called. They run within the request that they are about, and may run
// for several requests at once.
type Events struct {
	_ struct{}

	// Validate judges each ticket that has been read, before anybody learns who the
	// user is. An error says that it cannot be judged now: the request goes on without
	// a user, the cookie is left alone, and what demands a user answers 503.
	Validate func(*ValidateContext) error

	// CheckSliding may decide otherwise whether a ticket is renewed.
	CheckSliding func(*SlidingContext)

	// SigningIn may change what goes into a ticket and what its cookie is like. An
	// error stops the sign-in and is returned by SignIn, as is one about attributes that
	// New would refuse in a Config. It is not called for renewals.
	SigningIn func(*SigningInContext) error

	// SignedIn is called when the cookie has been added to the response.
	SignedIn func(*SignedInContext)

	// SigningOut may change the attributes of the cookie that is to be removed. It is
	// called before sessions are ended, which may still fail. Attributes that New would
	// refuse in a Config stop the sign-out, and SignOut returns the error.
	SigningOut func(*SigningOutContext)

	// LargeCookies is called for each request with a login cookie and more than 6 KiB of
	// cookies, everybody's together, with their size in bytes: something to count, since proxies begin to answer
	// 400 at 8 KiB, and the request then never gets here. The log tells of it, too, once
	// a minute at most, and names the largest.
	LargeCookies func(r *http.Request, size int)

	// RedirectToLogin, RedirectToAccessDenied and RedirectToReturnURL answer the
	// request instead of the redirect. The context's Redirect does what would have
	// been done.
	RedirectToLogin        func(*RedirectContext)
	RedirectToAccessDenied func(*RedirectContext)
	RedirectToReturnURL    func(*RedirectContext)
}

// A ValidateContext is what Events.Validate judges.
type ValidateContext struct {
	// Writer is the response. SignOut may be called with it; nothing may be written.
	Writer http.ResponseWriter
	// Request is the request.
	Request *http.Request
	// Principal is who the ticket says the user is. It must not be modified; put a
	// changed copy here, or one that claims.New makes, to have it take its place in this
	// request, and nil to reject the ticket.
	Principal *claims.Principal
	// Properties are those of the ticket. Changes, or others put in their place, are
	// kept if Renew is set.
	Properties *ticket.Properties
	// Renew asks for a new cookie with what is in this context. Unless both dates are
	// in Properties it does nothing. Without it, a renewal that is due anyway sends the
	// ticket as it was.
	Renew bool
}

// leftBy returns what an event has left of properties, or put in their place, which
// is then nobody else's.
func leftBy(p *ticket.Properties) ticket.Properties {
	if p == nil {
		return ticket.Properties{}
	}
	return p.Clone()
}

// Reject makes the visitor anonymous.
func (c *ValidateContext) Reject() { c.Principal = nil }

// A SlidingContext is what Events.CheckSliding judges.
type SlidingContext struct {
	Request    *http.Request
	Principal  *claims.Principal // not to be modified
	Properties ticket.Properties // not to be modified
	// Elapsed is the time since the ticket was issued or renewed, Remaining the time
	// until it ends.
	Elapsed, Remaining time.Duration
	// Renew is whether the ticket will be renewed.
	Renew bool
}

// CookieAttributes are the attributes of one cookie that is about to be sent.
type CookieAttributes struct {
	Expires    time.Time     // zero: the cookie ends with the browser's session
	MaxAge     time.Duration // zero: not written
	Domain     string
	Path       string
	Secure     bool
	SameSite   http.SameSite
	HTTPOnly   bool
	Extensions []string // not to be modified; put another list here
}

func (c *CookieAttributes) line() *setcookie.Attributes { return (*setcookie.Attributes)(c) }

// A SigningInContext is a sign-in that is about to happen.
type SigningInContext struct {
	Request   *http.Request
	Principal *claims.Principal // may be replaced, not modified
	// Properties are those of the ticket, or others put in their place. Dates that are
	// missing then are those of a sign-in now, except with the profile ASPNETCore.
	Properties *ticket.Properties
	// Cookie is what the cookie will be like. For a persistent one Expires is set
	// afterwards.
	Cookie *CookieAttributes
}

// A SignedInContext is a sign-in that has happened.
type SignedInContext struct {
	Request    *http.Request
	Principal  *claims.Principal // not to be modified
	Properties ticket.Properties // not to be modified
}

// A SigningOutContext is a sign-out that is about to happen.
type SigningOutContext struct {
	Request *http.Request
	Cookie  *CookieAttributes
}

// A RedirectContext is a redirect that is about to happen.
type RedirectContext struct {
	Writer  http.ResponseWriter
	Request *http.Request
	// RedirectURI is where the browser is sent.
	RedirectURI string

	redirect func(*RedirectContext)
}

// Redirect answers the request as it would be answered without an event.
func (c *RedirectContext) Redirect() { c.redirect(c) }
