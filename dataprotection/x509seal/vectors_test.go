package x509seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

// A vector is one folder of testdata/reference.
type vector struct {
	Kind            string       `json:"kind"`
	ApplicationName string       `json:"applicationName"`
	PFXPassword     string       `json:"pfxPassword"`
	Thumbprint      string       `json:"thumbprint,omitempty"`
	Items           []vectorItem `json:"items"`
}

type vectorItem struct {
	Name      string   `json:"name"`
	Purposes  []string `json:"purposes"`
	Plaintext []byte   `json:"plaintext"`
	Protected string   `json:"protected"`
}

// TestVectors opens what the reference has written, in every release.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/reference/*/case.json")
	if err != nil || len(files) != 8 {
		t.Fatalf("%d cases, %v, want 8", len(files), err)
	}
	for _, file := range files {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var v vector
			if err := json.Unmarshal(readFile(t, file), &v); err != nil {
				t.Fatal(err)
			}
			fromPFX, err := x509seal.LoadPFX(filepath.Join(dir, "cert.pfx"), v.PFXPassword)
			if err != nil {
				t.Fatal(err)
			}
			pem := filepath.Join(dir, "cert.pem")
			fromPEM, err := x509seal.LoadPEM(pem, pem)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []*x509seal.Certificate{fromPFX, fromPEM} {
				if v.Thumbprint != "" && c.Thumbprint() != v.Thumbprint {
					t.Errorf("got thumbprint %s, want %s", c.Thumbprint(), v.Thumbprint)
				}
				v.open(t, readOnly(dir, v.ApplicationName, c))
			}
		})
	}
}

// readOnly is a configuration that reads a ring of testdata. Its certificate is not
// there to seal.
func readOnly(dir, application string, openers ...dataprotection.Opener) dataprotection.Config {
	return dataprotection.Config{
		Application: application, NoApplication: application == "",
		Store: filestore.New(filepath.Join(dir, "keys")), Openers: openers, ReadOnly: true, Logger: quiet,
		Now: func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) },
	}
}

func (v *vector) open(t *testing.T, cfg dataprotection.Config) {
	t.Helper()
	if len(v.Items) == 0 {
		t.Error("no items")
	}
	ring := open(t, cfg)
	for _, i := range v.Items {
		sealed, err := base64.RawURLEncoding.DecodeString(i.Protected)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ring.Protector(i.Purposes...).Unprotect(t.Context(), sealed); err != nil || !bytes.Equal(got, i.Plaintext) {
			t.Errorf("%s: got %.80q, %v, want %.80q", i.Name, got, err, i.Plaintext)
		}
	}
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

// TestPublished has the values that the reference's own tests have.
func TestPublished(t *testing.T) {
	var v struct {
		PFX        []byte `json:"pfx_base64"`
		Password   string `json:"pfx_password"`
		Thumbprint string `json:"certificate_sha1_thumbprint"`
		FileName   string `json:"key_file_name"`
		KeyFile    string `json:"key_file_xml"`
		MasterKey  []byte `json:"master_key_base64"`
		Purposes   []string
		Protected  string `json:"protected_base64url"`
		Plaintext  string `json:"plaintext_utf8"`
	}
	if err := json.Unmarshal(readFile(t, "testdata/published.json"), &v); err != nil {
		t.Fatal(err)
	}
	c, err := x509seal.ParsePFX(v.PFX, v.Password)
	if err != nil {
		t.Fatal(err)
	}
	if c.Thumbprint() != v.Thumbprint {
		t.Errorf("got thumbprint %s, want %s", c.Thumbprint(), v.Thumbprint)
	}
	t.Run("X509-10 payload", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "keys", v.FileName), []byte(v.KeyFile), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := open(t, readOnly(dir, "", c)).Protector(v.Purposes...).UnprotectString(t.Context(), v.Protected)
		if err != nil || got != v.Plaintext {
			t.Errorf("got %q, %v, want %q", got, err, v.Plaintext)
		}
	})
	t.Run("X509-11 master key", func(t *testing.T) {
		_, element, _ := strings.Cut(v.KeyFile, "<EncryptedData")
		element, _, _ = strings.Cut(element, "</encryptedSecret>")
		got, err := c.Open(t.Context(), decryptorType, []byte("<EncryptedData"+element))
		if err != nil || !strings.HasPrefix(string(got), "<masterKey ") {
			t.Errorf("got %q, %v, want a masterKey", got, err)
		}
		parsed, err := keyxml.Parse([]byte(v.KeyFile))
		if err != nil {
			t.Fatal(err)
		}
		_, master, err := parsed.(*keyxml.Key).Open(func(decryptorType string, element []byte) ([]byte, error) {
			return c.Open(t.Context(), decryptorType, element)
		})
		if err != nil || !bytes.Equal(master, v.MasterKey) {
			t.Errorf("the master key is %d bytes, %v, and not the one wanted", len(master), err)
		}
	})
}
