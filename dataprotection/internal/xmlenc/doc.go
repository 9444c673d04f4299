// Package xmlenc encrypts an XML element for the holder of an RSA key and decrypts
// it, in the part of W3C XML Encryption that ASP.NET Core writes and reads
// (docs/formats.md, Encrypted keys):
//
//	EncryptedData  Type=…xmlenc#Element
//	├── EncryptionMethod   …xmlenc#aes256-cbc
//	├── KeyInfo
//	│   └── EncryptedKey
//	│       ├── EncryptionMethod   …xmlenc#rsa-1_5
//	│       ├── KeyInfo / X509Data / X509Certificate     the certificate, DER in base64
//	│       └── CipherData / CipherValue                 the session key
//	└── CipherData / CipherValue                         IV || ciphertext
//
// The format is what it is: RSA with PKCS #1 v1.5, and CBC without authentication.
// So whoever can write an element learns from Decrypt that it failed, and never
// why: a session key that cannot be unwrapped is replaced by a random one, and the
// work goes on to the same end as with a wrong one (RFC 3218, section 2.3.2). That
// an element decrypts does not say who made it, nor that it is as it was made.
package xmlenc
