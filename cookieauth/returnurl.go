package cookieauth

import (
	"net/http"

	"github.com/sealring/sealring/internal/localurl"
	"github.com/sealring/sealring/internal/ordinal"
)

// ReturnURL returns where a visitor wanted to go before being sent to the login
// page: the query parameter of that request, if the request is for LoginPath or
// LogoutPath and the address is one of this site. Otherwise it returns "".
//
// A login form keeps the parameter if it is posted to the address that it was
// loaded from, as by a form element without action.
func (a *Authenticator) ReturnURL(r *http.Request) string {
	_, path := a.splitPath(r)
	if !isPage(path, a.cfg.LoginPath) && !isPage(path, a.cfg.LogoutPath) {
		return ""
	}
	if target := queryValue(r, a.cfg.ReturnURLParameter); localurl.IsLocal(target) {
		return target
	}
	return ""
}

func isPage(path, page string) bool { return page != "" && ordinal.EqualFold(path, page) }

// RedirectBack ends a request that signed in or out: it redirects to target, which
// is trusted and may be anywhere, or if that is empty to ReturnURL. A script gets
// the address in Location, with status 200. RedirectBack returns false, and has
// done nothing, if there is nowhere to go.
//
//	if !auth.RedirectBack(w, r, "") {
//		http.Redirect(w, r, "/", http.StatusSeeOther)
//	}
func (a *Authenticator) RedirectBack(w http.ResponseWriter, r *http.Request, target string) bool {
	if target == "" {
		target = a.ReturnURL(r)
	}
	if target == "" {
		return false
	}
	c := &RedirectContext{Writer: w, Request: r, RedirectURI: escapeLocation(target)}
	c.redirect = func(c *RedirectContext) {
		c.Writer.Header().Set("Location", c.RedirectURI)
		if a.IsScript(c.Request) {
			c.Writer.WriteHeader(http.StatusOK)
		} else {
			c.Writer.WriteHeader(http.StatusFound)
		}
	}
	answer(c, a.cfg.Events.RedirectToReturnURL)
	return true
}
