package x509seal_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

const (
	currentUser  = windows.CERT_SYSTEM_STORE_CURRENT_USER
	localMachine = windows.CERT_SYSTEM_STORE_LOCAL_MACHINE
)

// addToStore puts a certificate into a store until the test ends, with its private
// key if there is one, which cannot be exported.
func addToStore(t *testing.T, place uint32, cert *x509.Certificate, key crypto.Signer) (thumbprint string) {
	t.Helper()
	context := withoutKey(t, cert)
	if key != nil {
		context = withKey(t, cert, key)
	}
	inStore(t, place, func(my windows.Handle) error {
		return windows.CertAddCertificateContextToStore(my, context, windows.CERT_STORE_ADD_REPLACE_EXISTING, nil)
	})
	t.Cleanup(func() {
		inStore(t, place, func(my windows.Handle) error {
			stored, err := windows.CertFindCertificateInStore(my, windows.X509_ASN_ENCODING, 0, windows.CERT_FIND_EXISTING, unsafe.Pointer(context), nil)
			if err != nil {
				return err
			}
			return windows.CertDeleteCertificateFromStore(stored)
		})
	})
	return sha1Of(cert)
}

// inStore does something in a store called My. Wine writes it down when the store is closed.
func inStore(t *testing.T, place uint32, do func(my windows.Handle) error) {
	t.Helper()
	name, err := windows.UTF16PtrFromString("My")
	if err != nil {
		t.Fatal(err)
	}
	my, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM_W, 0, 0, place, uintptr(unsafe.Pointer(name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(do(my), windows.CertCloseStore(my, 0)); err != nil {
		t.Fatal(err)
	}
}

func withoutKey(t *testing.T, cert *x509.Certificate) *windows.CertContext {
	t.Helper()
	context, err := windows.CertCreateCertificateContext(windows.X509_ASN_ENCODING, &cert.Raw[0], uint32(len(cert.Raw)))
	if err != nil {
		t.Fatal(err)
	}
	return context
}

func withKey(t *testing.T, cert *x509.Certificate, key crypto.Signer) *windows.CertContext {
	t.Helper()
	pfx, err := pkcs12.LegacyDES.Encode(key, cert, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	password, err := windows.UTF16PtrFromString("secret")
	if err != nil {
		t.Fatal(err)
	}
	store, err := windows.PFXImportCertStore(&windows.CryptDataBlob{Size: uint32(len(pfx)), Data: &pfx[0]}, password, windows.CRYPT_USER_KEYSET)
	if err != nil {
		t.Fatal(err)
	}
	context, err := windows.CertEnumCertificatesInStore(store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return context
}

// TestWindowsStore seals and opens with a key that Windows keeps.
func TestWindowsStore(t *testing.T) {
	cert := issue(t, "in the store", keyA(), "2026-01-01")
	thumbprint := addToStore(t, currentUser, cert, keyA())
	stored, err := x509seal.FromWindowsStore("\u200e" + strings.ToLower(thumbprint))
	if err != nil {
		t.Fatal(err)
	}
	if stored.Thumbprint() != thumbprint || !bytes.Equal(stored.X509().Raw, cert.Raw) || stored.PrivateKey() == nil {
		t.Errorf("found %s", stored)
	}
	for name, sealed := range map[string][]byte{"by itself": seal(t, stored), "elsewhere": seal(t, with(t, cert, nil))} {
		if plain, err := stored.Open(t.Context(), decryptorType, sealed); err != nil || string(plain) != fragment {
			t.Errorf("sealed %s, it opens to %q, %v", name, plain, err)
		}
	}
	if plain, err := with(t, cert, keyA()).Open(t.Context(), decryptorType, seal(t, stored)); err != nil || string(plain) != fragment {
		t.Errorf("with the key outside of the store it opens to %q, %v", plain, err)
	}
	sealed := seal(t, stored)
	i := bytes.LastIndex(sealed, []byte("<CipherValue>")) + 40
	sealed[i] ^= 1
	if plain, err := stored.Open(t.Context(), decryptorType, sealed); plain != nil || err == nil {
		t.Errorf("changed, it opens to %q, %v", plain, err)
	}
}

// TestWindowsStorePlaces takes the one that has its private key.
func TestWindowsStorePlaces(t *testing.T) {
	cert := issue(t, "twice", keyA(), "2026-01-01")
	addToStore(t, currentUser, cert, nil)
	addToStore(t, localMachine, cert, keyA())
	stored, err := x509seal.FromWindowsStore(sha1Of(cert))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := stored.Open(t.Context(), decryptorType, seal(t, stored)); err != nil || string(plain) != fragment {
		t.Errorf("it opens to %q, %v", plain, err)
	}
}

// TestWindowsKey asks the key itself, in the ways of crypto.Decrypter.
func TestWindowsKey(t *testing.T) {
	thumbprint := addToStore(t, currentUser, issue(t, "asked", keyB(), "2026-01-01"), keyB())
	stored, err := x509seal.FromWindowsStore(thumbprint)
	if err != nil {
		t.Fatal(err)
	}
	key, public := stored.PrivateKey(), &keyB().PublicKey
	t.Logf("the key is a %T", key)
	//lint:ignore SA1019 .NET writes PKCS #1 v1.5
	pkcs1, err := rsa.EncryptPKCS1v15(rand.Reader, public, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	oaep, err := rsa.EncryptOAEP(crypto.SHA1.New(), rand.Reader, public, []byte("hello"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		cipher []byte
		opts   crypto.DecrypterOpts
		ok     bool
	}{
		{"without options", pkcs1, nil, true},
		{"PKCS #1", pkcs1, &rsa.PKCS1v15DecryptOptions{}, true}, //lint:ignore SA1019 as above
		{"OAEP", oaep, &rsa.OAEPOptions{Hash: crypto.SHA1}, true},
		{"OAEP taken for PKCS #1", oaep, nil, false},
		{"PKCS #1 taken for OAEP", pkcs1, &rsa.OAEPOptions{Hash: crypto.SHA1}, false},
		{"OAEP with another hash", oaep, &rsa.OAEPOptions{Hash: crypto.SHA256}, false},
		{"a length that it cannot promise", pkcs1, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: 5}, false}, //lint:ignore SA1019 as above
		{"cut", pkcs1[1:], nil, false},
		{"nothing", nil, nil, false},
	}
	for _, tt := range tests {
		before := bytes.Clone(tt.cipher)
		plain, err := key.Decrypt(rand.Reader, tt.cipher, tt.opts)
		if ok := err == nil && string(plain) == "hello"; ok != tt.ok {
			t.Errorf("%s: got %q, %v", tt.name, plain, err)
		}
		if !bytes.Equal(before, tt.cipher) {
			t.Errorf("%s: the ciphertext was changed", tt.name)
		}
	}
}

// TestWindowsStoreRing has a ring sealed by a certificate of the store.
func TestWindowsStoreRing(t *testing.T) {
	stored, err := x509seal.FromWindowsStore(addToStore(t, currentUser, issue(t, "ring", keyA(), "2026-01-01"), keyA()))
	if err != nil {
		t.Fatal(err)
	}
	cfg := dataprotection.Config{Application: "shop", Store: memstore.New(), Sealer: stored, Logger: quiet}
	var text string
	for i := range 2 {
		ring, err := dataprotection.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		if i == 0 {
			text, err = ring.Protector("a").ProtectString("hello")
		} else {
			_, err = ring.Protector("a").UnprotectString(t.Context(), text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWindowsStoreErrors(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecCert := issue(t, "curve", ec, "2026-01-01")
	addToStore(t, localMachine, ecCert, nil)
	keyless := addToStore(t, currentUser, issue(t, "keyless", keyA(), "2026-01-01"), nil)
	tests := []struct{ name, thumbprint, want string }{
		{"not there", strings.Repeat("0", 40), `there is no certificate with thumbprint ` + strings.Repeat("0", 40) + `: CurrentUser\My (it is not there), LocalMachine\My (it is not there)`},
		{"without a private key", keyless, `certificate "CN=keyless" with thumbprint ` + keyless + `: it has no private key`},
		{"not RSA", sha1Of(ecCert), `certificate "CN=curve" with thumbprint ` + sha1Of(ecCert) + ` has a public key of type ECDSA; only RSA can encrypt keys (in LocalMachine\My)`},
	}
	for _, tt := range tests {
		c, err := x509seal.FromWindowsStore(tt.thumbprint)
		if c != nil || err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v; want an error with %q", tt.name, c, err, tt.want)
		}
	}
}

func sha1Of(cert *x509.Certificate) string {
	h := crypto.SHA1.New()
	h.Write(cert.Raw)
	return fmt.Sprintf("%X", h.Sum(nil))
}
