package x509seal

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

// Certificates seals with the first certificate and opens with any. It implements
// dataprotection.Sealer and dataprotection.Opener and is safe for concurrent use,
// as long as the slice is left alone.
type Certificates []*Certificate

// String names the certificate that seals.
func (cs Certificates) String() string {
	if len(cs) == 0 {
		return "no certificate"
	}
	return cs[0].String()
}

// Seal encrypts a fragment for the first certificate, whether or not that is
// expired. The key id is not part of the format.
func (cs Certificates) Seal(ctx context.Context, _ dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	if err := ctx.Err(); err != nil {
		return "", nil, err
	}
	if len(cs) == 0 || cs[0] == nil || cs[0].cert == nil {
		return "", nil, errors.New("x509seal: no certificate to seal with")
	}
	element, err := xmlenc.Encrypt(fragment, cs[0].cert)
	if err != nil {
		return "", nil, fmt.Errorf("x509seal: sealing with %s: %w", cs[0], err)
	}
	return xmlenc.DecryptorType, element, nil
}

// Open decrypts an element with the private key of that certificate which the
// element holds. If that is not among cs, or without its private key, the error
// says which one is missing, and Is dataprotection.ErrNotMine. As in .NET, the
// first of them that is found decides, and no other is tried.
func (cs Certificates) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if keyxml.TypeName(decryptorType) != xmlenc.DecryptorName {
		return nil, dataprotection.ErrNotMine
	}
	data, err := xmlenc.Parse(element)
	if err != nil {
		return nil, fmt.Errorf("x509seal: the sealed key: %w", err)
	}
	c := cs.find(data)
	if c == nil {
		return nil, cs.missing(data)
	}
	fragment, err := data.Decrypt(c.key)
	if err != nil {
		return nil, fmt.Errorf("x509seal: the sealed key, with %s: %w", c, err)
	}
	return fragment, nil
}

// Sealed reports whether an element was sealed for the first certificate. It is
// no proof: anybody can have sealed it, or damaged it since.
func (cs Certificates) Sealed(decryptorType string, element []byte) bool {
	if len(cs) == 0 || keyxml.TypeName(decryptorType) != xmlenc.DecryptorName {
		return false
	}
	data, err := xmlenc.Parse(element)
	if err != nil {
		return false
	}
	named := data.Certificates()
	return len(named) == 1 && cs[0].is(named[0])
}

// find returns the certificate to open with, or nil.
func (cs Certificates) find(data *xmlenc.EncryptedData) *Certificate {
	for _, der := range data.Certificates() {
		for _, c := range cs {
			if c.is(der) && c.key != nil {
				return c
			}
		}
	}
	return nil
}

func (c *Certificate) is(der []byte) bool { return c.Thumbprint() == thumbprint(der) }

// A missingError says which certificate is missing.
type missingError string

func (e missingError) Error() string        { return "x509seal: " + string(e) }
func (e missingError) Is(target error) bool { return target == dataprotection.ErrNotMine }

// missing explains why no certificate was found.
func (cs Certificates) missing(data *xmlenc.EncryptedData) error {
	wanted := data.Certificates()
	if len(wanted) == 0 {
		return missingError("the sealed key does not say which certificate opens it")
	}
	reasons := make([]string, len(wanted))
	for i, der := range wanted {
		reasons[i] = cs.lack(der)
	}
	return missingError("the key is sealed with " + strings.Join(reasons, ", and with "))
}

// lack says what is missing to open with a certificate.
func (cs Certificates) lack(der []byte) string {
	var others []string
	for _, c := range cs {
		if c.is(der) {
			return fmt.Sprintf("%s, whose private key is missing", c)
		}
		others = append(others, c.Thumbprint())
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Sprintf("something with thumbprint %s that is no certificate", thumbprint(der))
	}
	for _, c := range cs {
		if c != nil && c.key != nil && c.hasKey(cert.PublicKey) {
			return fmt.Sprintf("%s, which has the key pair of %s but is another certificate: configure it as well", describe(cert), c.Thumbprint())
		}
	}
	return fmt.Sprintf("%s, which is not among those configured (%s)", describe(cert), strings.Join(others, ", "))
}
