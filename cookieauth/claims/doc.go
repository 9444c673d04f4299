// Package claims says who a user is: a [Principal] has identities, an
// [Identity] has claims, and a [Claim] is one statement about the user, such as
// a name or a role.
//
// Make a principal with [New] and hand it to a sign-in; in a handler ask
// [FromContext] who is there:
//
//	p := claims.New("42", claims.Name("alice"), claims.Role("admin"))
//
//	if user := claims.FromContext(r.Context()); user.HasRole("admin") { … }
//
// FromContext returns nil for a visitor who is not signed in, and every method
// of a nil Principal answers as for nobody, so there is nothing to check first.
//
// The model and its rules are those of .NET's ClaimsPrincipal, because the
// tickets that carry it are shared with ASP.NET Core: claim types are compared
// without regard to case, values exactly. That includes roles: "Admin" is not
// "admin".
//
// A principal is immutable: everything that handles a request sees the same one.
// The identities and claims that it returns are plain data and MUST NOT be
// modified; Clone gives a copy of one's own. Looking up a claim costs next to
// nothing; asking for all identities takes the ticket apart.
package claims
