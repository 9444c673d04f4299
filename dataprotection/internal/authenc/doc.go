// Package authenc encrypts and authenticates payloads the way ASP.NET Core Data
// Protection does: subkeys for each payload from a random key modifier, then CBC
// with an HMAC over the ciphertext, or GCM (docs/formats.md, Key derivation and
// Encryptors).
//
// A [Key] holds what a suite and a master key make together. Bound to the
// additional authenticated data of a key id and a chain of purposes it becomes a
// [Bound], which seals and opens. The additional data is the label of the key
// derivation; neither the HMAC nor GCM sees it.
//
//	key, err := authenc.NewKey(suite, master)
//	bound := key.Bind(aad)
//	sealed, err := bound.AppendSeal(nil, plaintext)
//	plaintext, err = bound.AppendOpen(nil, sealed)
//
// Everything here is safe for concurrent use. The package writes the two HMACs
// out over the hashes of the standard library instead of using crypto/hmac:
// crypto/hmac cannot be keyed again, and making both anew for each payload doubles
// what a payload costs. The ciphers are the standard library's.
package authenc
