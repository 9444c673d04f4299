// Package cookieauthtest makes logged-in requests and clients for the tests of
// programs that use package cookieauth:
//
//	auth := cookieauthtest.New(t, cookieauth.Config{})
//	alice := claims.New("42", claims.Name("alice"))
//
//	// without a server
//	r := cookieauthtest.Request(t, auth, httptest.NewRequest("GET", "/account", nil), alice)
//	handler.ServeHTTP(w, r)
//
//	// with one
//	client := cookieauthtest.Client(t, auth, server, alice)
//	resp, err := client.Get(server.URL + "/account")
//
// Both sign in for real: events are called, sessions are made, and the cookie is
// what a browser would have. Nothing of the program under test is switched off.
//
// A [Clock] makes logins grow old in no time.
package cookieauthtest
