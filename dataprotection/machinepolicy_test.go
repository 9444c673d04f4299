package dataprotection_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// prescribe makes a policy that holds on this machine for the test.
func prescribe(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "policy.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SEALRING_POLICY", file)
	return file
}

const strictPolicy = `
EncryptionType = "Managed"
EncryptionAlgorithmKeySize = 192
ValidationAlgorithmType = "HMACSHA512"
DefaultKeyLifetime = 30
`

func TestMachinePolicy(t *testing.T) {
	const days = 24 * time.Hour
	for _, tc := range []struct {
		name      string
		change    func(*dataprotection.Config)
		algorithm string
		life      time.Duration
		says      string
	}{
		{"applies", func(*dataprotection.Config) {}, "Aes-192, HMACSHA512", 30 * days, "algorithm Aes-192, HMACSHA512, key lifetime 30 days"},
		{"the configuration's lifetime wins", func(c *dataprotection.Config) { c.KeyLifetime = 60 * days }, "Aes-192, HMACSHA512", 60 * days, "key lifetime 30 days (overruled by the configuration)"},
		{"the configuration's algorithm wins", func(c *dataprotection.Config) { c.Algorithm = dataprotection.AES256GCM }, "AES_256_GCM", 30 * days, "algorithm Aes-192, HMACSHA512 (overruled by the configuration)"},
		{"a policy of its own", func(c *dataprotection.Config) { c.OwnPolicy = true }, "AES_256_CBC, HMACSHA256", 90 * days, "its own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := prescribe(t, strictPolicy)
			log := &logBook{}
			cfg := atNoon(&fakeStore{})
			cfg.Logger = log.logger()
			tc.change(&cfg)
			ring := open(t, cfg)
			unprotect(t, ring, protect(t, ring, "x"), "x")
			k := list(t, manage(t, cfg)).Keys[0]
			if k.Algorithm != tc.algorithm || k.Expires.Sub(k.Activates) != tc.life {
				t.Errorf("made %s for %v, want %s for %v", k.Algorithm, k.Expires.Sub(k.Activates), tc.algorithm, tc.life)
			}
			st := ring.Status()
			if !strings.Contains(st.Policy, tc.says) || strings.Contains(st.Policy, file) == cfg.OwnPolicy || st.AtRest != "in clear" {
				t.Errorf("Status says %q and %q", st.Policy, st.AtRest)
			}
			if log.count("policy=") != 1 || log.count("policy=\""+st.Policy) != 1 {
				t.Errorf("logged %s", log)
			}
			made, err := manage(t, cfg).Create(t.Context(), nil)
			if err != nil || made.Algorithm != tc.algorithm {
				t.Errorf("Create = %+v, %v", made, err)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Setenv("SEALRING_POLICY", "")
		if st := open(t, config(&fakeStore{})).Status(); st.Policy != "none of the machine" {
			t.Errorf("Status says %q", st.Policy)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		file := prescribe(t, "DefaultKeyLifetime = 90\nEncryptionTyp = \"CNG-CBC\"")
		store := &fakeStore{}
		var ce *dataprotection.ConfigError
		if _, err := dataprotection.Open(t.Context(), config(store)); !errors.As(err, &ce) || !strings.Contains(err.Error(), file+":2: EncryptionTyp is not known") || store.adds != 0 {
			t.Errorf("Open = %v", err)
		}
		if _, err := dataprotection.NewManager(t.Context(), config(store)); !errors.As(err, &ce) {
			t.Errorf("NewManager = %v", err)
		}
		cfg := config(store)
		cfg.OwnPolicy = true
		open(t, cfg)
	})
}

// issue writes a certificate in PEM form and returns its private key as an opener; nil for EC.
func issue(t *testing.T, file string, ec bool) *x509seal.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "escrow"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	create := func(public, private any) *x509.Certificate {
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	if ec {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		create(key.Public(), key)
		return nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509seal.New(create(key.Public(), key), key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sinkPolicy(directory, certificate string) string {
	return fmt.Sprintf("[[KeyEscrowSinks]]\nDirectory = %q\nCertificate = %q\n", directory, certificate)
}

func TestMachinePolicyEscrow(t *testing.T) {
	dir := t.TempDir()
	vault, cert := filepath.Join(dir, "vault"), filepath.Join(dir, "escrow.crt")
	owner := issue(t, cert, false)
	prescribe(t, sinkPolicy(vault, cert))
	var calls []string
	cfg := config(&fakeStore{})
	cfg.Escrow = []dataprotection.EscrowSink{&sink{name: "the program's", calls: &calls}}
	ring := open(t, cfg)
	payload := protect(t, ring, "x")
	if len(calls) != 1 || !strings.Contains(ring.Status().Policy, "escrow in "+vault+", sealed for "+cert) {
		t.Errorf("the program's own sink was called %q; Status says %q", calls, ring.Status().Policy)
	}
	if _, err := manage(t, cfg).EscrowAll(t.Context()); err != nil { // once more
		t.Error(err)
	}

	t.Setenv("SEALRING_POLICY", "")
	restored := config(&fakeStore{})
	r, err := manage(t, restored).Restore(t.Context(), filestore.New(vault), &dataprotection.RestoreOptions{Openers: []dataprotection.Opener{owner}})
	if err != nil || len(r.Keys) != 1 {
		t.Fatalf("Restore = %+v, %v", r, err)
	}
	unprotect(t, open(t, restored), payload, "x")
	if left, _ := filepath.Glob(filepath.Join(vault, "*.tmp")); left != nil {
		t.Errorf("left behind: %q", left)
	}
}

func TestMachinePolicyEscrowFails(t *testing.T) {
	dir := t.TempDir()
	good, ec, junk := filepath.Join(dir, "good.crt"), filepath.Join(dir, "ec.crt"), filepath.Join(dir, "junk.crt")
	issue(t, good, false)
	issue(t, ec, true)
	if err := os.WriteFile(junk, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, vault, cert, want string }{
		{"no certificate", filepath.Join(dir, "vault"), filepath.Join(dir, "no.crt"), "no such file"},
		{"not PEM", filepath.Join(dir, "vault"), filepath.Join(dir, "not.crt"), "there is no CERTIFICATE"},
		{"junk in PEM", filepath.Join(dir, "vault"), junk, "the certificate cannot be read"},
		{"EC", filepath.Join(dir, "vault"), ec, "no RSA key"},
		{"no directory", filepath.Join(good, "vault"), good, "not a directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "not.crt"), []byte("junk"), 0o600); err != nil {
				t.Fatal(err)
			}
			prescribe(t, sinkPolicy(tc.vault, tc.cert))
			store := &fakeStore{}
			if _, err := dataprotection.Open(t.Context(), config(store)); err == nil || !strings.Contains(err.Error(), tc.want) || store.adds != 0 {
				t.Errorf("Open = %v after %d additions, want %q", err, store.adds, tc.want)
			}
		})
	}
}
