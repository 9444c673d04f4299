package cookieauth

import (
	"net/http"

	"github.com/sealring/sealring/internal/chunk"
)

// SignOut removes the login cookie from the browser, all parts of it, and keeps
// the response out of caches. It writes neither status nor body. It works for
// visitors who are not signed in, too.
//
// With Config.Cutoffs or Config.TicketStore it ends the session on all instances,
// before it returns, so that copies of the cookie are worth nothing from then on. With
// both, the cut-off alone ends it; that the store did not remove it is for the log.
// Without, a copy that was made before stays valid until its ticket ends.
//
// The errors are ErrHeaderSent and ErrInsecureTransport, as of SignIn; a browser
// does not let a cookie be removed over a connection that is less safe than the
// cookie. One names Events.SigningOut, which made a cookie that cannot be sent. Then
// nothing has been done. An error that Is dataprotection.ErrUnavailable
// says that the session could not be ended, and the cookie is left in the browser, so
// that the user can try again.
func (a *Authenticator) SignOut(w http.ResponseWriter, r *http.Request) error {
	if a.tooLate(w, r) {
		return ErrHeaderSent
	}
	name, attributes, err := a.cookieFor(r)
	if err != nil {
		return err
	}
	if a.cfg.Events.SigningOut != nil {
		if attributes, err = a.signingOut(r, name, attributes); err != nil {
			return err
		}
	}
	if err := a.endPresent(r, w.Header()); err != nil {
		return err
	}
	a.settle(r)
	if !a.reference {
		chunk.Forget(w.Header(), name) // one line for each name
	}
	chunk.Delete(w.Header(), a.cookies(r), name, attributes.line())
	forbidCaching(w.Header())
	a.cfg.Logger.InfoContext(r.Context(), "signed out")
	return nil
}

func (a *Authenticator) signingOut(r *http.Request, name string, attributes CookieAttributes) (CookieAttributes, error) {
	secure := attributes.Secure
	c := &SigningOutContext{Request: r, Cookie: &attributes}
	a.cfg.Events.SigningOut(c)
	removal := CookieAttributes(c.Cookie.line().Expired())
	return removal, a.checkChanged("SigningOut", name, secure, removal)
}
