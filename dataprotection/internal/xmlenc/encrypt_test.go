package xmlenc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

func TestEncrypt(t *testing.T) {
	for _, bits := range []int{1024, 2048, 3072} {
		key := newKey(bits)
		cert := certificate(t, key)
		for n := range 33 { // every length of padding, twice
			text := []byte("<a>" + fragment[:n] + "</a>")
			element, err := xmlenc.Encrypt(text, cert)
			if err != nil {
				t.Fatal(err)
			}
			d, err := xmlenc.Parse(element)
			if err != nil {
				t.Fatalf("Parse: %v\n%s", err, element)
			}
			if certs := d.Certificates(); len(certs) != 1 || !bytes.Equal(certs[0], cert.Raw) {
				t.Fatalf("the element names %d certificates, want the one", len(certs))
			}
			if got, err := d.Decrypt(key); err != nil || !bytes.Equal(got, text) {
				t.Fatalf("%d bits, %d bytes: got %q, %v, want %q", bits, len(text), got, err, text)
			}
		}
	}
}

func TestEncryptRefuses(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if element, err := xmlenc.Encrypt([]byte(fragment), certificate(t, ec)); err == nil || element != nil {
		t.Errorf("with an EC certificate: got %q and no error", element)
	}
	cert := certificate(t, testKey())
	for _, text := range []string{"", "<", " <a />", "\n<a />", "\ufeff<a />", "<!-- c --><a />", `<?xml version="1.0"?><a />`, "text", "</a>"} {
		if element, err := xmlenc.Encrypt([]byte(text), cert); err == nil || element != nil {
			t.Errorf("%q: got %q and no error", text, element)
		}
	}
}

// TestLayout compares what is written with what the reference has written, but for
// what is random or depends on the certificate.
func TestLayout(t *testing.T) {
	theirs, key := reference(t)
	if got, err := decrypt(t, theirs, key); err != nil || !strings.HasPrefix(string(got), "<masterKey d1p1:requiresEncryption") {
		t.Errorf("the element of the reference: got %q, %v", got, err)
	}
	want, err := keyxml.OneLine([]byte(theirs))
	if err != nil {
		t.Fatal(err)
	}
	got, err := xmlenc.Encrypt([]byte(fragment), certificate(t, newKey(2048)))
	if err != nil {
		t.Fatal(err)
	}
	values := regexp.MustCompile(`>[A-Za-z0-9+/]{64,}=*<`)
	got, want = values.ReplaceAll(got, []byte(">…<")), values.ReplaceAll(want, []byte(">…<"))
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
