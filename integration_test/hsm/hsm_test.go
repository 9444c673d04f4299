package hsm

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ThalesGroup/crypto11"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

const (
	module = "/usr/lib/softhsm/libsofthsm2.so"
	pin    = "1234"
	label  = "sealring"
)

// token makes an empty device.
func token(t *testing.T) *crypto11.Context {
	t.Helper()
	tool, err := exec.LookPath("softhsm2-util")
	if _, missing := os.Stat(module); err != nil || missing != nil {
		if os.Getenv("SEALRING_REQUIRE") == "all" {
			t.Fatal("SoftHSM is not installed (Debian package softhsm2), and SEALRING_REQUIRE=all")
		}
		t.Skip("SoftHSM is not installed (Debian package softhsm2)")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	if out, err := exec.Command(tool, "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "0000").CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	device, err := crypto11.Configure(&crypto11.Config{Path: module, TokenLabel: label, Pin: pin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { device.Close() })
	return device
}

// certificate makes a key pair in the device, and a certificate for it.
func certificate(t *testing.T, device *crypto11.Context, bits int) *x509.Certificate {
	t.Helper()
	key, err := device.GenerateRSAKeyPair([]byte(fmt.Sprint(bits)), bits)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "in a device"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment,
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

// privateKey finds the private key of a certificate in the device.
func privateKey(t *testing.T, device *crypto11.Context, cert *x509.Certificate) crypto11.SignerDecrypter {
	t.Helper()
	key, err := device.FindRSAKeyPair([]byte(fmt.Sprint(cert.PublicKey.(*rsa.PublicKey).N.BitLen())), nil)
	if err != nil || key == nil {
		t.Fatalf("no key in the device: %v", err)
	}
	return key
}

func sealer(t *testing.T, device *crypto11.Context, cert *x509.Certificate) *x509seal.Certificate {
	t.Helper()
	c, err := x509seal.New(cert, privateKey(t, device, cert))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func config(dir string, c *x509seal.Certificate) dataprotection.Config {
	return dataprotection.Config{Application: "shop", Store: filestore.New(dir), Sealer: c, Logger: slog.New(slog.DiscardHandler)}
}

func open(t *testing.T, cfg dataprotection.Config) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

func TestRingInADevice(t *testing.T) {
	device := token(t)
	for _, bits := range []int{2048, 3072, 4096} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			dir := t.TempDir()
			cert := certificate(t, device, bits)
			cfg := config(dir, sealer(t, device, cert))
			sealed, err := open(t, cfg).Protector("p").ProtectString("x")
			if err != nil {
				t.Fatal(err)
			}
			m, err := dataprotection.NewManager(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			for range 8 { // opened several at a time
				if _, err := m.Create(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
			ring := open(t, config(dir, sealer(t, device, cert)))
			if got, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil || got != "x" {
				t.Errorf("Unprotect = %q, %v", got, err)
			}
			if st := ring.Status(); st.Keys != 9 || st.Unusable != 0 || st.Unsealed != 0 {
				t.Errorf("Status = %+v", st)
			}
		})
	}
}

// What moves a ring into a device: its keys are sealed anew for the certificate there.
func TestMoveIntoADevice(t *testing.T) {
	device := token(t)
	dir := t.TempDir()
	cfg := config(dir, nil)
	cfg.Sealer = nil
	sealed, err := open(t, cfg).Protector("p").ProtectString("x")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sealer, cfg.AllowUnsealed = sealer(t, device, certificate(t, device, 2048)), true
	m, err := dataprotection.NewManager(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := m.Reseal(t.Context(), nil); err != nil || len(keys) != 1 || keys[0].Outcome != dataprotection.Resealed {
		t.Fatalf("Reseal = %+v, %v", keys, err)
	}
	cfg.AllowUnsealed = false
	if got, err := open(t, cfg).Protector("p").UnprotectString(t.Context(), sealed); err != nil || got != "x" {
		t.Errorf("Unprotect = %q, %v", got, err)
	}
}

func TestDeviceErrors(t *testing.T) {
	device := token(t)
	cert := certificate(t, device, 2048)
	c := sealer(t, device, cert)
	decryptorType, element, err := c.Seal(t.Context(), dataprotection.KeyID{}, []byte("<masterKey />"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a damaged element", func(t *testing.T) {
		end := bytes.LastIndex(element, []byte("<CipherData>")) // of the content; the session key's stands before it
		key := bytes.LastIndex(element[:end], []byte("<CipherValue>")) + len("<CipherValue>")
		damaged := bytes.Clone(element)
		damaged[key+10] = 'A' // another character, of base64 as well
		if element[key+10] == 'A' {
			damaged[key+10] = 'B'
		}
		_, err := c.Open(t.Context(), decryptorType, damaged)
		if err == nil || !strings.Contains(err.Error(), "it is damaged, was changed") || strings.Contains(err.Error(), "CKR") {
			t.Errorf("Open = %v, want an error that is not about the device", err)
		}
	})
	t.Run("another certificate", func(t *testing.T) {
		other := certificate(t, device, 3072)
		if _, err := sealer(t, device, other).Open(t.Context(), decryptorType, element); !errors.Is(err, dataprotection.ErrNotMine) {
			t.Errorf("Open = %v", err)
		}
		if _, err := x509seal.New(cert, privateKey(t, device, other)); err == nil || !strings.Contains(err.Error(), "does not belong") {
			t.Errorf("New with another's key = %v", err)
		}
	})
	t.Run("the key is gone from the device", func(t *testing.T) {
		if err := privateKey(t, device, cert).Delete(); err != nil {
			t.Fatal(err)
		}
		_, err := c.Open(t.Context(), decryptorType, element)
		if err == nil || !strings.Contains(err.Error(), "the private key does not work") || !strings.Contains(err.Error(), c.Thumbprint()) {
			t.Errorf("Open = %v, want an error about the key", err)
		}
	})
}
