package xmlenc_test

import (
	"crypto"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

const (
	space = "http://www.w3.org/2001/04/xmlenc#"

	fragment = `<masterKey d1p1:requiresEncryption="true" xmlns:d1p1="http://schemas.asp.net/2015/03/dataProtection">` +
		`<!-- Warning: the key below is in an unencrypted form. --><value>AAECAwQFBgcICQoLDA0ODw==</value></masterKey>`
)

// testKey is small, as the tests use it some ten thousand times.
var testKey = sync.OnceValue(func() *rsa.PrivateKey { return newKey(1024) })

func newKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func certificate(t testing.TB, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
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

// parts are what an element is made of.
type parts struct {
	method, keyMethod string
	wrapped, content  []byte
}

// element writes parts the way another implementation might.
func (p parts) element() string {
	b64 := base64.StdEncoding.EncodeToString
	return `<EncryptedData xmlns="` + space + `"><EncryptionMethod Algorithm="` + p.method + `"/>` +
		`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><EncryptedKey xmlns="` + space + `"><EncryptionMethod Algorithm="` + p.keyMethod + `"/>` +
		`<KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>AQID</X509Certificate></X509Data></KeyInfo>` +
		`<CipherData><CipherValue>` + b64(p.wrapped) + `</CipherValue></CipherData></EncryptedKey></KeyInfo>` +
		`<CipherData><CipherValue>` + b64(p.content) + `</CipherValue></CipherData></EncryptedData>`
}

// encrypt makes the parts of an element by other rules than Encrypt.
func encrypt(t testing.TB, method, keyMethod string, newCipher func([]byte) (cipher.Block, error), sessionKey []byte, padded func(blockSize int) []byte) parts {
	t.Helper()
	wrapped, err := xmlenc.Wrap(&testKey().PublicKey, space+keyMethod, sessionKey)
	if err != nil {
		t.Fatal(err)
	}
	block, err := newCipher(sessionKey)
	if err != nil {
		t.Fatal(err)
	}
	text := padded(block.BlockSize())
	content := make([]byte, block.BlockSize()+len(text))
	rand.Read(content[:block.BlockSize()])
	cipher.NewCBCEncrypter(block, content[:block.BlockSize()]).CryptBlocks(content[block.BlockSize():], text)
	return parts{space + method, space + keyMethod, wrapped, content}
}

// pad fills up text to whole blocks; filler makes each of the bytes but the last.
func pad(text string, filler func(n int) byte) func(blockSize int) []byte {
	return func(blockSize int) []byte {
		n := blockSize - len(text)%blockSize
		padding := make([]byte, n)
		for i := range padding {
			padding[i] = filler(n)
		}
		padding[n-1] = byte(n)
		return append([]byte(text), padding...)
	}
}

func pkcs7(n int) byte  { return byte(n) }
func iso10126(int) byte { return 0xa5 }
func decrypt(t testing.TB, element string, key crypto.Decrypter) ([]byte, error) {
	t.Helper()
	d, err := xmlenc.Parse([]byte(element))
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, element)
	}
	got, err := d.Decrypt(key)
	if err != nil && got != nil {
		t.Errorf("Decrypt returned %d bytes beside the error %v", len(got), err)
	}
	return got, err
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// A device is a private key that lives elsewhere, and has the limits of real ones.
type device struct {
	*rsa.PrivateKey
	broken error
	asked  int
}

func (d *device) Decrypt(random io.Reader, ciphertext []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	d.asked++
	if d.broken != nil {
		return nil, d.broken
	}
	//lint:ignore SA1019 this is what it is asked with
	if o, ok := opts.(*rsa.PKCS1v15DecryptOptions); ok && o.SessionKeyLen != 0 {
		return nil, errors.New("device: unsupported option")
	}
	return d.PrivateKey.Decrypt(random, ciphertext, opts)
}

func replaced(t testing.TB, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not in\n%s", old, text)
	}
	return strings.Replace(text, old, new, 1)
}

// reference returns an element as the reference wrote it, and the key that opens it.
func reference(t testing.TB) (element string, key *rsa.PrivateKey) {
	t.Helper()
	file, err := os.ReadFile("testdata/reference.xml")
	if err != nil {
		t.Fatal(err)
	}
	_, element, _ = strings.Cut(string(file), "<EncryptedData")
	element, _, _ = strings.Cut(element, "</encryptedSecret>")
	text, err := os.ReadFile("testdata/reference.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return "<EncryptedData" + element, private.(*rsa.PrivateKey)
}
