package registrystore_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/registrystore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

// newPath is a key that does not exist yet and is gone after the test.
func newPath(t *testing.T) string {
	t.Helper()
	name := `Software\sealring-test-` + rand.Text()
	t.Cleanup(func() {
		if err := registry.DeleteKey(registry.CURRENT_USER, name); err != nil && !errors.Is(err, registry.ErrNotExist) {
			t.Errorf("removing the test's key: %v", err)
		}
	})
	return `HKCU\` + name
}

func open(t *testing.T, path string) *registrystore.Store {
	t.Helper()
	s, err := registrystore.New(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openKey is the key as another program sees it.
func openKey(t *testing.T, path string) registry.Key {
	t.Helper()
	k, _, err := registry.CreateKey(registry.CURRENT_USER, strings.TrimPrefix(path, `HKCU\`), registry.ALL_ACCESS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
		path := newPath(t)
		return func() dataprotection.Store { return open(t, path) }
	}, storetest.Options{Form: keyxml.Indented})
}

func load(t *testing.T, s *registrystore.Store) dataprotection.Snapshot {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func TestLayout(t *testing.T) {
	path := newPath(t)
	s := open(t, path)
	if snap := load(t, s); len(snap.Elements) != 0 {
		t.Errorf("MEM-6: an empty key has %d elements", len(snap.Elements))
	}
	xml := "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<key id=\"1\">\n  <a />\n</key>"
	if err := s.Add(t.Context(), dataprotection.Element{Name: "valid-friendly-name", XML: []byte(xml)}, ""); err != nil {
		t.Fatal(err)
	}
	k := openKey(t, path)
	text, kind, err := k.GetStringValue("valid-friendly-name")
	if want := "<key id=\"1\">\n  <a />\n</key>"; err != nil || kind != registry.SZ || text != want {
		t.Errorf("MEM-7: the value is %q of type %d, %v; want %q", text, kind, err, want)
	}
	if err := s.Add(t.Context(), dataprotection.Element{Name: "valid-friendly-name", XML: []byte(xml)}, ""); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second Add of the name gives %v, want fs.ErrExist", err)
	}
	guid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	for _, name := range []string{"", " ", "..", "not*friendly"} {
		if err := s.Add(t.Context(), dataprotection.Element{Name: name, XML: []byte("<a />")}, ""); err != nil {
			t.Fatal(err)
		}
	}
	guids := 0
	for _, e := range load(t, s).Elements {
		if guid.MatchString(e.Name) {
			guids++
		}
	}
	if guids != 4 {
		t.Errorf("MEM-8, MEM-9: %d of 4 elements without a good name are called by a GUID", guids)
	}
}

// TestOtherValues has values beside the elements.
func TestOtherValues(t *testing.T) {
	path := newPath(t)
	k := openKey(t, path)
	for _, err := range []error{
		k.SetStringValue("element", "<a />"), k.SetStringValue("empty", ""), k.SetDWordValue("number", 1), k.SetBinaryValue("binary", []byte("<a />")),
		k.SetStringsValue("several", []string{"<a />"}), k.SetStringValue("", "<b />"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	snap := load(t, open(t, path))
	if len(snap.Elements) != 2 || string(snap.Elements[0].XML) != "<b />" || snap.Elements[1].Ref != "element" {
		t.Errorf("the elements are %v", snap.Elements)
	}
}

// TestRemoveTheGone covers MEM-10.
func TestRemoveTheGone(t *testing.T) {
	s := open(t, newPath(t))
	if err := s.Remove(t.Context(), dataprotection.Element{Ref: "gone"}); err != nil {
		t.Errorf("Remove of what is gone: %v", err)
	}
}

// TestRing has two rings in one key.
func TestRing(t *testing.T) {
	s := open(t, newPath(t))
	cfg := dataprotection.Config{Application: "shop", Store: s, PollInterval: time.Hour}
	var rings [2]*dataprotection.KeyRing
	for i := range rings {
		ring, err := dataprotection.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		rings[i] = ring
	}
	text, err := rings[0].Protector("a").ProtectString("hello")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := rings[1].Protector("a").UnprotectString(t.Context(), text); err != nil || plain != "hello" {
		t.Fatalf("the other ring gives %q, %v", plain, err)
	}
	m, err := dataprotection.NewManager(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RevokeAll(t.Context(), time.Time{}, "test"); err != nil {
		t.Fatal(err)
	}
	for range 300 { // told at once, though it polls but once an hour
		if _, err = rings[1].Protector("a").UnprotectString(t.Context(), text); errors.Is(err, dataprotection.ErrInvalidPayload) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("half a minute after a revocation, Unprotect gives %v", err)
}

func TestAutoGenKeysNotProvided(t *testing.T) {
	s, err := registrystore.AutoGenKeys()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Available(); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "sealring provision") {
		t.Errorf("Available gives %v", err)
	}
	if err := s.Add(t.Context(), dataprotection.Element{Name: "a", XML: []byte("<a />")}, ""); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Add gives %v, want ErrUnavailable", err)
	}
}

func TestWrongPaths(t *testing.T) {
	for _, path := range []string{"", "HKCU", `HKCU\`, `HKCU\\a`, `HKCU\a\`, `HKXX\a`, "a", `\a`, "HKCU\\a\x00b"} {
		if s, err := registrystore.New(path); err == nil || s != nil {
			t.Errorf("New(%q) = %v, %v; want an error", path, s, err)
		}
	}
}
