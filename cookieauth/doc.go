// Package cookieauth signs users in and out with a cookie. The cookie holds a
// sealed ticket that says who the user is; nothing is kept on the server unless
// asked for. Cookies and behaviour are those of ASP.NET Core's cookie
// authentication, so that a Go program and a .NET program can share one login.
//
// Open a key ring, make an [Authenticator] and put its Handler around the program:
//
//	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login"})
//	…
//	mux.Handle("GET /account", auth.RequireUser(account))
//	mux.Handle("DELETE /users/{id}", auth.RequireRole("admin")(deleteUser))
//	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
//		// check the password, then:
//		if err := auth.SignIn(w, r, claims.New("42", claims.Name("alice")), nil); err != nil { … }
//		http.Redirect(w, r, "/", http.StatusSeeOther)
//	})
//	http.ListenAndServeTLS(":443", cert, key, auth.Handler(mux))
//
// Handler says who is there and never refuses anybody; RequireUser, RequireRole
// and RequireClaim do. In a handler, [Authenticator.User] or claims.FromContext
// returns the user.
//
// # What it protects from
//
// Nobody without the ring's keys can make a cookie, change one or read one. With
// the default [Profile] the cookie is sent over TLS only, is out of reach of
// scripts and of other hosts of the domain, and is not sent with requests that
// other sites make, except when a link is followed. What requests from other sites
// can still do is the business of package antiforgery.
//
// # What it does not
//
// Whoever has a cookie is the user until the ticket ends. Without [Cutoffs] or a
// [TicketStore] signing out only removes the cookie from the browser, and a copy made
// before stays valid; a short Lifetime bounds that. With either, signing out ends the
// session on every instance, and so do EndOtherSessions and its relatives.
//
// # Sharing a login with ASP.NET Core
//
// Set Profile to [ASPNETCore], which turns every default into that of ASP.NET Core,
// use one key ring and one application name, and the same scheme and cookie name.
package cookieauth
