package x509seal

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// A Certificate is a certificate with an RSA key, and mostly with its private key.
// It implements dataprotection.Sealer and dataprotection.Opener and is safe for
// concurrent use. It prints, logs and marshals without its private key. Make one
// with LoadPFX, LoadPEM, FromWindowsStore or New.
type Certificate struct {
	cert       *x509.Certificate
	key        crypto.Decrypter // nil if it is not at hand
	thumbprint string
}

// New returns a certificate and its private key. The key may live in a device; it
// is asked to decrypt with PKCS #1 v1.5 and an rsa.PKCS1v15DecryptOptions, first
// with a SessionKeyLen and, if it cannot do that, without. With a nil key the
// certificate seals and does not open, as on a machine that only makes keys.
//
// The certificate must have an RSA key, and the private key must belong to it. Its
// dates and issuer are not looked at.
func New(cert *x509.Certificate, key crypto.Decrypter) (*Certificate, error) {
	if cert == nil {
		return nil, errors.New("x509seal: no certificate is given")
	}
	if k, ok := key.(*rsa.PrivateKey); ok && k == nil {
		return nil, errors.New("x509seal: the private key is a nil *rsa.PrivateKey")
	}
	c := &Certificate{cert: cert, key: key, thumbprint: thumbprint(cert.Raw)}
	if _, ok := cert.PublicKey.(*rsa.PublicKey); !ok {
		return nil, fmt.Errorf("x509seal: %s has a public key of type %s; only RSA can encrypt keys", c, cert.PublicKeyAlgorithm)
	}
	if key != nil && !c.hasKey(key.Public()) {
		return nil, fmt.Errorf("x509seal: the private key does not belong to %s", c)
	}
	return c, nil
}

func (c *Certificate) hasKey(public crypto.PublicKey) bool {
	own, ok := c.cert.PublicKey.(*rsa.PublicKey)
	return ok && own.Equal(public)
}

// Thumbprint returns the SHA-1 hash of the certificate in capital hexadecimal
// digits, as Windows and .NET show it.
func (c *Certificate) Thumbprint() string {
	if c == nil {
		return ""
	}
	return c.thumbprint
}

func thumbprint(der []byte) string { return fmt.Sprintf("%X", sha1.Sum(der)) }

// X509 returns the certificate itself. It must not be changed.
func (c *Certificate) X509() *x509.Certificate {
	if c == nil {
		return nil
	}
	return c.cert
}

// PrivateKey returns the private key, nil if it is not at hand.
func (c *Certificate) PrivateKey() crypto.Decrypter {
	if c == nil {
		return nil
	}
	return c.key
}

// Seal encrypts a fragment for the certificate.
func (c *Certificate) Seal(ctx context.Context, keyID dataprotection.KeyID, fragment []byte) (decryptorType string, element []byte, err error) {
	return Certificates{c}.Seal(ctx, keyID, fragment)
}

// Open decrypts what was sealed for the certificate.
func (c *Certificate) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	return Certificates{c}.Open(ctx, decryptorType, element)
}

// Sealed reports whether an element was sealed for the certificate. It is no proof:
// anybody can have sealed it, or damaged it since.
func (c *Certificate) Sealed(decryptorType string, element []byte) bool {
	return Certificates{c}.Sealed(decryptorType, element)
}

// Warnings is that of Certificates.
func (c *Certificate) Warnings(now time.Time) []string { return Certificates{c}.Warnings(now) }

// String names subject and thumbprint.
func (c *Certificate) String() string {
	if c == nil || c.cert == nil {
		return "no certificate"
	}
	return describe(c.cert)
}

func describe(cert *x509.Certificate) string {
	return fmt.Sprintf("certificate %q with thumbprint %s", cert.Subject, thumbprint(cert.Raw))
}

// Format prints what String returns, whatever the verb.
func (c *Certificate) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is what String returns.
func (c *Certificate) LogValue() slog.Value { return slog.StringValue(c.String()) }
