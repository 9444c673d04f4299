package x509seal_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

var (
	_ dataprotection.Sealer = (*x509seal.Certificate)(nil)
	_ dataprotection.Opener = (*x509seal.Certificate)(nil)
	_ dataprotection.Sealer = x509seal.Certificates(nil)
	_ dataprotection.Opener = x509seal.Certificates(nil)
	_ dataprotection.Warner = (*x509seal.Certificate)(nil)
	_ dataprotection.Warner = x509seal.Certificates(nil)
)

const (
	decryptorType = "Microsoft.AspNetCore.DataProtection.XmlEncryption.EncryptedXmlDecryptor"
	fragment      = `<masterKey><value>AAECAwQFBgcICQoLDA0ODw==</value></masterKey>`
)

// Two key pairs are enough for most tests; making one takes a while.
var (
	keyA = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
	keyB = sync.OnceValue(func() *rsa.PrivateKey { return newKey(2048) })
)

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// issue makes a self-signed certificate for a year from a date.
func issue(t testing.TB, name string, key crypto.Signer, from string, change ...func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	start := date(t, from)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: start, NotAfter: start.AddDate(1, 0, 0),
	}
	for _, c := range change {
		c(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func date(t testing.TB, day string) time.Time {
	t.Helper()
	d, err := time.Parse("2006-01-02", day)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// certificate is New for a certificate made by issue.
func certificate(t testing.TB, name string, key *rsa.PrivateKey, from string) *x509seal.Certificate {
	t.Helper()
	return with(t, issue(t, name, key, from), key)
}

func with(t testing.TB, cert *x509.Certificate, key crypto.Decrypter) *x509seal.Certificate {
	t.Helper()
	c, err := x509seal.New(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func seal(t testing.TB, s dataprotection.Sealer) []byte {
	t.Helper()
	_, element, err := s.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment))
	if err != nil {
		t.Fatal(err)
	}
	return element
}

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var quiet = slog.New(slog.DiscardHandler)
