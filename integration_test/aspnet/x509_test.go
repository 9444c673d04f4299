package aspnet_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// pfxPassword is that of every certificate in testdata.
const pfxPassword = "correct horse"

func loadPFX(t *testing.T, dir, password string) *x509seal.Certificate {
	t.Helper()
	c, err := x509seal.LoadPFX(filepath.Join(dir, "cert.pfx"), password)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// openers returns the certificate of the case, if it has one.
func (v *vector) openers(t *testing.T) []dataprotection.Opener {
	t.Helper()
	if _, err := os.Stat(filepath.Join(v.dir, "cert.pfx")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return []dataprotection.Opener{loadPFX(t, v.dir, v.PFXPassword)}
}

func runX509(t *testing.T, v *vector) {
	c := loadPFX(t, v.dir, v.PFXPassword)
	if v.Thumbprint != "" && c.Thumbprint() != v.Thumbprint {
		t.Errorf("the certificate has the thumbprint %s, want %s", c.Thumbprint(), v.Thumbprint)
	}
	if _, err := os.Stat(filepath.Join(v.dir, "cert.pem")); err == nil {
		pem := filepath.Join(v.dir, "cert.pem")
		if fromPEM, err := x509seal.LoadPEM(pem, pem); err != nil || fromPEM.Thumbprint() != c.Thumbprint() {
			t.Errorf("cert.pem: got %v, %v, want %v", fromPEM, err, c)
		}
	}
	runProtect(t, v)
}

// x509 writes a ring sealed with the certificate of the case of that name in testdata.
func (w *writer) x509(t *testing.T, folder string) {
	t.Helper()
	from := filepath.Join("testdata", folder)
	w.sealedCase(t, folder, from, w.open(t, folder, dataprotection.Config{Sealer: loadPFX(t, from, pfxPassword)}))
}

// resealed writes a ring in clear and seals it with a certificate afterwards.
func (w *writer) resealed(t *testing.T) {
	t.Helper()
	const folder, from = "resealed-rsa3072", "testdata/x509-rsa3072"
	w.sealedCase(t, folder, from, w.open(t, folder, dataprotection.Config{}))
	m := w.manager(t, folder, dataprotection.Config{Sealer: loadPFX(t, from, pfxPassword), AllowUnsealed: true})
	if keys, err := m.Reseal(t.Context(), nil); err != nil || len(keys) != 1 || keys[0].Outcome != dataprotection.Resealed {
		t.Fatalf("Reseal = %+v, %v", keys, err)
	}
}

// sealedCase writes what ring seals, and the certificate of the case in a folder.
func (w *writer) sealedCase(t *testing.T, folder, from string, ring *dataprotection.KeyRing) {
	t.Helper()
	items := samples()
	for n := range items {
		items[n].Protected = protect(t, ring, items[n])
	}
	pfx, err := os.ReadFile(filepath.Join(from, "cert.pfx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.root, folder, "cert.pfx"), pfx, 0o600); err != nil {
		t.Fatal(err)
	}
	save(t, w, folder, "x509", "vectors", items)
}

func TestLiveSealedDirectory(t *testing.T) {
	for _, weAre := range []string{"first", "second"} {
		t.Run("we are "+weAre, func(t *testing.T) {
			const from = "testdata/x509-rsa2048"
			keys := t.TempDir()
			cfg := liveConfig(keys)
			cfg.Sealer = loadPFX(t, from, pfxPassword)
			sealed := []string{"dir:" + keys, filepath.Join(from, "cert.pfx"), pfxPassword}
			var app *liveApp
			if weAre == "second" {
				app = serve(t, sealed)()
			}
			ring, err := dataprotection.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ring.Close() })
			if weAre == "first" {
				app = serve(t, sealed, "ORACLE_READS_ONLY=1")()
			}
			bothWays(t, app, ring)
			loginBothWays(t, app, ring)
			if st := ring.Status(); st.Keys != 1 || st.Unsealed != 0 || st.Unusable != 0 {
				t.Errorf("the ring has %d keys, %d in clear, %d unusable, want one that is sealed", st.Keys, st.Unsealed, st.Unusable)
			}
			if weAre == "first" {
				return
			}
			theirs := app.post(t, "/keys")
			within(t, 2*pollInterval, "the reference's new key seals here", func() bool { return ring.Status().SealingKey.String() == theirs })
			bothWays(t, app, ring)
			m, err := dataprotection.NewManager(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond) // the later activation wins
			ours, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().Add(90 * 24 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			within(t, 2*pollInterval, "our new key seals here", func() bool { return ring.Status().SealingKey == ours.ID })
			bothWays(t, app, ring)
			if !slices.ContainsFunc(app.keys(t), func(k liveKey) bool { return k.ID == ours.ID }) {
				t.Errorf("the reference lists %+v, without our %v", app.keys(t), ours.ID)
			}
		})
	}
}
