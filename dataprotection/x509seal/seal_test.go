package x509seal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sealtest"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// Small keys, as every byte of an element is tried.
func TestContract(t *testing.T) {
	t.Parallel()
	options := sealtest.Options{NotAuthenticated: true}
	t.Run("certificate", func(t *testing.T) {
		sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
			c := certificate(t, "a", newKey(1024), "2026-01-01")
			return func() sealtest.Sealer { return c }
		}, options)
	})
	t.Run("certificates", func(t *testing.T) {
		sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
			cs := x509seal.Certificates{certificate(t, "a", newKey(1024), "2026-01-01"), certificate(t, "b", newKey(1024), "2025-01-01")}
			return func() sealtest.Sealer { return cs }
		}, options)
	})
}

func TestOpen(t *testing.T) {
	certA, certB := issue(t, "a", keyA(), "2026-01-01"), issue(t, "b", keyB(), "2026-01-01")
	a, b := with(t, certA, keyA()), with(t, certB, keyB())
	withoutKey := with(t, certA, nil)
	renewed := certificate(t, "renewed", keyA(), "2027-01-01")
	expired := certificate(t, "expired", keyA(), "2001-01-01")
	type certs = x509seal.Certificates
	for _, row := range []struct {
		name    string
		sealer  *x509seal.Certificate
		openers certs
		want    string // in the error; "" if it opens
	}{
		{"X509-2 none configured", a, certs{}, "which is not among those configured ()"},
		{"X509-3 another certificate", a, certs{b}, "which is not among those configured (" + b.Thumbprint() + ")"},
		{"X509-4 the certificate without its private key", a, certs{withoutKey}, "whose private key is missing"},
		{"X509-5 the certificate and another one", a, certs{a, b}, ""},
		{"X509-5 in the other order", a, certs{b, a}, ""},
		{"sealed without a private key", withoutKey, certs{a}, ""},
		{"one thumbprint, without and with private key", a, certs{withoutKey, a}, ""},
		{"one thumbprint, with and without private key", a, certs{a, withoutKey}, ""},
		{"expired", expired, certs{expired}, ""},
		{"renewed over the same key pair", a, certs{renewed}, "which has the key pair of " + renewed.Thumbprint() + " but is another certificate: configure it as well"},
		{"the old certificate, which the renewed one's key opens", a, certs{renewed, with(t, certA, keyA())}, ""},
		{"nil", a, certs{nil}, "which is not among those configured ()"},
		{"zero", a, certs{{}}, "which is not among those configured ()"},
	} {
		t.Run(row.name, func(t *testing.T) {
			element := seal(t, row.sealer)
			got, err := row.openers.Open(t.Context(), decryptorType, element)
			if row.want == "" {
				if err != nil || string(got) != fragment {
					t.Errorf("got %q, %v, want %q", got, err, fragment)
				}
				return
			}
			if got != nil || !errors.Is(err, dataprotection.ErrNotMine) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %q, %v, want ErrNotMine with %q", got, err, row.want)
			}
			if sealedWith := row.sealer.String(); err != nil && !strings.Contains(err.Error(), sealedWith) {
				t.Errorf("%v does not name %s", err, sealedWith)
			}
		})
	}
}

// TestSeveralCertificatesInside has elements that name more than one.
func TestSeveralCertificatesInside(t *testing.T) {
	a, b := certificate(t, "a", keyA(), "2026-01-01"), certificate(t, "b", keyB(), "2026-01-01")
	certB := issue(t, "other", keyB(), "2026-01-01")
	element := string(seal(t, a))
	data := element[strings.Index(element, "<X509Data>"):strings.Index(element, "</KeyInfo>")]
	other := "<X509Data><X509Certificate>" + base64.StdEncoding.EncodeToString(certB.Raw) + "</X509Certificate></X509Data>"
	nonsense := "<X509Data><X509Certificate>AQID</X509Certificate></X509Data>"
	for _, row := range []struct {
		name, data string
		openers    x509seal.Certificates
		want       string
	}{
		{"second", other + data, x509seal.Certificates{a}, ""},
		{"first", data + other, x509seal.Certificates{a}, ""},
		{"the first that is found decides, although another opens", other + data, x509seal.Certificates{a, with(t, certB, keyB())}, "cannot be decrypted"},
		{"after one that is none", nonsense + data, x509seal.Certificates{a}, ""},
		{"none", "", x509seal.Certificates{a}, "does not say which certificate"},
		{"neither", other + nonsense, x509seal.Certificates{a, b}, "that is no certificate"},
	} {
		got, err := row.openers.Open(t.Context(), decryptorType, []byte(strings.Replace(element, data, row.data, 1)))
		if row.want == "" && (err != nil || string(got) != fragment) || row.want != "" && (err == nil || got != nil || !strings.Contains(err.Error(), row.want)) {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, row.want)
		}
	}
}

func TestSeal(t *testing.T) {
	a := certificate(t, "a", keyA(), "2026-01-01")
	gotType, element, err := a.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment))
	if err != nil {
		t.Fatal(err)
	}
	want := decryptorType + ", Microsoft.AspNetCore.DataProtection, Version=8.0.0.0, Culture=neutral, PublicKeyToken=adb9793829ddae60"
	if gotType != want {
		t.Errorf("got type %q, want %q", gotType, want)
	}
	t.Run("X509-6 EncryptedData that hides the text", func(t *testing.T) {
		if !bytes.HasPrefix(element, []byte(`<EncryptedData Type="http://www.w3.org/2001/04/xmlenc#Element" xmlns="http://www.w3.org/2001/04/xmlenc#">`)) {
			t.Errorf("got %s", element)
		}
		if bytes.Contains(element, []byte("AAECAwQF")) || bytes.Contains(element, []byte("masterKey")) {
			t.Errorf("the text shows in %s", element)
		}
		if got, err := a.Open(t.Context(), gotType, element); err != nil || string(got) != fragment {
			t.Errorf("got %q, %v, want %q", got, err, fragment)
		}
	})
	t.Run("no certificate", func(t *testing.T) {
		for _, cs := range []x509seal.Certificates{nil, {}, {nil}, {{}}} {
			gotType, element, err := cs.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment))
			if err == nil || gotType != "" || element != nil {
				t.Errorf("%v: got %q, %q and no error", cs, gotType, element)
			}
		}
	})
	t.Run("ended context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := a.Seal(ctx, dataprotection.KeyID{}, []byte(fragment)); !errors.Is(err, context.Canceled) {
			t.Errorf("Seal: got %v", err)
		}
		if _, err := a.Open(ctx, decryptorType, element); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: got %v", err)
		}
	})
}

func TestOpenDamaged(t *testing.T) {
	a := certificate(t, "a", keyA(), "2026-01-01")
	element := seal(t, a)
	values := bytes.Split(element, []byte("<CipherValue>"))
	for i, name := range []string{"wrapped key", "content"} {
		parts := slices.Clone(values)
		parts[i+1] = append([]byte("AAAA"), parts[i+1][4:]...)
		got, err := a.Open(t.Context(), decryptorType, bytes.Join(parts, []byte("<CipherValue>")))
		want := "x509seal: the sealed key, with " + a.String() + ": it cannot be decrypted; it is damaged, was changed, or was made for another key"
		if i == 1 && err == nil && len(got) > 0 { // the first block has no authentication
			continue
		}
		if got != nil || err == nil || err.Error() != want || errors.Is(err, dataprotection.ErrNotMine) {
			t.Errorf("%s: got %q, %v, want %s", name, got, err, want)
		}
	}
	if got, err := a.Open(t.Context(), decryptorType, []byte("<EncryptedData />")); got != nil || err == nil || !strings.HasPrefix(err.Error(), "x509seal: the sealed key: ") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPrintsNoPrivateKey(t *testing.T) {
	c := certificate(t, "a", keyA(), "2026-01-01")
	cs := x509seal.Certificates{c}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "one", c, "all", cs)
	asJSON, err := json.Marshal(cs)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(asJSON)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, c), fmt.Sprintf(verb, cs), fmt.Sprintf(verb, struct{ C *x509seal.Certificate }{c}))
	}
	for _, text := range texts {
		for _, secret := range []string{keyA().D.String(), keyA().Primes[0].String(), fmt.Sprintf("%x", keyA().D), base64.StdEncoding.EncodeToString(keyA().D.Bytes())} {
			if strings.Contains(text, secret[:20]) {
				t.Errorf("it prints as %.200s", text)
			}
		}
	}
	if want := `certificate "CN=a" with thumbprint ` + c.Thumbprint(); fmt.Sprint(c) != want {
		t.Errorf("it prints as %s, want %s", c, want)
	}
}

// BenchmarkOpen is the work of a ring at its start, for each key.
func BenchmarkOpen(b *testing.B) {
	for _, bits := range []int{2048, 3072, 4096} {
		b.Run(fmt.Sprint("RSA-", bits), func(b *testing.B) {
			c := certificate(b, "a", newKey(bits), "2026-01-01")
			element := seal(b, c)
			for b.Loop() {
				if _, err := c.Open(b.Context(), decryptorType, element); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	cs := x509seal.Certificates{certificate(t, "a", keyA(), "2026-01-01"), certificate(t, "b", keyB(), "2025-01-01")}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := cs.Open(t.Context(), decryptorType, seal(t, cs)); err != nil || string(got) != fragment {
				t.Errorf("got %q, %v", got, err)
			}
			cs.Warnings(date(t, "2026-06-01"))
		})
	}
	wg.Wait()
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
