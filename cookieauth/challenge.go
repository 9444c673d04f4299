package cookieauth

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/sealring/sealring/internal/origin"
)

// Challenge answers a request for which the visitor must sign in first: it sends
// a browser to the login page, and a script away with status 401 and the login
// page's address in Location. ReturnURL is where the visitor is to come back to;
// if it is empty, to what was requested.
//
// What counts as a script is said at IsScript.
func (a *Authenticator) Challenge(w http.ResponseWriter, r *http.Request, returnURL string) {
	a.sendAway(w, r, a.cfg.LoginPath, returnURL, http.StatusUnauthorized, a.cfg.Events.RedirectToLogin)
}

// Forbid answers a request for which the user is known but has no permission: it
// sends a browser to the access-denied page, and a script away with status 403.
// ReturnURL is as for Challenge.
func (a *Authenticator) Forbid(w http.ResponseWriter, r *http.Request, returnURL string) {
	a.sendAway(w, r, a.cfg.AccessDeniedPath, returnURL, http.StatusForbidden, a.cfg.Events.RedirectToAccessDenied)
}

func (a *Authenticator) sendAway(w http.ResponseWriter, r *http.Request, page, returnURL string, status int, event func(*RedirectContext)) {
	if page == "" {
		refuse(w, status)
		return
	}
	if _, path := a.splitPath(r); !a.reference && isPage(path, page) {
		a.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "the login or access-denied page itself demands a login or a permission, which would redirect for ever", slog.String("path", path))
		refuse(w, status)
		return
	}
	c := &RedirectContext{Writer: w, Request: r, RedirectURI: a.pageURL(r, page, returnURL)}
	c.redirect = func(c *RedirectContext) {
		c.Writer.Header().Set("Location", c.RedirectURI)
		if a.IsScript(c.Request) {
			c.Writer.WriteHeader(status)
		} else {
			c.Writer.WriteHeader(http.StatusFound)
		}
	}
	answer(c, event)
}

func answer(c *RedirectContext, event func(*RedirectContext)) {
	if event != nil {
		event(c)
		return
	}
	c.Redirect()
}

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }

// pageURL returns the address of the login or access-denied page. Without anybody
// who vouches for the public origin it names no host: the Host header is the
// client's to choose. The reference always names it.
func (a *Authenticator) pageURL(r *http.Request, page, returnURL string) string {
	base, _ := a.splitPath(r)
	if returnURL == "" {
		path, query := requested(r)
		returnURL = escapePath(path)
		if query != "" {
			returnURL += "?" + strings.ReplaceAll(query, "#", "%23")
		}
	}
	url := escapePath(base) + escapePath(page) + "?" + escapeQuery(a.cfg.ReturnURLParameter) + "=" + escapeQuery(returnURL)
	if _, public := origin.Public(r); public || a.reference {
		return origin.Of(r).String() + url
	}
	return url
}

// IsScript reports whether a request was made by a script, which has no use for a
// login page. It goes by X-Requested-With: XMLHttpRequest, as header or query
// parameter; by Sec-Fetch-Mode, which browsers send, if it is not navigate; and
// where there is none by Sec-Fetch-Dest: empty, and by Accept, if that names JSON or an
// event stream and no HTML. With the profile ASPNETCore only X-Requested-With counts.
func (a *Authenticator) IsScript(r *http.Request) bool {
	const xhr = "XMLHttpRequest"
	if strings.Join(r.Header.Values("X-Requested-With"), ",") == xhr || queryValue(r, "X-Requested-With") == xhr {
		return true
	}
	if a.reference {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode != "navigate"
	}
	if r.Header.Get("Sec-Fetch-Dest") == "empty" {
		return true
	}
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	return (strings.Contains(accept, "json") || strings.Contains(accept, "text/event-stream")) && !strings.Contains(accept, "text/html")
}
