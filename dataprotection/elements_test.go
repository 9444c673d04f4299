package dataprotection_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// Elements as the reference writes them, for rings whose keys are known.

const (
	idA = "ba73c9ce-d322-4e45-af90-341307e11c38"
	idB = "3d6d01fd-c0e7-44ae-82dd-013b996b4093"
	idC = "654057ab-1ec4-4ceb-a38d-6d2f1a5b7b1c"
	idD = "00112233-4455-6677-8899-aabbccddeeff"
)

// master is the secret of the keys that keyXML makes.
var master = func() []byte {
	m := make([]byte, 64)
	for i := range m {
		m[i] = byte(i)
	}
	return m
}()

const model = "Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel."

// descriptor describes a key of the kind "", "Managed", "CngCbc" or "CngGcm".
func descriptor(kind, algorithms string, master []byte) string {
	return fmt.Sprintf(`<descriptor deserializerType="%s%sAuthenticatedEncryptorDescriptorDeserializer, Microsoft.AspNetCore.DataProtection"><descriptor>%s<masterKey><value>%s</value></masterKey></descriptor></descriptor>`,
		model, kind, algorithms, base64.StdEncoding.EncodeToString(master))
}

const cbcNames = `<encryption algorithm="AES_256_CBC" /><validation algorithm="HMACSHA256" />`

var cbcDescriptor = descriptor("", cbcNames, master)

// datedKey is a key that is good for three months.
func datedKey(id string, created time.Time, descriptor string) string {
	const layout = time.RFC3339Nano
	return fmt.Sprintf(`<key id="%s" version="1"><creationDate>%s</creationDate><activationDate>%[2]s</activationDate><expirationDate>%[3]s</expirationDate>%[4]s</key>`,
		id, created.Format(layout), created.AddDate(0, 3, 0).Format(layout), descriptor)
}

// keyXML is a key that is active at the moment at.
func keyXML(id string) string { return datedKey(id, at.AddDate(0, -1, 0), cbcDescriptor) }

func revocationXML(id string, date time.Time) string {
	return fmt.Sprintf(`<revocation version="1"><revocationDate>%s</revocationDate><key id="%s" /><reason /></revocation>`, date.Format(time.RFC3339Nano), id)
}

// holding is a store of these elements, in this order.
func holding(elements ...string) *fakeStore {
	store := &fakeStore{}
	for i, e := range elements {
		store.put(fmt.Sprintf("element-%d", i+1), e)
	}
	return store
}

// atNoon is a configuration whose clock stands at the moment at, with no application.
func atNoon(store dataprotection.Store) dataprotection.Config {
	cfg := config(store)
	cfg.Application, cfg.NoApplication = "", true
	cfg.Now = func() time.Time { return at }
	return cfg
}

// ringOfKeys is a ring of these elements at the moment at.
func ringOfKeys(t testing.TB, elements ...string) *dataprotection.KeyRing {
	t.Helper()
	return open(t, atNoon(holding(elements...)))
}

// counts are the store's calls so far: those that read contents, all loads, all additions.
func (s *fakeStore) counts() (loads, polls, adds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loads, s.polls, s.adds
}

func parseID(t testing.TB, s string) dataprotection.KeyID {
	t.Helper()
	id, err := dataprotection.ParseKeyID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func sealBytes(t testing.TB, p *dataprotection.Protector, plaintext []byte) []byte {
	t.Helper()
	sealed, err := p.Protect(plaintext)
	if err != nil {
		t.Fatalf("Protect: %v", err)
	}
	return sealed
}

func opens(t testing.TB, p *dataprotection.Protector, sealed, want []byte) {
	t.Helper()
	got, err := p.Unprotect(t.Context(), sealed)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("Unprotect = %.60q, %v; want %.60q", got, err, want)
	}
}

// missing returns those of parts that s does not contain.
func missing(s string, parts ...string) (not []string) {
	for _, part := range parts {
		if !strings.Contains(s, part) {
			not = append(not, part)
		}
	}
	return not
}
