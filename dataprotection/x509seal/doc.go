// Package x509seal encrypts the keys of a ring at rest with a certificate, as
// ASP.NET Core's ProtectKeysWithCertificate does, so that programs in both worlds
// open each other's keys.
//
//	cert, err := x509seal.LoadPFX("site.pfx", password)
//	…
//	ring, err := dataprotection.Open(ctx, dataprotection.Config{
//		Application: "shop",
//		Store:       filestore.Shared("/mnt/keys"),
//		Sealer:      cert,
//	})
//
// A key is encrypted for one certificate and can be opened with that one only,
// recognised by its thumbprint; a certificate that was renewed over the same key
// pair is another one. To renew, seal with the new one and go on opening with the
// old one for as long as there are keys that it has sealed:
//
//	Sealer: x509seal.Certificates{renewed, old}
//
// docs/certificates.md has the steps, for both worlds. Nothing goes by the dates
// of a certificate: an expired one opens and seals, and [Certificates.Warnings]
// says so.
//
// The certificate must have an RSA key. Its private key is used through
// crypto.Decrypter, so it may live in a device or in the certificate store of
// Windows ([FromWindowsStore]); one is needed to open, none to seal.
//
// Encrypting for a certificate keeps keys from those who can read the store. It
// does not keep out those who can write to it: a certificate is public, and
// anybody can encrypt a key of their own with it (docs/threat-model.md).
package x509seal
