// Package escrow keeps a copy of every new key where only its owner can open it,
// for the day on which the ring or what it is sealed with is lost.
//
// What ASP.NET Core leaves to its users, three parts belong together here: a sink
// that seals keys for an escrow certificate, Manager.Restore, which puts them
// back, and [Drill], which proves beforehand that this will work.
//
//	owner, err := x509seal.LoadPEM("escrow.crt", "") // without its private key
//	…
//	sink, err := escrow.Directory("/mnt/escrow/shop", owner)
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       filestore.Shared("/mnt/keys"),
//		Sealer:      cert,
//		Escrow:      []dataprotection.EscrowSink{sink},
//	})
//
// The machines that make keys need the certificate alone: they write to escrow and
// can read nothing of it. Its private key lies in a safe, and is needed for a
// restore or a drill. A key that cannot be escrowed is not made.
//
// An escrow is itself a store of key elements, in the format of a ring that is
// sealed with a certificate, one file a key. It holds no revocations. Keys from
// before there was an escrow are brought there by Manager.EscrowAll.
//
// docs/operations.md has the steps of a restore.
package escrow
