package aspnet_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// A pfxFile is a certificate and its private key as PFX, with pfxPassword.
type pfxFile struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
	data []byte
}

func issuePFX(t *testing.T, name string, from, until time.Time) pfxFile {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<60))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return pfxFile{cert, key, encodePFX(t, key, cert, pfxPassword)}
}

func encodePFX(t *testing.T, key *rsa.PrivateKey, cert *x509.Certificate, password string) []byte {
	t.Helper()
	data, err := pkcs12.Modern.Encode(key, cert, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A fleet is three rings of ours, each with a folder of certificates of its own, and
// one or more applications of the reference.
type fleet struct {
	t       *testing.T
	rings   []*dataprotection.KeyRing
	folders []string

	mu       sync.Mutex
	apps     []*liveApp
	payloads []string // of all keys, from all members
	requests int
}

func (f *fleet) put(folder int, p pfxFile) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.folders[folder], p.cert.Subject.CommonName+".pfx"), p.data, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// use replaces the applications that get requests.
func (f *fleet) use(apps ...*liveApp) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.apps = apps
}

const greeting = "hello, ünïcødé 漢字"

// round has every member seal, and every member open that and what was kept.
func (f *fleet) round() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open(append(f.seal(), f.payloads...))
}

// keep has every member seal something that is opened in each round from now on.
func (f *fleet) keep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.payloads = append(f.payloads, f.seal()...)
}

func (f *fleet) seal() (sealed []string) {
	for i, ring := range f.rings {
		s, err := ring.Protector("p").ProtectString(greeting)
		if err != nil {
			f.t.Errorf("ring %d does not seal: %v", i, err)
			continue
		}
		sealed = append(sealed, s)
	}
	for _, app := range f.apps {
		sealed = append(sealed, app.protect(f.t, "p", greeting))
	}
	return sealed
}

func (f *fleet) open(sealed []string) {
	for n, s := range sealed {
		for i, ring := range f.rings {
			f.requests++
			if got, err := ring.Protector("p").UnprotectString(context.Background(), s); err != nil || got != greeting {
				f.t.Errorf("ring %d opens what %d has sealed to %q, %v", i, n, got, err)
			}
		}
		for i, app := range f.apps {
			f.requests++
			if status, got := app.unprotect(f.t, "p", s); status != http.StatusOK || got != greeting {
				f.t.Errorf("application %d answers %d %q to what %d has sealed", i, status, got, n)
			}
		}
	}
}

// TestCertificateRollover replaces the certificate of a fleet, the old one being expired, while requests go on.
func TestCertificateRollover(t *testing.T) {
	now := time.Now()
	old := issuePFX(t, "old", now.AddDate(-2, 0, 0), now.AddDate(0, 0, -1))
	renewed := issuePFX(t, "renewed", now.AddDate(0, 0, -1), now.AddDate(2, 0, 0))
	keys, home := t.TempDir(), t.TempDir()
	f := &fleet{t: t}
	for i := range 3 {
		f.folders = append(f.folders, t.TempDir())
		f.put(i, old)
		f.rings = append(f.rings, f.ring(keys, i))
	}
	app := serve(t, append([]string{"dir:" + keys}, files(t, old)...), "HOME="+storeOf(t, home, old, renewed))()
	f.use(app)

	// From here on requests never stop.
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				f.round()
				time.Sleep(20 * time.Millisecond)
			}
		}
	}()
	defer func() { // before the rings are closed
		select {
		case <-stopped:
		default:
			close(stop)
			<-stopped
		}
	}()
	sealsAnew := func(what string, make func() string) {
		t.Helper()
		id := make()
		for i, ring := range f.rings {
			within(t, 2*pollInterval, fmt.Sprintf("%s: ring %d seals with the new key", what, i), func() bool { return ring.Status().SealingKey.String() == id })
		}
		f.keep()
		time.Sleep(pollInterval)
	}
	create := func() string {
		m, err := dataprotection.NewManager(t.Context(), f.config(keys, 0))
		if err != nil {
			t.Fatal(err)
		}
		k, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().AddDate(0, 3, 0)})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID.String()
	}

	sealsAnew("with the expired certificate", create)
	for i := range f.rings {
		f.put(i, renewed)
		time.Sleep(pollInterval + pollInterval/2)
	}
	sealsAnew("with the renewed certificate", create)
	again := serve(t, append([]string{"dir:" + keys}, files(t, renewed)...), "HOME="+home)()
	f.use(app, again)
	time.Sleep(pollInterval)
	f.use(again)
	app.stop()
	sealsAnew("made by the reference", func() string { return again.post(t, "/keys") })

	m, err := dataprotection.NewManager(t.Context(), f.config(keys, 0))
	if err != nil {
		t.Fatal(err)
	}
	resealed, err := m.Reseal(t.Context(), nil)
	if err != nil {
		t.Fatalf("Reseal = %+v, %v", resealed, err)
	}
	time.Sleep(2 * pollInterval)
	for i := range f.rings {
		if err := os.Remove(filepath.Join(f.folders[i], "old.pfx")); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(2 * pollInterval)
	without := serve(t, append([]string{"dir:" + keys}, files(t, renewed)...), "HOME="+t.TempDir())() // the old certificate is nowhere
	f.use(again, without)
	time.Sleep(2 * pollInterval)
	close(stop)
	<-stopped
	f.round()
	for i, ring := range f.rings {
		if st := ring.Status(); st.Unusable != 0 || st.Unsealed != 0 || st.Keys < 4 {
			t.Errorf("ring %d: %+v", i, st)
		}
	}
	t.Logf("%d requests over %d keys, %d payloads kept", f.requests, len(resealed), len(f.payloads))
}

func (f *fleet) config(keys string, i int) dataprotection.Config {
	f.t.Helper()
	folder, err := x509seal.OpenFolder(f.folders[i], x509seal.FolderOptions{Password: pfxPassword})
	if err != nil {
		f.t.Fatal(err)
	}
	return dataprotection.Config{
		Application: "vectors", Store: filestore.New(keys), Sealer: folder, PollInterval: pollInterval, Logger: slog.New(slog.DiscardHandler),
	}
}

func (f *fleet) ring(keys string, i int) *dataprotection.KeyRing {
	f.t.Helper()
	ring, err := dataprotection.Open(f.t.Context(), f.config(keys, i))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { ring.Close() })
	return ring
}

// files are the arguments by which the reference is given a certificate.
func files(t *testing.T, p pfxFile) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cert.pfx")
	if err := os.WriteFile(file, p.data, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{file, pfxPassword}
}

// storeOf makes the account's own store of certificates, where the reference looks
// for those that it was not given.
func storeOf(t *testing.T, home string, certs ...pfxFile) string {
	t.Helper()
	dir := filepath.Join(home, ".dotnet", "corefx", "cryptography", "x509stores", "my")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range certs {
		if err := os.WriteFile(filepath.Join(dir, p.cert.Subject.CommonName+".pfx"), encodePFX(t, p.key, p.cert, ""), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return home
}
