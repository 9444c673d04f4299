package antiforgery

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sealring/sealring/internal/cookie"
	"github.com/sealring/sealring/internal/ordinal"
	"github.com/sealring/sealring/internal/origin"
	"github.com/sealring/sealring/internal/setcookie"
)

// transport returns the cookie's name for a request, and whether it is Secure. The
// error is ErrInsecureTransport if there must be none.
func (p *Protection) transport(r *http.Request) (name string, secure bool, err error) {
	name = p.cfg.Cookie.Name
	switch https := origin.IsHTTPS(r); {
	case p.cfg.Cookie.Secure == DangerouslyInsecure:
		return name, false, nil
	case https:
		return name, true, nil
	case p.cfg.Cookie.Secure == SecureSameAsRequest:
		return name, false, nil
	case p.cfg.Cookie.Secure == SecureDefault && origin.IsLoopback(r):
		return p.plainName, false, nil
	}
	return "", false, ErrInsecureTransport
}

// cookieText returns the cookie of a request, "" if there is none. Of several the
// last counts. Names are compared as they are, by ASP.NET Core in any case.
func (p *Protection) cookieText(r *http.Request, name string) string {
	h := cookie.Of(r, p.reference)
	if raw, count := h.Find(name); count == 0 || count == 1 && isPlain(raw) {
		return raw
	}
	return h.Last(name)
}

// isPlain reports whether a cookie is its own value: nothing in it is encoded, or
// would make it malformed.
func isPlain(raw string) bool {
	for _, c := range []byte(`%" ,\`) {
		if strings.IndexByte(raw, c) >= 0 {
			return false
		}
	}
	return true
}

// setCookie adds the line that sets the cookie to those that wait.
func (p *Protection) setCookie(h http.Header, r *http.Request, name string, secure bool, value string) {
	c := &p.cfg.Cookie
	attributes := setcookie.Attributes{
		MaxAge: c.MaxAge, Domain: c.Domain, Path: p.cookiePath(r), Secure: secure, SameSite: c.SameSite,
		HTTPOnly: !c.DangerouslyExposeToScripts, Extensions: c.Extensions,
	}
	line := make([]byte, 0, len(name)+len(value)+128)
	line = append(append(append(line, name...), '='), value...)
	setcookie.Append(h, string(attributes.AppendTo(line)))
}

// waitingCookie returns the value of the cookie that an earlier call has set in
// the response to the same request, or "".
func waitingCookie(h http.Header, name string) (value string) {
	for _, line := range h["Set-Cookie"] {
		if setcookie.Sets(line, name) {
			value, _, _ = strings.Cut(line[len(name)+1:], ";")
		}
	}
	return value
}

// cookiePath returns the configured path, else the path base of the request.
func (p *Protection) cookiePath(r *http.Request) string {
	if p.cfg.Cookie.Path != "" {
		return p.cfg.Cookie.Path
	}
	base := p.cfg.PathBase
	path := r.URL.Path
	if full, err := url.ParseRequestURI(r.RequestURI); err == nil {
		path = full.Path // a router may have taken a prefix off r.URL
	}
	n := len(base)
	if n == 0 || len(path) < n || !ordinal.EqualFold(path[:n], base) || len(path) > n && path[n] != '/' {
		return "/"
	}
	return (&url.URL{Path: path[:n]}).EscapedPath()
}
