package antiforgery

import (
	"context"
	"net/http"

	"github.com/sealring/sealring/antiforgery/internal/token"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/journey"
)

// Tokens are what a page needs for the requests that it will make. They are good
// for one user and one browser, any number of times and in any number of tabs, as
// long as their key is in the ring.
type Tokens struct {
	// Request is the token that requests must bring, in base64url.
	Request string
	// Cookie is the new value of the cookie, or "" if the one that the browser has, or
	// is about to get, is good.
	Cookie string
	// FormField and Header are where requests may bring the token. Header is empty if
	// only forms may.
	FormField, Header string
}

// Token is Tokens for those who need the request token only.
func (p *Protection) Token(w http.ResponseWriter, r *http.Request) (string, error) {
	t, err := p.Tokens(w, r)
	return t.Request, err
}

// Tokens makes tokens for the user of a request. It sets the cookie unless the
// browser has a good one, and keeps the response out of caches. It must be called
// before the response is written to. Called again, it makes another request token
// for the same cookie.
//
// The error Is dataprotection.ErrUnavailable when the ring cannot make or open
// tokens now; the cookie is left alone then. It is ErrInsecureTransport when the
// cookie must not travel over this connection, and ErrHeaderSent when it is too
// late, as far as that can be told. Nothing has been done if there is an error.
func (p *Protection) Tokens(w http.ResponseWriter, r *http.Request) (Tokens, error) {
	if err := p.outage(r); err != nil {
		return Tokens{}, err
	}
	return p.TokensFor(w, r, claims.FromContext(r.Context()))
}

// TokensFor is Tokens for a user who has just been signed in, or for nil, who has
// just been signed out, in the same request. It is for pages that go on without
// being loaded anew: the tokens that they have are for whoever was there before.
func (p *Protection) TokensFor(w http.ResponseWriter, r *http.Request, user *claims.Principal) (Tokens, error) {
	name, secure, err := p.transport(r)
	if err != nil {
		return Tokens{}, err
	}
	text := waitingCookie(w.Header(), name)
	if text == "" {
		text = p.cookieText(r, name)
	}
	t, err := p.makeTokens(r, text, user)
	if err != nil {
		return Tokens{}, err
	}
	sent := journey.Begun(w, r)
	if t.Cookie != "" {
		if sent {
			return Tokens{}, ErrHeaderSent
		}
		p.setCookie(w.Header(), r, name, secure, t.Cookie)
		p.forbidFrames(w.Header())
	}
	if !sent && forbidCaching(w.Header()) {
		p.warnOfCaching(r)
	}
	return t, nil
}

// Peek makes tokens for the user of a request like Tokens, but leaves it to the
// caller to set the cookie, if there is a new one, and to keep the response out of
// caches.
func (p *Protection) Peek(r *http.Request) (Tokens, error) {
	if err := p.outage(r); err != nil {
		return Tokens{}, err
	}
	name, _, err := p.transport(r)
	if err != nil {
		return Tokens{}, err
	}
	return p.makeTokens(r, p.cookieText(r, name), claims.FromContext(r.Context()))
}

// makeTokens makes a request token for the cookie that has this text, or for a new
// one if that is no good.
func (p *Protection) makeTokens(r *http.Request, text string, user *claims.Principal) (Tokens, error) {
	cookie, isNew, err := p.cookieToken(r.Context(), text)
	if err != nil {
		return Tokens{}, err
	}
	var additional string
	if p.cfg.AdditionalData != nil {
		additional = p.cfg.AdditionalData(r)
	}
	request, err := cookie.ForRequest(userOf(user), additional)
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{FormField: p.cfg.FormField}
	if !p.cfg.NoHeader {
		t.Header = p.cfg.Header
	}
	if isNew {
		if t.Cookie, err = p.seal(&cookie); err != nil {
			return Tokens{}, err
		}
	}
	t.Request, err = p.seal(&request)
	return t, err
}

// cookieToken returns the token in the cookie, else a new one. One that cannot be
// judged now is not replaced: that would spoil the forms in other tabs.
func (p *Protection) cookieToken(ctx context.Context, text string) (t token.Token, isNew bool, err error) {
	if text == "" {
		return token.NewCookie(), true, nil
	}
	t, err = p.open(ctx, text)
	if err == nil && !t.IsCookie || isRefusal(err) {
		return token.NewCookie(), true, nil
	}
	return t, false, err
}

// userOf returns what the tokens of a principal are bound to. One that is yet to be
// signed in counts as whoever it will be.
func userOf(user *claims.Principal) token.User { return token.UserOf(user.Authenticated("yes")) }
