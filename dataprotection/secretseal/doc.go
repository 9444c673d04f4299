// Package secretseal encrypts the keys of a ring at rest with a passphrase or the
// content of a file: the choice for a small server without certificates.
//
//	secret, err := secretseal.LoadFile("/run/credentials/shop/ring-secret")
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       filestore.New("./keys"),
//		Sealer:      secret,
//		GoOnly:      true,
//	})
//
// GoOnly is needed because .NET does not know this format: a .NET program on the
// same store would meet a key that it cannot read, and write one of its own in clear.
//
// A good secret is one that nobody has thought up: `openssl rand -base64 32`. It is
// needed to open the ring for as long as there are keys that it has sealed; without it
// they are lost. To change it, seal with the new one and keep opening with the old:
//
//	Sealer: renewed, Openers: []dataprotection.Opener{old}
//
// Unlike a certificate, a secret is also a seal in the strict sense: who does not
// have it can neither read a key nor make one, nor pass off one key as another.
// What they can do is remove keys and revocations.
//
// # Format
//
// The element, of decryptor type Sealring.DataProtection.SecretDecryptor:
//
//	<sealedKey version="1">
//	  <!-- This key is encrypted with a secret. .NET cannot read it. -->
//	  <keyId>00112233-4455-6677-8899-aabbccddeeff</keyId>
//	  <argon2id time="3" memory="65536" threads="4">salt, 16 bytes, in base64</argon2id>
//	  <secretId>8 bytes in base64</secretId>
//	  <value>nonce (24) || ciphertext || tag (16), in base64</value>
//	</sealedKey>
//
// Argon2id (RFC 9106) with these costs, memory in KiB, makes 40 bytes of secret and
// salt: the key of XChaCha20-Poly1305 (32), and secretId (8), which tells a wrong secret
// from a damaged element. Additional data is the decryptor type and the key id, 16
// bytes in the order of the text. The plaintext is the fragment that the ring gives.
package secretseal
