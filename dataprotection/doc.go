// Package dataprotection protects data with keys that look after themselves.
//
// A [KeyRing] keeps keys in a [Store], such as a directory, that all instances of
// an application share. It makes the first key and, every 90 days, the next one;
// instances agree on which key seals, and old keys go on opening what they have
// sealed until they are revoked. The formats and the rules are those of ASP.NET
// Core Data Protection, byte for byte: a Go and a .NET program can share one ring.
//
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       filestore.New("/var/lib/shop/keys"),
//	})
//	if err != nil {
//		return err
//	}
//	defer ring.Close()
//	resets := ring.Protector("Shop.PasswordReset", "v1")
//	sealed, err := resets.Protect([]byte("user 42"))
//	opened, err := resets.Unprotect(ctx, sealed)
//
// A [Protector] encrypts and authenticates. Its purposes isolate: what one
// protector has made, only one of the same purposes and application opens. Text
// comes out of ProtectString, payloads with an end out of [Protector.TimeLimited],
// links that carry a value out of [Typed]. A [Manager] lists, makes, revokes and
// deletes keys.
//
// What is protected stays secret and cannot be changed or made up by anyone who
// cannot read the keys. It can be replayed, and its length shows. Whoever can
// read the store has the keys, unless a [Sealer] encrypts them; whoever can write
// to it can slip in keys, sealed or not. Payloads open as long as their key is in
// the ring: choose TimeLimited where that is too long.
//
// Errors say whose problem it is: a *[ConfigError] the programmer's,
// [ErrInvalidPayload] the client's, [ErrUnavailable] that of the ring and its
// store. An outage of the store never makes a payload look invalid, costs nothing
// while the keys are known, and never makes the ring create a key.
//
// Later versions will open what this one seals, and read the keys it writes.
package dataprotection
