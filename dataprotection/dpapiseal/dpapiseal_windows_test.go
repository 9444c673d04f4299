package dpapiseal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dpapiseal"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/sealtest"
)

const fragment = `<masterKey>AAECAwQFBgcICQoLDA0ODw==</masterKey>`

func newSealer(t *testing.T, scope dpapiseal.Scope) *dpapiseal.Sealer {
	t.Helper()
	s, err := dpapiseal.New(scope)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSealAndOpen seals for the account and for the machine (X509-8).
func TestSealAndOpen(t *testing.T) {
	for _, scope := range []dpapiseal.Scope{dpapiseal.User, dpapiseal.Machine} {
		t.Run(scope.String(), func(t *testing.T) {
			s := newSealer(t, scope)
			decryptor, element, err := s.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(element), "AAECAwQFBgcICQ") || !strings.Contains(string(element), "<!-- This key is encrypted with Windows DPAPI. --><value>") {
				t.Errorf("the element is %s", element)
			}
			plain, err := s.Open(t.Context(), decryptor, element)
			if want := "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + fragment; err != nil || string(plain) != want {
				t.Errorf("Open gives %q, %v; want %q", plain, err, want)
			}
		})
	}
}

// TestRing rotates through a ring that is sealed for the account.
func TestRing(t *testing.T) {
	store := memstore.New()
	cfg := dataprotection.Config{Application: "shop", Store: store, Sealer: newSealer(t, dpapiseal.User)}
	ring, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	text, err := ring.Protector("a").ProtectString("hello")
	if err != nil {
		t.Fatal(err)
	}
	again, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if plain, err := again.Protector("a").UnprotectString(t.Context(), text); err != nil || plain != "hello" {
		t.Errorf("another instance gives %q, %v", plain, err)
	}
	if st := ring.Status(); st.Unsealed != 0 {
		t.Errorf("%d keys are in clear", st.Unsealed)
	}
}

// TestDirectory keeps a sealed ring in a directory (PRV-3).
func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	ring, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "shop", Store: filestore.New(dir), Sealer: newSealer(t, dpapiseal.User)})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	files, err := filepath.Glob(filepath.Join(dir, "key-*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got files %q, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); !strings.Contains(s, "XmlEncryption.DpapiXmlDecryptor, ") || strings.Contains(s, "Warning: the key below is in an unencrypted form.") || strings.Contains(s, "<masterKey") {
		t.Errorf("the file is %s", s)
	}
}

func TestContract(t *testing.T) {
	sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
		return func() sealtest.Sealer { return newSealer(t, dpapiseal.User) }
	}, sealtest.Options{OneHolder: true})
}

// TestNG seals with a rule (X509-9), where the system can.
func TestNG(t *testing.T) {
	if ngMissing() {
		t.Skip("there is no DPAPI-NG here")
	}
	s, err := dpapiseal.NewNG("LOCAL=user", 0)
	if err != nil {
		t.Fatal(err)
	}
	decryptor, element, err := s.Seal(t.Context(), dataprotection.KeyID{}, []byte(fragment))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := s.Open(t.Context(), decryptor, element)
	if err != nil || !strings.HasSuffix(string(plain), fragment) {
		t.Errorf("Open gives %q, %v", plain, err)
	}
}
