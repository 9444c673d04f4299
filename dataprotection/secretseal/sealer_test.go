package secretseal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/sealtest"
	"github.com/sealring/sealring/dataprotection/secretseal"
)

var (
	_ dataprotection.Sealer    = (*secretseal.Sealer)(nil)
	_ dataprotection.Opener    = (*secretseal.Sealer)(nil)
	_ dataprotection.KeyOpener = (*secretseal.Sealer)(nil)
)

const (
	passphrase = "correct horse battery staple"
	fragment   = `<masterKey>AAECAwQFBgcICQoLDA0ODw==</masterKey>`
)

var id = dataprotection.KeyID{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}

func TestContract(t *testing.T) {
	sealtest.Run(t, func(t *testing.T) func() sealtest.Sealer {
		secret := rand.Text()
		return func() sealtest.Sealer { return cheap(t, secret) }
	}, sealtest.Options{})
}

func cheap(t *testing.T, secret string) *secretseal.Sealer {
	t.Helper()
	s, err := secretseal.NewCheap(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t *testing.T, s *secretseal.Sealer) (decryptorType string, element []byte) {
	t.Helper()
	decryptorType, element, err := s.Seal(t.Context(), id, []byte(fragment))
	if err != nil {
		t.Fatal(err)
	}
	return decryptorType, element
}

// TestFormat opens what was sealed by what the package comment says of the format.
func TestFormat(t *testing.T) {
	s, err := secretseal.New(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	decryptorType, element := seal(t, s)
	if decryptorType != "Sealring.DataProtection.SecretDecryptor" {
		t.Errorf("got type %q", decryptorType)
	}
	found := regexp.MustCompile(`^<sealedKey version="1"><!-- This key is encrypted with a secret. .NET cannot read it. -->` +
		`<keyId>00112233-4455-6677-8899-aabbccddeeff</keyId>` +
		`<argon2id time="3" memory="65536" threads="4">([^<]+)</argon2id><secretId>([^<]+)</secretId><value>([^<]+)</value></sealedKey>$`).FindSubmatch(element)
	if found == nil {
		t.Fatalf("got %s", element)
	}
	var parts [][]byte
	for _, text := range found[1:] {
		part, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	salt, secretID, value := parts[0], parts[1], parts[2]
	material := argon2.IDKey([]byte(passphrase), salt, 3, 64<<10, 4, 40)
	if len(salt) != 16 || !bytes.Equal(material[32:], secretID) {
		t.Errorf("the salt has %d bytes, the secret id is %x, want 16 and %x", len(salt), secretID, material[32:])
	}
	aead, err := chacha20poly1305.NewX(material[:32])
	if err != nil {
		t.Fatal(err)
	}
	got, err := aead.Open(nil, value[:24], value[24:], append([]byte(decryptorType), id[:]...))
	if err != nil || string(got) != fragment {
		t.Errorf("got %q, %v, want %q", got, err, fragment)
	}
}

// What was once sealed must always open.
func TestOpensWhatWasSealed(t *testing.T) {
	element, err := os.ReadFile("testdata/sealed.xml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := secretseal.New(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.OpenKey(t.Context(), id, "Sealring.DataProtection.SecretDecryptor", element)
	if err != nil || string(got) != fragment {
		t.Errorf("got %q, %v, want %q", got, err, fragment)
	}
}

func TestAnotherKey(t *testing.T) {
	s := cheap(t, passphrase)
	decryptorType, element := seal(t, s)
	other := id
	other[15]++
	got, err := s.OpenKey(t.Context(), other, decryptorType, element)
	want := "secretseal: this was sealed as key " + id.String() + ", and was copied to key " + other.String()
	if got != nil || err == nil || err.Error() != want {
		t.Errorf("got %q, %v, want %s", got, err, want)
	}
	if errors.Is(err, dataprotection.ErrNotMine) {
		t.Error("the next opener would be asked")
	}
	renamed := bytes.Replace(element, []byte(id.String()), []byte(other.String()), 1)
	if got, err := s.OpenKey(t.Context(), other, decryptorType, renamed); got != nil || err == nil || !strings.Contains(err.Error(), "damaged or was changed") {
		t.Errorf("with the id in the element changed too: got %q, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	s := cheap(t, passphrase)
	decryptorType, element := seal(t, s)
	_, foreign := seal(t, cheap(t, passphrase+"!"))
	text := string(element)
	with := func(old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%q is not in %s", old, text)
		}
		return strings.Replace(text, old, new, 1)
	}
	value := text[strings.Index(text, "<value>"):strings.Index(text, "</sealedKey>")]
	for _, row := range []struct{ name, element, want string }{
		{"nothing", "", "no well-formed sealedKey"},
		{"another element", "<encryptedKey />", "no well-formed sealedKey"},
		{"another version", with(`version="1"`, `version="2"`), `its version is "2"`},
		{"no version", with(`version="1"`, ``), "its version is"},
		{"another secret", string(foreign), "another secret"},
		{"no key id", with(id.String(), ""), "no key id"},
		{"memory of a data centre", with(`memory="64"`, `memory="4294967295"`), "more work"},
		{"memory above the limit", with(`memory="64"`, `memory="262145"`), "more work"},
		{"memory below that of its threads", with(`memory="64"`, `memory="7"`), "more work"},
		{"no passes", with(`time="1"`, `time="0"`), "more work"},
		{"time of a geologist", with(`time="1"`, `time="17"`), "more work"},
		{"no threads", with(`threads="1"`, `threads="0"`), "more work"},
		{"too many threads", with(`threads="1"`, `threads="17"`), "more work"},
		{"threads not a number", with(`threads="1"`, `threads="x"`), "no well-formed"},
		{"salt missing", with(saltOf(element), ` time="1" memory="64" threads="1">`), "its salt"},
		{"value missing", with(value, ""), "damaged or was changed"},
		{"value short", with(value, "<value>AAECAw==</value>"), "damaged or was changed"},
		{"value not base64", with("<value>", "<value>?"), "not base64"},
		{"too long", text + strings.Repeat(" ", 64<<10), "the limit"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := s.Open(t.Context(), decryptorType, []byte(row.element))
			if got != nil || err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "secretseal: ") {
				t.Errorf("got %q, %v, want an error with %q", got, err, row.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, row := range []struct{ name, file, want string }{
		{"missing", filepath.Join(dir, "missing"), systemsWords(filepath.Join(dir, "missing"))},
		{"directory", dir, systemsWords(dir)},
		{"empty", write("empty", ""), "has 0 bytes; 16 are the least"},
		{"short", write("short", "fifteen bytes..\n"), "has 15 bytes; 16 are the least"},
		{"large", write("large", strings.Repeat("x", 64<<10+1)), "more than 65536 bytes"},
	} {
		s, err := secretseal.LoadFile(row.file)
		if s != nil || err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), row.file) {
			t.Errorf("%s: got %v, %v, want an error with %q and the file", row.name, s, err, row.want)
		}
	}
}

// systemsWords are those of the error that a file cannot be read for.
func systemsWords(file string) string {
	_, err := os.ReadFile(file)
	return errors.Unwrap(err).Error()
}

func TestLoadFile(t *testing.T) {
	decryptorType, element := seal(t, cheap(t, passphrase))
	for _, end := range []string{"", "\n", "\r\n"} {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(passphrase+end), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := secretseal.LoadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(t.Context(), decryptorType, element); err != nil || string(got) != fragment {
			t.Errorf("with %q at its end: got %q, %v", end, got, err)
		}
	}
}

func TestZero(t *testing.T) {
	for _, s := range []*secretseal.Sealer{nil, {}} {
		if _, element, err := s.Seal(t.Context(), id, []byte(fragment)); err == nil || element != nil {
			t.Errorf("Seal = %q, %v, want an error", element, err)
		}
		if got, err := s.Open(t.Context(), "Sealring.DataProtection.SecretDecryptor", nil); err == nil || got != nil {
			t.Errorf("Open = %q, %v, want an error", got, err)
		}
	}
}

func TestPrintsNoSecret(t *testing.T) {
	s := cheap(t, passphrase)
	seal(t, s)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "sealer", s)
	asJSON, err := json.Marshal([]any{s})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(asJSON), s.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, []any{s}))
	}
	for _, text := range texts {
		if strings.Contains(text, passphrase) || strings.Contains(text, fmt.Sprintf("%x", passphrase)) || strings.Contains(text, "99 111 114") {
			t.Errorf("it prints as %s", text)
		}
	}
}

// A ring is opened at the price of one derivation for each salt, and goes on with
// the salt that it has.
func TestOneSaltForARing(t *testing.T) {
	old := cheap(t, passphrase)
	var elements [][]byte
	for range 3 {
		_, element := seal(t, old)
		elements = append(elements, element)
	}
	s := cheap(t, passphrase)
	decryptorType, _ := seal(t, s) // the sample
	for _, element := range elements {
		if _, err := s.Open(t.Context(), decryptorType, element); err != nil {
			t.Fatal(err)
		}
	}
	_, element := seal(t, s)
	if got, want := saltOf(element), saltOf(elements[0]); got != want || s.Derived() != 2 {
		t.Errorf("a new key has the salt %s after %d derivations, want %s after 2", got, s.Derived(), want)
	}
}

func saltOf(element []byte) string {
	_, after, _ := strings.Cut(string(element), "<argon2id")
	salt, _, _ := strings.Cut(after, "</argon2id>")
	return salt
}

// Elements with many salts, which can only be made up, fill no memory.
func TestManySalts(t *testing.T) {
	s := cheap(t, passphrase)
	decryptorType, element := seal(t, s)
	salt := saltOf(element)
	for range 200 {
		made := make([]byte, 16)
		rand.Read(made)
		changed := strings.Replace(string(element), salt[len(salt)-24:], base64.StdEncoding.EncodeToString(made), 1)
		if _, err := s.Open(t.Context(), decryptorType, []byte(changed)); err == nil {
			t.Fatal("another salt, and it opens")
		}
	}
	if n := s.Derived(); n > 64 {
		t.Errorf("%d derived keys are remembered", n)
	}
	if got, err := s.Open(t.Context(), decryptorType, element); err != nil || string(got) != fragment {
		t.Errorf("after that: got %q, %v", got, err)
	}
}

func TestRing(t *testing.T) {
	store := memstore.New()
	cfg := dataprotection.Config{Store: store, Sealer: cheap(t, passphrase), GoOnly: true}
	sealed, err := dataprotectiontest.Open(t, cfg).Protector("p").ProtectString("hello")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("needs GoOnly", func(t *testing.T) {
		cfg := dataprotection.Config{Application: "test", Store: memstore.New(), Sealer: cheap(t, passphrase)}
		var wrong *dataprotection.ConfigError
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.As(err, &wrong) || wrong.Problems[0].Field != "GoOnly" {
			t.Errorf("got %v, want a ConfigError about GoOnly", err)
		}
	})
	t.Run("opens again", func(t *testing.T) {
		opens(t, dataprotection.Config{Store: store, Sealer: cheap(t, passphrase), GoOnly: true}, sealed)
	})
	t.Run("opens with an old secret", func(t *testing.T) {
		opens(t, dataprotection.Config{Store: store, Sealer: cheap(t, "another one, twice as long"), Openers: []dataprotection.Opener{cheap(t, passphrase)}, GoOnly: true}, sealed)
	})
	t.Run("not without", func(t *testing.T) {
		cfg := dataprotection.Config{Application: "test", Store: store, Sealer: cheap(t, "another one, twice as long"), GoOnly: true}
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		snap, err := store.Load(t.Context(), "")
		if err != nil || len(snap.Elements) != 1 {
			t.Errorf("the store has %d elements, %v, want the one", len(snap.Elements), err)
		}
	})
}

// Somebody who knows a key that was revoked, and can write to the store, gives its
// secret another id.
func TestRevokedKeyUnderAnotherName(t *testing.T) {
	store := memstore.New()
	cfg := dataprotection.Config{Application: "test", Store: store, Sealer: cheap(t, passphrase), GoOnly: true, Logger: slog.New(slog.DiscardHandler)}
	ring := dataprotectiontest.Open(t, cfg)
	leaked := ring.Status().SealingKey
	snap, err := store.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, elsewhere := range []bool{false, true} { // within the sealed element too?
		other := leaked
		other[0] ^= 0xff
		text := strings.Replace(string(snap.Elements[0].XML), leaked.String(), other.String(), 1)
		if elsewhere {
			text = strings.ReplaceAll(text, leaked.String(), other.String())
		}
		forged := memstore.New()
		if err := forged.Add(t.Context(), dataprotection.Element{Name: "key-" + other.String(), XML: []byte(text)}, ""); err != nil {
			t.Fatal(err)
		}
		cfg.Store = forged
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	}
}

func opens(t *testing.T, cfg dataprotection.Config, sealed string) {
	t.Helper()
	got, err := dataprotectiontest.Open(t, cfg).Protector("p").UnprotectString(t.Context(), sealed)
	if err != nil || got != "hello" {
		t.Errorf("got %q, %v, want hello", got, err)
	}
}

func FuzzOpen(f *testing.F) {
	s, err := secretseal.NewCheap(passphrase)
	if err != nil {
		f.Fatal(err)
	}
	element, err := os.ReadFile("testdata/cheap.xml")
	if err != nil {
		f.Fatal(err)
	}
	if got, err := s.OpenKey(f.Context(), id, "Sealring.DataProtection.SecretDecryptor", element); err != nil || string(got) != fragment {
		f.Fatalf("got %q, %v", got, err)
	}
	f.Add(string(element))
	f.Fuzz(func(t *testing.T, element string) {
		if strings.Contains(element, "memory=") && !strings.Contains(element, `memory="64"`) {
			return // it would take too long
		}
		got, err := s.OpenKey(t.Context(), id, "Sealring.DataProtection.SecretDecryptor", []byte(element))
		if err != nil && got != nil || err == nil && string(got) != fragment {
			t.Fatalf("got %q, %v", got, err)
		}
	})
}

func BenchmarkFirstSeal(b *testing.B) {
	for b.Loop() {
		s, err := secretseal.New(passphrase)
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := s.Seal(b.Context(), id, []byte(fragment)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	s, err := secretseal.New(passphrase)
	if err != nil {
		b.Fatal(err)
	}
	decryptorType, element, err := s.Seal(b.Context(), id, []byte(fragment))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.OpenKey(b.Context(), id, decryptorType, element); err != nil {
			b.Fatal(err)
		}
	}
}
