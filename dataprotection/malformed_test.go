package dataprotection_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/bubbletest"
)

// What can be wrong with a file in a directory of keys, and what Open says to it.
// The tables for certificates, policies and uploads stand in x509seal,
// internal/machine and certstore.
func TestMalformedKeyFiles(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE key [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>` +
		strings.Replace(keyXML(idA), "<creationDate>", "<creationDate>&c;", 1)
	for _, tc := range []struct {
		name, text string
		size       int64 // if not 0, of a file with holes
		want       string
	}{
		{"an entity bomb", bomb, 0, "it has a document type declaration, which is refused"},
		{"an entity that is not declared", strings.Replace(keyXML(idA), "<creationDate>", "<creationDate>&c;", 1), 0, "it is no well-formed XML, line 1"},
		{"1 GB", "<key", 1 << 30, "the file has 1073741824 bytes, and at most 65536 are read"},
		{"empty", "", 0, "the file is empty"},
		{"cut", keyXML(idA)[:300], 0, "it is no well-formed XML, line 1; an empty or cut file?"},
		{"no XML", "\x00\x01\x02PFX", 0, "it has a character that XML does not allow"},
		{"a certificate in its place", "-----BEGIN CERTIFICATE-----\nAAAA\n", 0, "it has text outside of its root element"},
		{"two keys in one file", keyXML(idA) + keyXML(idB), 0, "it has 2 root elements where one belongs"},
		{"deeply nested", strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40), 0, "it is nested deeper than 32 levels"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "key-bad.xml")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if tc.size > 0 {
				if err := os.Truncate(file, tc.size); err != nil { // takes no space
					t.Fatal(err)
				}
			}
			var err error
			bubbletest.Run(t, func(t *testing.T) { // a file that is just being written gets two seconds
				_, err = dataprotection.Open(t.Context(), atNoon(filestore.New(dir)))
			})
			var re *dataprotection.RingError
			if !errors.As(err, &re) || re.Element != "key-bad.xml" || !errors.Is(err, dataprotection.ErrUnavailable) {
				t.Fatalf("Open = %v, want a *RingError of the file", err)
			}
			if not := missing(err.Error(), "key-bad.xml in directory "+dir, tc.want); not != nil {
				t.Errorf("Open = %v, which lacks %q", err, not)
			}
			if strings.Contains(err.Error(), "AAECAwQ") {
				t.Errorf("Open shows the secret: %v", err)
			}
		})
	}
}
