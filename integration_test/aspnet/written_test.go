package aspnet_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

// algorithms are those that every reader knows, whatever system it runs on.
var algorithms = []struct {
	name      string
	algorithm dataprotection.Algorithm
}{
	{"alg-aes-128-cbc-hmacsha256", dataprotection.AES128CBC},
	{"alg-aes-192-cbc-hmacsha256", dataprotection.AES192CBC},
	{"alg-aes-256-cbc-hmacsha256", dataprotection.AES256CBC},
	{"alg-aes-128-cbc-hmacsha512", dataprotection.AES128CBCHMACSHA512},
	{"alg-aes-192-cbc-hmacsha512", dataprotection.AES192CBCHMACSHA512},
	{"alg-aes-256-cbc-hmacsha512", dataprotection.AES256CBCHMACSHA512},
	{"alg-aes-128-gcm", dataprotection.AES128GCM},
	{"alg-aes-192-gcm", dataprotection.AES192GCM},
	{"alg-aes-256-gcm", dataprotection.AES256GCM},
	{"managed-aes128-hmacsha1", dataprotection.ManagedAlgorithm(128, "HMACSHA1")},
	{"managed-aes192-hmacsha1", dataprotection.ManagedAlgorithm(192, "HMACSHA1")},
	{"managed-aes256-hmacsha1", dataprotection.ManagedAlgorithm(256, "HMACSHA1")},
	{"managed-aes128-hmacsha256", dataprotection.ManagedAlgorithm(128, "HMACSHA256")},
	{"managed-aes192-hmacsha256", dataprotection.ManagedAlgorithm(192, "HMACSHA256")},
	{"managed-aes256-hmacsha256", dataprotection.ManagedAlgorithm(256, "HMACSHA256")},
	{"managed-aes128-hmacsha384", dataprotection.ManagedAlgorithm(128, "HMACSHA384")},
	{"managed-aes192-hmacsha384", dataprotection.ManagedAlgorithm(192, "HMACSHA384")},
	{"managed-aes256-hmacsha384", dataprotection.ManagedAlgorithm(256, "HMACSHA384")},
	{"managed-aes128-hmacsha512", dataprotection.ManagedAlgorithm(128, "HMACSHA512")},
	{"managed-aes192-hmacsha512", dataprotection.ManagedAlgorithm(192, "HMACSHA512")},
	{"managed-aes256-hmacsha512", dataprotection.ManagedAlgorithm(256, "HMACSHA512")},
}

// TestWrittenCases writes cases in the form that TestVectors reads, reads them
// back, and asks the reference to open every one.
func TestWrittenCases(t *testing.T) {
	w := &writer{root: os.Getenv("SEALRING_VECTORS_OUT"), folders: map[string]int{}}
	if w.root == "" {
		w.root = t.TempDir()
	}
	for _, a := range algorithms {
		w.protect(t, a.name, dataprotection.Config{Application: "vectors", Algorithm: a.algorithm})
	}
	w.protect(t, "no-application-name", dataprotection.Config{NoApplication: true})
	w.protect(t, "unicode-application-name", dataprotection.Config{Application: " Ünï 🍪 app "})
	w.rotation(t)
	w.timeLimited(t)
	w.revocation(t, "revocation-one", func(m *dataprotection.Manager, id dataprotection.KeyID) error {
		return m.Revoke(t.Context(), id, "lost laptop <reason> & \"quotes\" 漢字")
	})
	w.revocation(t, "revocation-all", func(m *dataprotection.Manager, _ dataprotection.KeyID) error {
		return m.RevokeAll(t.Context(), time.Time{}, "breach")
	})
	w.tickets(t)
	w.antiforgery(t)
	for _, folder := range []string{"x509-rsa2048", "x509-rsa3072", "x509-rsa4096"} {
		w.x509(t, folder)
	}
	w.resealed(t)

	for _, folder := range slices.Sorted(maps.Keys(w.folders)) {
		t.Run("read back/"+folder, func(t *testing.T) {
			ours := tally{ran: map[string]int{}}
			runVector(t, filepath.Join(w.root, folder, "case.json"), &ours)
		})
	}
	t.Run("read by the reference", func(t *testing.T) { w.verify(t) })
}

// A writer writes cases below root.
type writer struct {
	root    string
	folders map[string]int // how many items each holds
}

func (w *writer) keys(folder string) string { return filepath.Join(w.root, folder, "keys") }

// open opens the ring of a folder, filling in what is equal for all.
func (w *writer) open(t *testing.T, folder string, cfg dataprotection.Config) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), w.config(folder, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

func (w *writer) config(folder string, cfg dataprotection.Config) dataprotection.Config {
	cfg.Store = filestore.New(w.keys(folder))
	cfg.Logger = slog.New(slog.DiscardHandler)
	if cfg.Application == "" && !cfg.NoApplication {
		cfg.Application = "vectors"
	}
	return cfg
}

func (w *writer) manager(t *testing.T, folder string, cfg dataprotection.Config) *dataprotection.Manager {
	t.Helper()
	m, err := dataprotection.NewManager(t.Context(), w.config(folder, cfg))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// save writes the case.json of a folder.
func save[T any](t *testing.T, w *writer, folder, kind, application string, items []T) {
	t.Helper()
	c := map[string]any{"kind": kind, "runtime": "sealring", "applicationName": nil, "items": items}
	if application != "" {
		c["applicationName"] = application
	}
	if kind == "x509" {
		c["pfxPassword"] = pfxPassword
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.root, folder, "case.json"), append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	w.folders[folder] = len(items)
}

// samples are plaintexts and purposes at the edges of what the formats do.
func samples() []item {
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*i + 7*i)
		}
		return b
	}
	forty := make([]string, 40)
	for i := range forty {
		forty[i] = fmt.Sprint("p", i)
	}
	return []item{
		{Name: "empty", Purposes: []string{"p"}, Plaintext: []byte{}},
		{Name: "one byte", Purposes: []string{"p"}, Plaintext: bytes(1)},
		{Name: "block minus one", Purposes: []string{"p"}, Plaintext: bytes(15)},
		{Name: "block", Purposes: []string{"p"}, Plaintext: bytes(16)},
		{Name: "block plus one", Purposes: []string{"p"}, Plaintext: bytes(17)},
		{Name: "text", Purposes: []string{"Contoso.Example", "v1"}, Plaintext: []byte("hello, data protection")},
		{Name: "unicode", Purposes: []string{"Käse 🧀", "漢字"}, Plaintext: []byte("ünïcødé")},
		{Name: "purpose of 127 bytes", Purposes: []string{strings.Repeat("a", 127)}, Plaintext: bytes(33)},
		{Name: "purpose of 128 bytes", Purposes: []string{strings.Repeat("a", 128)}, Plaintext: bytes(33)},
		{Name: "purpose of 16384 bytes", Purposes: []string{strings.Repeat("ü", 8192)}, Plaintext: bytes(33)},
		{Name: "forty purposes", Purposes: forty, Plaintext: bytes(64)},
		{Name: "empty purpose", Purposes: []string{"a", ""}, Plaintext: bytes(20)},
		{Name: "four KiB", Purposes: []string{"bulk"}, Plaintext: bytes(4096)},
	}
}

func (w *writer) protect(t *testing.T, folder string, cfg dataprotection.Config) {
	t.Helper()
	ring := w.open(t, folder, cfg)
	items := samples()
	for n := range items {
		items[n].Protected = protect(t, ring, items[n])
	}
	save(t, w, folder, "protect", cfg.Application, items)
}

func protect(t *testing.T, ring *dataprotection.KeyRing, i item) string {
	t.Helper()
	sealed, err := ring.Protector(i.Purposes...).Protect(i.Plaintext)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// rotation makes one key of each algorithm, ten days apart, the last one active
// now, and seals under each in its time.
func (w *writer) rotation(t *testing.T) {
	t.Helper()
	const folder, day = "rotation", 24 * time.Hour
	now := time.Now()
	var items []item
	for n, a := range algorithms {
		at := now.Add(time.Duration(n+1-len(algorithms)) * 10 * day).Add(-time.Minute)
		cfg := dataprotection.Config{Algorithm: a.algorithm, Now: func() time.Time { return at }}
		key, err := w.manager(t, folder, cfg).Create(t.Context(), &dataprotection.KeyDates{Activates: at, Expires: at.Add(90 * day)})
		if err != nil {
			t.Fatal(err)
		}
		cfg.ReadOnly = true
		i := item{Name: a.name, KeyID: key.ID.String(), Purposes: []string{"rot"}, Plaintext: []byte("under the key " + a.name)}
		i.Protected = protect(t, w.open(t, folder, cfg), i)
		items = append(items, i)
	}
	save(t, w, folder, "rotation", "vectors", items)
}

func (w *writer) timeLimited(t *testing.T) {
	t.Helper()
	const folder = "time-limited"
	p := w.open(t, folder, dataprotection.Config{}).Protector("links", "password-reset").TimeLimited()
	var items []item
	for _, end := range []struct {
		name    string
		expires time.Time
	}{
		{"future", time.Date(2099, 1, 2, 3, 4, 5, 678_901_200, time.UTC)},
		{"future in another zone", time.Date(2099, 1, 2, 3, 4, 5, 0, time.FixedZone("", 5*3600+1800))},
		{"past", time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)},
		{"never", dataprotection.NoExpiry()},
		{"zero time", time.Time{}},
	} {
		i := item{Name: end.name, Purposes: []string{"links", "password-reset"}, Plaintext: []byte("reset:" + end.name)}
		i.Expires = end.expires.UTC().Format("2006-01-02T15:04:05.0000000Z")
		expired := end.expires.Before(time.Now())
		i.Expired = &expired
		sealed, err := p.Protect(i.Plaintext, end.expires)
		if err != nil {
			t.Fatal(err)
		}
		i.Protected = base64.RawURLEncoding.EncodeToString(sealed)
		items = append(items, i)
	}
	save(t, w, folder, "time-limited", "vectors", items)
}

// revocation seals, has the key revoked, and seals again on a ring that is opened after that.
func (w *writer) revocation(t *testing.T, folder string, revoke func(*dataprotection.Manager, dataprotection.KeyID) error) {
	t.Helper()
	yes, no := true, false
	before := item{Name: "before", Revoked: &yes, Purposes: []string{"rev"}, Plaintext: []byte("protected before the revocation")}
	after := item{Name: "after", Revoked: &no, Purposes: []string{"rev"}, Plaintext: []byte("protected after the revocation")}

	ring := w.open(t, folder, dataprotection.Config{})
	before.Protected = protect(t, ring, before)
	id := ring.Status().SealingKey
	before.KeyID = id.String()
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	if err := revoke(w.manager(t, folder, dataprotection.Config{}), id); err != nil {
		t.Fatal(err)
	}
	ring = w.open(t, folder, dataprotection.Config{})
	after.Protected = protect(t, ring, after)
	after.KeyID = ring.Status().SealingKey.String()
	save(t, w, folder, "revocation", "vectors", []item{before, after})
}

// tickets seals the tickets of testdata, built from their description, and some of our own.
func (w *writer) tickets(t *testing.T) {
	t.Helper()
	const folder = "tickets"
	raw, err := os.ReadFile("testdata/tickets/case.json")
	if err != nil {
		t.Fatal(err)
	}
	var theirs struct{ Items []ticketItem }
	if err := json.Unmarshal(raw, &theirs); err != nil {
		t.Fatal(err)
	}
	ring := w.open(t, folder, dataprotection.Config{})
	var items []ticketItem
	add := func(name string, tk *ticket.Ticket) {
		data, err := tk.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		cookie := protect(t, ring, item{Purposes: ticket.Purposes(tk.Scheme), Plaintext: data})
		items = append(items, ticketItem{Name: name, Ticket: describe(tk), Serialized: data, Cookie: cookie})
	}
	for _, i := range theirs.Items {
		add(i.Name, i.Ticket.build(slices.Sorted(maps.Keys(i.Ticket.Properties))))
	}
	for name, tk := range ownTickets() {
		add(name, tk)
	}
	save(t, w, folder, "tickets", "vectors", items)
}

func ownTickets() map[string]*ticket.Ticket {
	user := claims.New("42", claims.Name("alice"), claims.Role("admin"), claims.Email("alice@example.com")).Authenticated("Cookies")
	full := &ticket.Ticket{Scheme: "Cookies", Principal: user}
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	full.Properties.SetIssued(now)
	full.Properties.SetExpires(now.Add(14 * 24 * time.Hour))
	full.Properties.SetPersistent(true)
	full.Properties.SetAllowRefresh(true)
	full.Properties.SetRedirectURI("/after?x=1&y=ü")
	full.Properties.Set("", "an empty name")
	return map[string]*ticket.Ticket{
		"ours, without properties": {Scheme: "Cookies", Principal: user},
		"ours, with properties":    full,
		"ours, without anything":   {},
	}
}

// verify has the reference open what was written, all of it.
func (w *writer) verify(t *testing.T) {
	items := 0
	for _, n := range w.folders {
		items += n
	}
	out, err := reference(t, "verify", w.root).CombinedOutput()
	want := fmt.Sprintf("%d passed, 0 failed", items)
	if lines := strings.Fields(lastLine(out)); err != nil || strings.Join(lines, " ") != want {
		t.Errorf("%v, want %q:\n%s", err, want, out)
	}
	fmt.Printf("written cases: the reference opened %s\n", lastLine(out))
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
