package x509seal_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

func pemOf(t testing.TB, kind string, der []byte) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pfx(t testing.TB, e *pkcs12.Encoder, key any, cert *x509.Certificate, chain ...*x509.Certificate) []byte {
	t.Helper()
	data, err := e.Encode(key, cert, chain, "secret")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParsePFX(t *testing.T) {
	cert, ca := issue(t, "leaf", keyA(), "2026-01-01"), issue(t, "ca", keyB(), "2026-01-01")
	want := with(t, cert, keyA())
	for _, row := range []struct {
		name string
		data []byte
	}{
		{"AES", pfx(t, pkcs12.Modern, keyA(), cert)},
		{"triple DES", pfx(t, pkcs12.LegacyDES, keyA(), cert)},
		{"RC2", pfx(t, pkcs12.LegacyRC2, keyA(), cert)},
		{"with a chain", pfx(t, pkcs12.Modern, keyA(), cert, ca)},
		{"with the chain in front", pfx(t, pkcs12.Modern, keyA(), ca, cert)},
	} {
		c, err := x509seal.ParsePFX(row.data, "secret")
		if err != nil || c.Thumbprint() != want.Thumbprint() {
			t.Errorf("%s: got %v, %v, want %v", row.name, c, err, want)
			continue
		}
		if got, err := c.Open(t.Context(), decryptorType, seal(t, want)); err != nil || string(got) != fragment {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, fragment)
		}
	}
}

func TestParsePEM(t *testing.T) {
	cert, ca := issue(t, "leaf", keyA(), "2026-01-01"), issue(t, "ca", keyB(), "2026-01-01")
	want := with(t, cert, keyA())
	certPEM, caPEM := pemOf(t, "CERTIFICATE", cert.Raw), pemOf(t, "CERTIFICATE", ca.Raw)
	key8, key1 := pemOf(t, "PRIVATE KEY", pkcs8(t, keyA())), pemOf(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(keyA()))
	for _, row := range []struct{ name, cert, key string }{
		{"PKCS #8", certPEM, key8},
		{"PKCS #1", certPEM, key1},
		{"one file", certPEM + key8, certPEM + key8},
		{"one file, key first", key8 + certPEM, key8 + certPEM},
		{"with a chain", certPEM + caPEM, key8},
		{"with the chain in front", caPEM + certPEM, key8},
		{"with text around", "Bag Attributes\n  friendlyName: x\n" + certPEM, "Key Attributes: <No Attributes>\n" + key8},
	} {
		c, err := x509seal.ParsePEM([]byte(row.cert), []byte(row.key))
		if err != nil || c.Thumbprint() != want.Thumbprint() {
			t.Errorf("%s: got %v, %v, want %v", row.name, c, err, want)
			continue
		}
		if got, err := c.Open(t.Context(), decryptorType, seal(t, want)); err != nil || string(got) != fragment {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, fragment)
		}
	}
	c, err := x509seal.ParsePEM([]byte(certPEM+key8), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Open(t.Context(), decryptorType, seal(t, c)); err == nil || !strings.Contains(err.Error(), "private key is missing") {
		t.Errorf("without a key: got %q, %v", got, err)
	}
}

// TestMalformed has every mistake that an operator can make, and what they are told.
func TestMalformed(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, ecCert := issue(t, "site", keyA(), "2026-01-01"), issue(t, "elliptic", ec, "2026-01-01")
	good := pfx(t, pkcs12.Modern, keyA(), cert)
	withoutKey, err := pkcs12.Modern.EncodeTrustStore([]*x509.Certificate{cert}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := pemOf(t, "CERTIFICATE", cert.Raw), pemOf(t, "PRIVATE KEY", pkcs8(t, keyA()))
	large := filepath.Join(dir, "large")
	write("large", nil)
	if err := os.Truncate(large, 1<<30); err != nil { // takes no space
		t.Fatal(err)
	}

	loadPFX := func(file string) (*x509seal.Certificate, error) { return x509seal.LoadPFX(file, "secret") }
	for _, row := range []struct {
		name, file string
		load       func(string) (*x509seal.Certificate, error)
		want       string
	}{
		{"PFX missing", filepath.Join(dir, "missing.pfx"), loadPFX, systemsWords(filepath.Join(dir, "missing.pfx"))},
		{"PFX is a directory", dir, loadPFX, systemsWords(dir)},
		{"PFX empty", write("empty.pfx", nil), loadPFX, "the PFX cannot be read"},
		{"PFX truncated", write("cut.pfx", good[:len(good)/2]), loadPFX, "the PFX cannot be read"},
		{"PFX is PEM", write("pem.pfx", []byte(certPEM)), loadPFX, "the PFX cannot be read"},
		{"PFX of 1 GB", large, loadPFX, "more than 1048576 bytes"},
		{"PFX, wrong password", write("good.pfx", good), func(f string) (*x509seal.Certificate, error) { return x509seal.LoadPFX(f, "Secret") }, "the password does not open the PFX"},
		{"PFX, no password", write("good.pfx", good), func(f string) (*x509seal.Certificate, error) { return x509seal.LoadPFX(f, "") }, "the password does not open the PFX"},
		{"PFX, a bit flipped", write("flipped.pfx", flipped(good)), loadPFX, "the password does not open the PFX, or the PFX is damaged"},
		{"PFX without private key", write("public.pfx", withoutKey), loadPFX, "private key missing"},
		{"PFX with EC", write("ec.pfx", pfx(t, pkcs12.Modern, ec, ecCert)), loadPFX, `certificate "CN=elliptic" with thumbprint`},
		{"PFX with the key of another", write("other.pfx", pfx(t, pkcs12.Modern, keyB(), cert)), loadPFX, `the private key does not belong to certificate "CN=site"`},
		{"PEM missing", filepath.Join(dir, "missing.pem"), one, systemsWords(filepath.Join(dir, "missing.pem"))},
		{"PEM empty", write("empty.pem", nil), one, "there is no CERTIFICATE"},
		{"PEM is PFX", write("pfx.pem", good), one, "there is no CERTIFICATE"},
		{"PEM with a damaged certificate", write("damaged.pem", []byte(pemOf(t, "CERTIFICATE", cert.Raw[:100]))), one, "a certificate in the PEM file cannot be read"},
		{"PEM without key", write("nokey.pem", []byte(certPEM)), one, "there is no PRIVATE KEY"},
		{"PEM without certificate", write("nocert.pem", []byte(keyPEM)), one, "there is no CERTIFICATE"},
		{"PEM with a damaged key", write("badkey.pem", []byte(certPEM+pemOf(t, "PRIVATE KEY", random(100)))), one, "the private key in the PEM file cannot be read"},
		{"PEM with an encrypted key", write("enckey.pem", []byte(certPEM+pemOf(t, "ENCRYPTED PRIVATE KEY", random(100)))), one, "is encrypted"},
		{"PEM with an encrypted key, old form", write("oldkey.pem", []byte(certPEM+"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0102030405060708\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")), one, "is encrypted"},
		{"PEM with an EC key", write("eckey.pem", []byte(certPEM+pemOf(t, "EC PRIVATE KEY", random(100)))), one, "only RSA can decrypt"},
		{"PEM with an EC key in PKCS #8", write("eckey8.pem", []byte(certPEM+pemOf(t, "PRIVATE KEY", pkcs8(t, ec)))), one, "only RSA can decrypt"},
		{"PEM with an EC certificate", write("eccert.pem", []byte(pemOf(t, "CERTIFICATE", ecCert.Raw))), alone, "has a public key of type ECDSA; only RSA"},
		{"PEM with the key of another", write("otherkey.pem", []byte(certPEM+pemOf(t, "PRIVATE KEY", pkcs8(t, keyB())))), one, `does not belong to certificate "CN=site"`},
		{"PEM of 1 GB", large, one, "more than 1048576 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := row.load(row.file)
			if c != nil || err == nil || !strings.HasPrefix(err.Error(), "x509seal: ") || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), row.file) {
				t.Errorf("got %v, %v, want an error with %q and the file", c, err, row.want)
			}
		})
	}

	t.Run("PEM key missing", func(t *testing.T) {
		_, err := x509seal.LoadPEM(write("cert.pem", []byte(certPEM)), filepath.Join(dir, "missing.key"))
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing.key") {
			t.Errorf("got %v, want an error that names the key file", err)
		}
	})
	t.Run("key file of others", func(t *testing.T) {
		if os.Getuid() == 0 || runtime.GOOS == "windows" {
			t.Skip("root may read everything, and Windows has no modes")
		}
		file := write("others.key", []byte(keyPEM))
		if err := os.Chmod(file, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := x509seal.LoadPEM(write("cert.pem", []byte(certPEM)), file); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v, want a permission error", err)
		}
	})
}

// systemsWords are those of the error that a file cannot be read for.
func systemsWords(file string) string {
	_, err := os.ReadFile(file)
	return errors.Unwrap(err).Error()
}

// one loads a file with both, alone one without its key.
func one(file string) (*x509seal.Certificate, error)   { return x509seal.LoadPEM(file, file) }
func alone(file string) (*x509seal.Certificate, error) { return x509seal.LoadPEM(file, "") }

func flipped(data []byte) []byte {
	data = bytes.Clone(data)
	data[len(data)/2] ^= 1
	return data
}

func TestNewRefuses(t *testing.T) {
	cert := issue(t, "site", keyA(), "2026-01-01")
	if c, err := x509seal.New(nil, keyA()); c != nil || err == nil {
		t.Errorf("no certificate: got %v and no error", c)
	}
	if c, err := x509seal.New(cert, (*rsa.PrivateKey)(nil)); c != nil || err == nil {
		t.Errorf("nil key: got %v and no error", c)
	}
	if c, err := x509seal.New(cert, keyB()); c != nil || err == nil || !strings.Contains(err.Error(), "CN=site") {
		t.Errorf("key of another: got %v, %v", c, err)
	}
}

// FuzzParse wants an error or a certificate that works, and no panic.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"x509-rsa2048", "older-2.1.1-x509"} {
		f.Add(readFile(f, "testdata/reference/"+dir+"/cert.pfx"))
		f.Add(readFile(f, "testdata/reference/"+dir+"/cert.pem"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 8<<10 {
			return
		}
		if c, err := x509seal.ParsePEM(data, data); err == nil {
			seal(t, c)
		}
	})
}
