// Package antiforgery keeps other sites from sending requests in a visitor's name
// (cross-site request forgery). Such a request is made by a page elsewhere, and the
// browser adds the visitor's cookies to it.
//
// Make a [Protection] and put its Handler behind what identifies the user:
//
//	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Outage: auth.Outage})
//	…
//	http.ListenAndServeTLS(":443", cert, key, auth.Handler(csrf.Handler(mux)))
//
// In chi that is r.Use(auth.Handler, csrf.Handler). Requests that change something
// are then let through only if the browser says that they come from this very
// site. Browsers have said so since 2023; where one does not, the request must
// bring a pair of tokens, one in a cookie and one in the form. So render forms with
// tokens:
//
//	tokens, err := csrf.Tokens(w, r) // before anything is written
//	if err != nil {
//		antiforgery.Refuse(w, r, err)
//		return
//	}
//	page.Execute(w, struct {
//		antiforgery.Tokens
//		…
//	}{tokens, …})
//
// with {{.AntiforgeryField}}, or {{antiforgeryField .}} with [Funcs], in each
// form that is posted. Tokens is a component of templ, too.
//
// # Scripts
//
// A script sends the token in the header RequestVerificationToken. It finds it in
// the page, as with hx-headers='{"RequestVerificationToken": "{{.Request}}"}' of
// htmx 2 (hx-headers:inherited of htmx 4), or gets it from
// [Protection.TokenEndpoint]. Frameworks that copy a cookie to a header, such as
// Angular, are served by a second cookie, which scripts can read:
//
//	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Header: "X-XSRF-TOKEN"})
//	…
//	http.SetCookie(w, &http.Cookie{Name: "XSRF-TOKEN", Value: tokens.Request, Path: "/", Secure: true, SameSite: http.SameSiteStrictMode})
//
// Uploads that are streamed use the header, too: a form is read only as far as
// Config.MaxFormBytes to find the token in it.
//
// # Users
//
// A request token is for one user, whom claims.FromContext names. After a sign-in or
// sign-out older ones do not count where tokens are asked for. Config.Refused can
// show the form again with a fresh one, since the body can still be read; a page that
// goes on without being loaded anew gets one from [Protection.TokensFor]. Requests
// of visitors who have not signed in are checked like all others: a page elsewhere
// could else sign them in as somebody else.
//
// # What it does not protect from
//
// A script that was injected into the site's own pages can do all that they can.
// GET, HEAD, OPTIONS and TRACE are never checked, except for WebSockets, and must
// change nothing.
//
// # Sharing forms with ASP.NET Core
//
// Set Profile to [ASPNETCore], and use one key ring and one application name. A form
// that one side renders can then be posted to the other.
package antiforgery
