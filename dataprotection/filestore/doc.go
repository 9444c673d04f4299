// Package filestore keeps a key ring in a directory, one XML file an element, in
// the layout of ASP.NET Core, whose programs may use the same directory.
//
// Call [New] for a directory on this machine and [Shared] for a mount that
// several machines use; [Provision] prepares the latter, once. Every file that
// this package makes has mode 0600 and a directory has 0700, in both cases, and what
// root makes belongs to the owner of the directory:
// whoever can read a key that is not sealed can forge logins, and whoever can
// write to the directory always can. A directory or file that others than the
// program's account can use is warned about in Snapshot.Warnings, with the command
// that ends it: on Unix by owner, mode and POSIX access control list (on SMB only
// where a mode is kept, since there the server decides), on Windows by the
// directory's owner and list, where SYSTEM and administrators do not count. Programs
// that run under several accounts need such rights, and have to live with the warning.
//
// # Reading
//
// Every entry whose name ends in ".xml" is an element (the case of the letters
// counts, except on Windows); hidden files and links are, subdirectories are not
// looked into, everything else is ignored. An entry that is there but cannot be
// read (no permission, empty, a directory, a dangling link, above 64 KiB, called
// just ".xml") is reported in Snapshot.Unreadable. So is what other programs leave
// behind: the dangling link ".#key.xml" of an editor that is still open, the
// "._key.xml" that macOS puts beside files on a share. As with ASP.NET Core, no ring
// opens until they are removed. Two files of one key are one key to a ring, if they
// open to the same, whatever their line breaks; ASP.NET Core refuses them. A file that vanishes while the
// directory is read, and what network file systems fail with in passing, is tried
// again a few times.
//
// A poll asks for names, sizes, times and modes, and the directory's mode, and
// opens only files in which one of these has changed, or that are so young that a
// second write might not show in their time. A file that another program rewrites in place, to the same size
// and with its old time put back, is not noticed.
//
// A system call on a hung mount cannot be cancelled. Each store therefore does
// its work in one goroutine at a time, and a call whose context ends returns at
// once while that goroutine may still wait for the kernel; later calls wait for
// it, or for their own context. If a time limit ended the call, the error names the
// directory that does not answer. An Add that was abandoned so may yet happen.
//
// # Writing
//
// An element is written to "{friendly name}.{random}.tmp", synced, given its final
// name without replacing anything (a hard link; where there are none, a rename
// that does not replace) and the directory is synced. A friendly name that is not
// made of letters, digits, hyphens and underscores, or that Windows keeps for a
// device, gives way to a random GUID.
// A process killed in between leaves the whole element or none of it. Temporary
// files that were left behind hold key material; the next Add removes those
// older than an hour, by the directory's own clock.
//
// # Compare and append
//
// Add with a version succeeds only if the set of element names is still the one
// that the version was made from; Replace does not count as a change. There are
// no locks, so none can be held by a dead process:
//
//  1. The element is written to its temporary file. As long as that file exists,
//     and only so long, anybody may publish the element under its name.
//  2. The writer claims the state it believes in: it creates, exclusively, the
//     file ".sealring-{hash of the names}-0.claim", which names the temporary file.
//     Of all who believe in one state, one gets the claim.
//  3. The winner lists the directory again. If the names have changed it takes its
//     temporary file away and reports ErrConflict; otherwise it publishes the
//     element, which takes the temporary file away, and then removes the claim.
//  4. Whoever finds the claim taken reads it and then lists again too. If the names
//     have not changed, it publishes the winner's element in its stead and reports
//     ErrConflict. So a winner that was killed or is slow holds nobody up.
//  5. If the claimed temporary file is gone although the names have not changed, the
//     claim is dead for good, its writer having failed or been cleaned up after. It
//     is left where it is (removing it could hit a newer one) and the next slot,
//     "…-1.claim", is tried. Claims hold no key material. Those of other states are
//     removed when they are a minute old.
//
// What this rests on is that creating a file exclusively has one winner and that a
// listing shows what was there before it began. Local file systems, NFS and SMB
// through the kernel keep both (docs/load-balancing.md has what was tested). Its limits:
//
//   - Programs of ASP.NET Core, and an Add without a version, make no claims. What
//     they add between step 3's listing and its publication is not noticed.
//   - If elements are removed so that an earlier set of names comes back, a process
//     that slept through all of it may hit a newer claim of the same name.
//   - Where hard links are not supported, a claim is created and then filled. If its
//     writer is killed in between, Adds for that state report ErrConflict for a
//     minute; a writer that sleeps for longer at that point may be overtaken. Where
//     a rename that does not replace is missing too (some FUSE file systems), the
//     name is looked for before the rename, and two writers of the same name at the
//     same moment may replace one another. No *.xml file is ever half written.
//   - Some FUSE clients of SMB have one winner for each mount instead of one in all.
//     There, several machines that start at once on an empty directory may create a
//     key each.
package filestore
