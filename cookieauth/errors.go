package cookieauth

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrHeaderSent says that it is too late to sign in or out: the header of the
	// response has been sent, or the request has ended. Nothing was changed.
	ErrHeaderSent = errors.New("cookieauth: the response's header has been sent already; sign in and out before writing")

	// ErrInsecureTransport says that the cookie must not be sent over this
	// connection. Nothing was changed.
	ErrInsecureTransport = errors.New("cookieauth: the request did not come over HTTPS, and the cookie must not leave it; " +
		"behind a proxy that ends TLS install middleware.PublicOrigin, else set Config.Cookie.Secure")

	// ErrAnonymous says that a principal without an authenticated primary identity
	// was to be signed in.
	ErrAnonymous = errors.New("cookieauth: the principal has no authenticated identity; make it with claims.New or set AuthenticationType")
)

var errCutoffsNotOpened error = &storeError{"look up cut-offs", errors.New("not opened; use OpenCutoffs")}

// Why a cookie was not accepted. This is for the log; the visitor is anonymous.
var (
	errMalformed    = errors.New("the cookie is not base64url")
	errExpired      = errors.New("the ticket has expired")
	errTooOld       = errors.New("the session has reached its absolute end")
	errEndless      = errors.New("the ticket has no readable end")
	errReference    = errors.New("the ticket only refers to a session in a store")
	errAmbiguous    = errors.New("two valid cookies of one name belong to different sessions")
	errRejected     = errors.New("the ticket was rejected by Events.Validate")
	errEnded        = errors.New("the session has been ended")
	errUnidentified = errors.New("the ticket has no authenticated identity")
)

// A ClaimError says that a claim cannot be put into a ticket.
type ClaimError struct {
	// Type is the type of the claim, or says what else of a principal or a sign-in it is.
	Type string
	// Reason says what is wrong with it.
	Reason string
}

func (e *ClaimError) Error() string {
	return fmt.Sprintf("cookieauth: claim %q: %s", e.Type, e.Reason)
}

// A TicketSizeError says that a user's ticket makes too large a cookie. Many
// proxies refuse requests with more than about 8 KiB of cookies, so the user would
// be locked out until the cookie is deleted.
type TicketSizeError struct {
	// Size is how many characters the cookie would have, Limit how many it may have.
	Size, Limit int
	// Largest are the claims that take the most room, largest first.
	Largest []ClaimSize
}

// A ClaimSize says how much of a ticket the claims of one type take.
type ClaimSize struct {
	Type  string
	Bytes int
}

func (e *TicketSizeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cookieauth: the cookie would have %d characters, and may have %d; largest claims:", e.Size, e.Limit)
	for i, c := range e.Largest {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %s %d bytes", c.Type, c.Bytes)
	}
	return b.String()
}
