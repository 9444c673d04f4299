// Package sessions_test has several instances of one program share sessions and
// cut-offs, with a store that comes and goes.
package sessions_test
