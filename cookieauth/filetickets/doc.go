// Package filetickets keeps sessions and cut-offs in a directory: for a program on
// one machine, or for a few on a mount that they share.
//
//	store, err := filetickets.New(filetickets.Config{Dir: "/var/lib/shop/sessions"})
//
// # Files
//
//	sessions/{id}/session       a line of JSON and the ticket
//	users/{hash}/{id}           an empty file for each session of a user
//	cutoffs/{hash}-{until}      the cut-offs of one call, a line of JSON each
//	cutoffs.version             a random text, new with each change of the cut-offs
//	temp/, ended/               what is on its way in and out
//
// Directories have mode 0700, files 0600. The hashes are SHA-256, of the user, who
// may be called anything, and of what the file holds, which tells damage.
//
// # What holds
//
// There are no locks, so none can be held by a dead process or be ignored by a
// network file system. What is written goes to a temporary file first, is synced,
// and gets its place by one rename.
//
// A session is a directory of its own. It comes into being whole, by a rename that
// does not replace another. An update renames a file within that directory. The
// end of a session renames the directory away, so that an update that is under way
// finds no place to go to: it cannot bring the session back, whoever of the two is
// faster. Then the directory is emptied and removed, so that nobody who still
// knows it by an older name can use it.
//
// A session is in the list of its user before it comes into being and until after
// it is gone. Whatever is killed in between, the list is only ever too long, and
// what is too much is not given out.
//
// The cut-offs are listed only when the version has changed, which is written after
// them and read before them. A cut-off that cannot be read makes the list an
// error.
//
// Every session that is created looks at a few others and removes those whose end
// is more than an hour ago; listing the cut-offs removes those.
//
// # On a mount
//
// Set Config.Shared and call [Provision] once: an unmounted share looks like an
// empty directory, in which everybody would be signed out and every cut-off
// forgotten. What this package rests on there is that a rename is atomic on the
// server and that opening a file asks the server, which NFS and SMB keep with their
// defaults. Listings may be remembered by a client for a minute (acdirmax), and so
// may it that a name was not there; the package makes and removes a file in a
// directory before it lists it, which makes a client ask anew. On Windows, and on
// SMB, a directory in which a file is open at that moment cannot be renamed: ending
// is tried again for a while and then fails with an error.
//
// What network file systems fail with in passing (a stale handle, an input/output
// error) is tried again, five times within 300 ms. A call that was carried out although
// its reply was lost counts as done.
//
// A system call on a hung mount cannot be cancelled. A call whose context ends
// returns at once while its goroutine waits for the kernel; there are at most 64 of
// them, and what was abandoned so may yet happen.
package filetickets
