// Package dpapiseal encrypts the keys of a ring at rest with Windows DPAPI or
// DPAPI-NG, as ASP.NET Core's ProtectKeysWithDpapi and ProtectKeysWithDpapiNG do, so
// that programs in both worlds open each other's keys.
//
//	sealer, err := dpapiseal.New(dpapiseal.User)
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       filestore.New(`C:\ProgramData\shop\keys`),
//		Sealer:      sealer,
//	})
//
// Who can open what was sealed is for Windows to say. With [User] it is the account
// that the program runs as, on this machine, or wherever its profile roams to; with
// [Machine] it is everybody on this machine, which keeps keys from those who
// carry the disk away or read a backup and from nobody else. With [NewNG] it is
// whoever a rule names, such as a group of a domain, on any of its machines; the
// domain has to be reachable.
//
// Keys that DPAPI has sealed are lost with the account or the machine: when its
// password is reset by force, or the machine is set up anew. Keep a copy by
// Config.Escrow, or use a certificate (package x509seal).
//
// Elsewhere than on Windows New and NewNG return an error. An [Opener], which any
// system has, says there who sealed a key and where it can be opened.
package dpapiseal
