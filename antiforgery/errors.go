package antiforgery

import (
	"errors"

	"github.com/sealring/sealring/antiforgery/internal/token"
)

var (
	// ErrInsecureTransport says that tokens are needed, and that their cookie must not
	// travel over this connection.
	ErrInsecureTransport = errors.New("antiforgery: the request did not come over HTTPS, and the cookie must not leave it; " +
		"behind a proxy that ends TLS install middleware.PublicOrigin, else set Config.Cookie.Secure")

	// ErrHeaderSent says that it is too late for the cookie that new tokens need: the
	// header of the response has been sent.
	ErrHeaderSent = errors.New("antiforgery: the response's header has been sent already; get tokens before writing")
)

// An Error says why a request is refused. Its text is for logs, not for clients;
// it holds no token and no name of a user.
type Error struct {
	Reason Reason
	// Err is what lies behind it, or nil.
	Err error
}

func (e *Error) Error() string {
	text := "antiforgery: " + e.Reason.text()
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what lies behind the refusal.
func (e *Error) Unwrap() error { return e.Err }

// isRefusal reports whether an error is the visitor's fault.
func isRefusal(err error) bool {
	if err == nil {
		return false
	}
	var refusal *Error
	return errors.As(err, &refusal)
}

// A Reason is why a request is refused.
type Reason int

// The reasons. The first three are what the browser says, the others are about
// tokens.
const (
	// CrossSite requests come from a page of another site.
	CrossSite Reason = iota + 1
	// SameSite requests come from a page of another host, port or scheme of the same
	// site. Where that page is one's own, Config.TrustedOrigins takes its origin.
	SameSite
	// OtherOrigin requests come, by the header Origin, from a page of another origin,
	// or what that is cannot be read. Err says which was seen and which expected; a
	// proxy that changes the host or ends TLS makes them differ unless
	// middleware.PublicOrigin knows of it.
	OtherOrigin
	// CookieMissing requests have no antiforgery cookie.
	CookieMissing
	// TokenMissing requests have no token in the header or the form.
	TokenMissing
	// Unreadable tokens, in cookie or request, were not made with this key ring, or
	// were changed. Err may say which key is missing.
	Unreadable
	// Swapped tokens are of the wrong kind: one for the cookie in the request, or the
	// other way round.
	Swapped
	// OtherCookie tokens were made for another cookie than the request has.
	OtherCookie
	// OtherUser tokens were made for a user of another name.
	OtherUser
	// OtherUserID tokens were made for a user with other claims, or for nobody, mostly
	// because the visitor has signed in or out since.
	OtherUserID
	// AdditionalData in the token was not accepted by Config.CheckAdditionalData.
	AdditionalData
	// UnreadableForm bodies are malformed or could not be read to the end.
	UnreadableForm
	// FormTooLarge bodies have no token within Config.MaxFormBytes.
	FormTooLarge

	reasons // how many there are, and one
)

// String returns a short name, for logs and metrics.
func (r Reason) String() string { return r.words().name }

func (r Reason) text() string { return r.words().text }

func (r Reason) words() reasonWords {
	if r < 1 || r >= reasons {
		return reasonWords{"unknown", "refused", ""}
	}
	return words[r]
}

// reasonWords are what operators are told, and what visitors are.
type reasonWords struct{ name, text, advice string }

const (
	adviceElsewhere = "The request came from a page of another site, so it was not carried out. If that is not what you meant to happen, there is nothing to do. Otherwise open this site and try again from there."
	adviceCookie    = "Your browser did not send a cookie that this form needs. Allow cookies for this site, go back, copy what you have typed, reload the page and send the form again."
	adviceReload    = "The page was open for too long or is out of date. Go back, copy what you have typed, reload the page and send the form again."
	adviceUser      = "You have signed in or out since the page was opened. Go back, copy what you have typed, reload the page and send the form again."
	adviceForm      = "The form did not arrive whole. Go back and send it again."
	adviceSize      = "The form is too large. Go back, send less at a time, and try again."
)

var words = [reasons]reasonWords{
	CrossSite:      {"cross-site", "the browser says that the request comes from another site", adviceElsewhere},
	SameSite:       {"same-site", "the browser says that the request comes from another origin of the same site", adviceElsewhere},
	OtherOrigin:    {"other-origin", "the request comes from another origin", adviceElsewhere},
	CookieMissing:  {"cookie-missing", "the cookie is not present", adviceCookie},
	TokenMissing:   {"token-missing", "no token was provided", adviceReload},
	Unreadable:     {"unreadable", "a token could not be opened", adviceReload},
	Swapped:        {"swapped", "cookie token and request token are swapped", adviceReload},
	OtherCookie:    {"other-cookie", "cookie token and request token do not belong together", adviceReload},
	OtherUser:      {"other-user", "the token is meant for a user of another name", adviceUser},
	OtherUserID:    {"other-user-id", "the token is meant for another user", adviceUser},
	AdditionalData: {"additional-data", "the additional data was not accepted", adviceReload},
	UnreadableForm: {"unreadable-form", "the form could not be read", adviceForm},
	FormTooLarge:   {"form-too-large", "no token was found in what is read of a form", adviceSize},
}

// reasonOf says what a fault of a pair means.
var reasonOf = map[token.Fault]Reason{
	token.Swapped:     Swapped,
	token.OtherCookie: OtherCookie,
	token.OtherUser:   OtherUser,
	token.OtherUserID: OtherUserID,
}
