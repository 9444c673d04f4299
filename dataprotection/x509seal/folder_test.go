package x509seal_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/x509seal"
	"github.com/sealring/sealring/internal/bubbletest"
)

var (
	_ dataprotection.Sealer     = (*x509seal.Folder)(nil)
	_ dataprotection.Opener     = (*x509seal.Folder)(nil)
	_ dataprotection.Warner     = (*x509seal.Folder)(nil)
	_ dataprotection.Renewer    = (*x509seal.Folder)(nil)
	_ dataprotection.Recognizer = (*x509seal.Folder)(nil)
)

// on is a clock that stands still.
func on(t testing.TB, day string) func() time.Time {
	now := date(t, day)
	return func() time.Time { return now }
}

// put writes a certificate with its key into a folder, as PEM.
func put(t testing.TB, dir, name string, cert *x509.Certificate, key *rsa.PrivateKey) {
	t.Helper()
	text := pemOf(t, "CERTIFICATE", cert.Raw)
	if key != nil {
		text += pemOf(t, "PRIVATE KEY", pkcs8(t, key))
	}
	putFile(t, dir, name, []byte(text))
}

func putFile(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func openFolder(t testing.TB, dir, day string) *x509seal.Folder {
	t.Helper()
	f, err := x509seal.OpenFolder(dir, x509seal.FolderOptions{Password: "secret", Now: on(t, day)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func renew(t testing.TB, f *x509seal.Folder) string {
	t.Helper()
	version, err := f.Renew(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestFolderForms(t *testing.T) {
	cert := issue(t, "site", keyA(), "2026-01-01")
	certPEM, keyPEM := []byte(pemOf(t, "CERTIFICATE", cert.Raw)), []byte(pemOf(t, "PRIVATE KEY", pkcs8(t, keyA())))
	other, err := pkcs12.Modern.Encode(keyA(), cert, nil, "another secret")
	if err != nil {
		t.Fatal(err)
	}
	want := with(t, cert, keyA())
	for _, tc := range []struct {
		name  string
		files map[string][]byte
	}{
		{"PFX with the common password", map[string][]byte{"site.pfx": pfx(t, pkcs12.Modern, keyA(), cert)}},
		{"PFX with its own password", map[string][]byte{"site.P12": other, "site.password": []byte("another secret\r\n")}},
		{"one PEM file", map[string][]byte{"site.pem": slices.Concat(keyPEM, certPEM)}},
		{"two PEM files", map[string][]byte{"site.crt": certPEM, "site.key": keyPEM}},
		{"with the same beside it without key", map[string][]byte{"a.cer": certPEM, "site.pem": slices.Concat(keyPEM, certPEM)}},
		{"among other files", map[string][]byte{"site.pfx": pfx(t, pkcs12.Modern, keyA(), cert), ".hidden.pfx": {1}, "README": {1}, "site.pfx.bak": {1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range tc.files {
				putFile(t, dir, name, data)
			}
			f := openFolder(t, dir, "2026-06-01")
			if got, err := f.Open(t.Context(), decryptorType, seal(t, want)); err != nil || string(got) != fragment {
				t.Errorf("Open = %q, %v", got, err)
			}
			if got, err := want.Open(t.Context(), decryptorType, seal(t, f)); err != nil || string(got) != fragment {
				t.Errorf("what it seals opens to %q, %v", got, err)
			}
		})
	}
}

func TestFolderFollows(t *testing.T) {
	dir := t.TempDir()
	first, second := issue(t, "first", keyA(), "2025-09-01"), issue(t, "second", keyB(), "2026-05-01")
	put(t, dir, "first.pem", first, keyA())
	f := openFolder(t, dir, "2026-06-01")
	sealed := seal(t, f)
	before := renew(t, f)
	if again := renew(t, f); again != before {
		t.Errorf("the version of what has not changed was %s and is %s", before, again)
	}
	put(t, dir, "second.pem", second, keyB())
	if renew(t, f) == before {
		t.Error("the version has not changed with a new certificate")
	}
	if got, err := with(t, second, keyB()).Open(t.Context(), decryptorType, seal(t, f)); err != nil || string(got) != fragment {
		t.Errorf("the new certificate does not seal: %q, %v", got, err)
	}
	if got, err := f.Open(t.Context(), decryptorType, sealed); err != nil || string(got) != fragment {
		t.Errorf("the old certificate does not open: %q, %v", got, err)
	}
	if f.Sealed(decryptorType, sealed) || !f.Sealed(decryptorType, seal(t, f)) {
		t.Error("Sealed does not tell the present certificate from the old one")
	}
	if err := os.Remove(filepath.Join(dir, "first.pem")); err != nil {
		t.Fatal(err)
	}
	renew(t, f)
	if got, err := f.Open(t.Context(), decryptorType, sealed); !errors.Is(err, dataprotection.ErrNotMine) || !strings.Contains(err.Error(), "CN=first") {
		t.Errorf("without the old certificate: %q, %v", got, err)
	}
}

// Two members share a ring. One has the new certificate earlier than the other.
func TestRingFollowsFolder(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	first, second := issue(t, "first", keyA(), "1999-06-01"), issue(t, "second", keyB(), "1999-12-01")
	put(t, here, "first.pem", first, keyA())
	put(t, there, "first.pem", first, keyA())
	put(t, there, "second.pem", second, keyB())
	bubbletest.Run(t, func(t *testing.T) { // where the year is 2000
		store := memstore.New()
		config := func(dir string) dataprotection.Config {
			f, err := x509seal.OpenFolder(dir, x509seal.FolderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return dataprotection.Config{Application: "shop", Store: store, Sealer: f, Logger: quiet}
		}
		ring, err := dataprotection.Open(t.Context(), config(here))
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		m, err := dataprotection.NewManager(t.Context(), config(there))
		if err != nil {
			t.Fatal(err)
		}
		made, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now().Add(-time.Hour), Expires: time.Now().AddDate(0, 1, 0)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(dataprotection.DefaultPollInterval)
		if st := ring.Status(); st.Unusable != 1 || st.Healthy {
			t.Errorf("before the certificate is there: %+v", st)
		}
		put(t, here, "second.pem", second, keyB())
		time.Sleep(dataprotection.DefaultPollInterval)
		if st := ring.Status(); st.Unusable != 0 || !st.Healthy || st.Keys != 2 {
			t.Errorf("a poll after the certificate has come: %+v", st)
		}
		if l, err := m.List(t.Context()); err != nil || !slices.ContainsFunc(l.Keys, func(k dataprotection.KeyInfo) bool { return k.ID == made.ID }) {
			t.Errorf("List = %+v, %v", l, err)
		}

		if err := os.Rename(here, here+".gone"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(dataprotection.DefaultPollInterval)
		if st := ring.Status(); st.Unusable != 0 || st.Healthy || !strings.Contains(fmt.Sprint(st.Problems), here) {
			t.Errorf("a poll after the folder has gone: %+v", st)
		}
	})
}

func TestFolderWarnings(t *testing.T) {
	dir := t.TempDir()
	cert := issue(t, "site", keyA(), "2025-01-01")
	put(t, dir, "site.pem", cert, keyA())
	put(t, dir, "nokey.crt", issue(t, "public", keyB(), "2025-01-01"), nil)
	putFile(t, dir, "cut.pfx", []byte("PFX"))
	putFile(t, dir, "large.pfx", nil)
	if err := os.Truncate(filepath.Join(dir, "large.pfx"), 1<<30); err != nil { // takes no space
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.pem"), 0o700); err != nil {
		t.Fatal(err)
	}
	f := openFolder(t, dir, "2026-06-01")
	said := strings.Join(f.Warnings(date(t, "2026-06-01")), "\n")
	for _, want := range []string{
		`"CN=site" with thumbprint`, "expired on 2026-01-01", "no successor is configured",
		`"CN=public"`, "no private key there", "nokey.key",
		"cut.pfx is not used: the PFX cannot be read", "large.pfx is not used", "more than 1048576 bytes", "dir.pem is not a regular file",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in\n%s", want, said)
		}
	}
	if seal(t, f) == nil {
		t.Error("an expired certificate does not seal")
	}
	if w := f.Warnings(date(t, "2025-06-01")); len(w) != 4 {
		t.Errorf("before the end: %q", w)
	}
}

func TestFolderErrors(t *testing.T) {
	empty, keyless := t.TempDir(), t.TempDir()
	put(t, keyless, "a.crt", issue(t, "public", keyA(), "2026-01-01"), nil)
	putFile(t, keyless, "b.pfx", []byte("PFX"))
	for _, tc := range []struct{ name, dir, want string }{
		{"missing", filepath.Join(empty, "no"), systemsWords(filepath.Join(empty, "no"))},
		{"empty", empty, "has no certificate with its private key"},
		{"nothing to open with", keyless, "b.pfx is not used"},
	} {
		if f, err := x509seal.OpenFolder(tc.dir, x509seal.FolderOptions{}); f != nil || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.dir) {
			t.Errorf("%s: got %v, %v, want %q and the folder", tc.name, f, err, tc.want)
		}
	}
	t.Run("what was there stays", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, "a.pem", issue(t, "a", keyA(), "2026-01-01"), keyA())
		f := openFolder(t, dir, "2026-06-01")
		before := renew(t, f)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if version, err := f.Renew(t.Context()); !errors.Is(err, fs.ErrNotExist) || version != before {
			t.Errorf("Renew = %s, %v", version, err)
		}
		seal(t, f)
	})
	t.Run("none", func(t *testing.T) {
		for _, f := range []*x509seal.Folder{nil, {}} {
			if _, err := f.Renew(t.Context()); err == nil {
				t.Error("Renew of no folder succeeded")
			}
			if _, _, err := f.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment)); err == nil || f.Warnings(time.Now()) != nil || f.Sealed(decryptorType, nil) {
				t.Errorf("Seal of no folder = %v", err)
			}
			if s := fmt.Sprint(f); s != "no folder of certificates" {
				t.Error(s)
			}
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		dir := t.TempDir()
		put(t, dir, "a.pem", issue(t, "a", keyA(), "2026-01-01"), keyA())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := openFolder(t, dir, "2026-06-01").Renew(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestFolderAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.pem", issue(t, "a", keyA(), "2026-01-01"), keyA())
	f := openFolder(t, dir, "2026-06-01")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { renew(t, f) })
		all.Go(func() { seal(t, f) })
		all.Go(func() { f.Warnings(time.Now()) })
	}
	all.Wait()
}

func TestNewestFirst(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	signing := func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }
	long := func(c *x509.Certificate) { c.NotAfter = c.NotAfter.AddDate(1, 0, 0) }
	certs := x509seal.Certificates{
		with(t, issue(t, "public", keyA(), "2026-05-01"), nil),
		with(t, issue(t, "early", keyA(), "2026-07-01"), keyA()),
		with(t, issue(t, "long expired", keyA(), "2024-01-01"), keyA()),
		with(t, issue(t, "expired", keyA(), "2025-01-01"), keyA()),
		nil,
		with(t, issue(t, "short", small, "2026-05-01"), small),
		with(t, issue(t, "signing", keyA(), "2026-05-02", signing), keyA()),
		with(t, issue(t, "older", keyA(), "2025-12-01", long), keyA()),
		with(t, issue(t, "newer", keyA(), "2026-01-01"), keyA()),
	}
	want := []string{"newer", "older", "signing", "short", "expired", "long expired", "early", "public"}
	var got []string
	for _, c := range certs.NewestFirst(date(t, "2026-06-01")) {
		name, _, _ := strings.Cut(strings.TrimPrefix(c.String(), `certificate "CN=`), `"`)
		got = append(got, name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(certs) != 9 || certs[4] != nil {
		t.Error("the certificates themselves were moved")
	}
}

func ExampleOpenFolder() {
	folder, err := x509seal.OpenFolder("testdata/reference/x509-rsa2048", x509seal.FolderOptions{Password: password})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = dataprotection.Config{Application: "shop", Store: memstore.New(), Sealer: folder}
	fmt.Println(folder)
	// Output: certificates in testdata/reference/x509-rsa2048
}
