// Package certstore keeps certificates that users bring for their own ring, beside
// its keys in the same store.
//
// It is for hosters: a user uploads a certificate with its private key, and within a
// poll every program of that user, on every machine, seals new keys with it and opens
// what it has sealed, without a restart. The private key lies in the store encrypted
// by the hoster's root sealer, which every such program needs.
//
//	certs, err := certstore.Open(ctx, certstore.Config{
//		Store: store, // that of the ring
//		Owner: "alice",
//		Root:  root, // such as an *x509seal.Certificate or a *secretseal.Sealer
//	})
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       store,
//		Sealer:      certs,
//	})
//	…
//	info, err := certs.Add(ctx, pfx, password)
//
// The newest good certificate seals (x509seal.Certificates.NewestFirst); as long as
// there is none, the root sealer does. All of them open.
//
// Give each user a store of their own. Certificates are bound to their Owner besides: one that was copied
// from another user's store is not taken. Who may write to a store can
// remove certificates, and whoever holds the root can open everything.
//
// ASP.NET Core passes over the elements of this package with a warning in its log, and
// needs the certificate itself to read the keys.
package certstore
