// Package contextkey has the keys under which packages of this module keep in a
// request's context what others of it look up.
package contextkey

// User is the key of the *claims.Principal that a request comes from.
type User struct{}
