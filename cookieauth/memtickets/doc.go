// Package memtickets keeps sessions and cut-offs in memory. It is for tests, and
// for programs of one process that accept that everybody is signed out when it
// ends.
//
// Nothing runs in the background. Each session that is created takes a few
// expired ones away, and so does each cut-off, so that what is kept is bounded by
// what has not expired.
package memtickets
