// Package hosting finds what an ASP.NET Core application on this machine would
// use by itself: the directory of its keys, its application name, and whether it
// has been told only to read. [Default] returns a store and a sealer accordingly.
//
// It is an aid for sharing a key ring with a .NET program that configures none of
// these. Where you can, name the directory and the application on both sides
// instead: what is found here changes with the account, the machine and the
// directory that a program is deployed to, and each change loses all logins.
//
//	dir, why, err := hosting.DefaultDirectory()
//	if err != nil {
//		return err
//	}
//	slog.Info("sharing keys with .NET", "directory", dir, "because", why)
//
// Everything here only looks, except that Default creates the directory.
package hosting
