package x509seal

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

// maxFile bounds what is read of a file that is named by mistake.
const maxFile = 1 << 20

// LoadPFX reads a certificate and its private key from a PFX file (PKCS #12, also
// called .p12), as Windows, .NET and openssl write them. Of several certificates in
// it, as in a chain, the one that the private key belongs to counts.
func LoadPFX(file, password string) (*Certificate, error) {
	data, err := readFile(file)
	if err != nil {
		return nil, err
	}
	c, err := ParsePFX(data, password)
	return c, from(err, file)
}

// LoadPEM reads a certificate and its private key from files in PEM form, which may
// be one and the same. Of several certificates, as in a chain, the one that the
// private key belongs to counts. With an empty keyFile the certificate seals and
// does not open, and the first one in the file is it.
func LoadPEM(certFile, keyFile string) (*Certificate, error) {
	cert, err := readFile(certFile)
	if err != nil {
		return nil, err
	}
	if keyFile == "" {
		c, err := ParsePEM(cert, nil)
		return c, from(err, certFile)
	}
	key, err := readFile(keyFile)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	c, err := ParsePEM(cert, key)
	return c, from(err, certFile+" and "+keyFile)
}

// from adds where the data came from.
func from(err error, files string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w (from %s)", err, files)
}

func readFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("x509seal: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("x509seal: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("x509seal: %s has more than %d bytes; that is no certificate", file, maxFile)
	}
	return data, nil
}

// ParsePFX is LoadPFX for the content of a file, which may come from anybody: one
// that asks for more work than .NET bears is refused.
func ParsePFX(data []byte, password string) (*Certificate, error) {
	if err := checkCost(data, password); err != nil {
		return nil, err
	}
	key, cert, chain, err := pkcs12.DecodeChain(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, errors.New("x509seal: the password does not open the PFX, or the PFX is damaged")
	case err != nil:
		return nil, fmt.Errorf("x509seal: the PFX cannot be read: %w", err)
	}
	return match(append([]*x509.Certificate{cert}, chain...), key)
}

// ParsePEM is LoadPEM for the content of files. The private key, PKCS #8 or
// PKCS #1, is not encrypted; nil stands for none.
func ParsePEM(cert, key []byte) (*Certificate, error) {
	certs, err := certificates(cert)
	if err != nil {
		return nil, err
	}
	if key == nil {
		return New(certs[0], nil)
	}
	private, err := privateKey(key)
	if err != nil {
		return nil, err
	}
	return match(certs, private)
}

// match returns that of the certificates which the key belongs to.
func match(certs []*x509.Certificate, key any) (*Certificate, error) {
	decrypter, ok := key.(crypto.Decrypter)
	if !ok {
		return nil, fmt.Errorf("x509seal: %s comes with a private key of type %T; only RSA can decrypt keys", describe(certs[0]), key)
	}
	for _, cert := range certs {
		if c, err := New(cert, decrypter); err == nil {
			return c, nil
		}
	}
	return New(certs[0], decrypter)
}

// certificates returns all certificates in a PEM file, at least one.
func certificates(data []byte) (certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("x509seal: a certificate in the PEM file cannot be read: %w", err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, errors.New("x509seal: there is no CERTIFICATE in the PEM file")
	}
	return certs, nil
}

// privateKey returns the first private key in a PEM file.
func privateKey(data []byte) (any, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			if block.Headers["DEK-Info"] != "" {
				return nil, errEncryptedKey
			}
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			return nil, errors.New("x509seal: the private key is of the kind EC; only RSA can decrypt keys")
		case "ENCRYPTED PRIVATE KEY":
			return nil, errEncryptedKey
		default:
			continue
		}
		if err != nil {
			return nil, errors.New("x509seal: the private key in the PEM file cannot be read") // the parser's words are about key bytes
		}
		return key, nil
	}
	return nil, errors.New("x509seal: there is no PRIVATE KEY in the PEM file")
}

var errEncryptedKey = errors.New("x509seal: the private key in the PEM file is encrypted; decrypt it, or use a PFX file")
