package keyxml_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// FuzzParse holds, for any bytes: nothing panics; an error comes alone; what was
// read is the same when read from each other form; and a key in clear is the same
// when written and read again.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/reference/*/*.xml")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		file, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := keyxml.Parse(data)
		if err != nil {
			if parsed != nil {
				t.Fatalf("Parse = %v with the error %v", parsed, err)
			}
			return
		}
		for name, form := range map[string]func([]byte) ([]byte, error){"OneLine": keyxml.OneLine, "Indented": keyxml.Indented, "File": keyxml.File} {
			reformed, err := form(data)
			if err != nil {
				continue // it has grown beyond the limit
			}
			again, err := keyxml.Parse(reformed)
			if err != nil || !same(parsed, again) {
				t.Fatalf("%s: Parse = %+v, %v, want %+v\n%s", name, again, err, parsed, reformed)
			}
			if twice, err := form(reformed); err != nil || !bytes.Equal(twice, reformed) {
				t.Fatalf("%s of what it returned = %v\n%s\nwant\n%s", name, err, twice, reformed)
			}
		}
		if key, ok := parsed.(*keyxml.Key); ok {
			rewriteKey(t, key)
		}
	})
}

// rewriteKey writes a key that can be opened, and reads it back.
func rewriteKey(t *testing.T, key *keyxml.Key) {
	sealed := len(key.SealedBy()) > 0
	algorithm, master, err := key.Open(func(string, []byte) ([]byte, error) { return nil, errors.New("no opener") })
	if err != nil {
		if master != nil || algorithm != (keyxml.Algorithm{}) {
			t.Fatalf("Open = %+v, %x with the error %v", algorithm, master, err)
		}
		return
	}
	if sealed {
		t.Fatalf("a key sealed by %q was opened by nothing", key.SealedBy())
	}
	element, err := keyxml.MarshalKey(*key, algorithm, master, nil)
	if err != nil {
		return // it has grown beyond the limit
	}
	parsed, err := keyxml.Parse(element)
	if err != nil || !same(key, parsed) {
		t.Fatalf("Parse(MarshalKey) = %+v, %v, want %+v\n%s", parsed, err, key, element)
	}
	algorithm2, master2, err := parsed.(*keyxml.Key).Open(nil)
	if err != nil || algorithm2 != algorithm || !bytes.Equal(master2, master) {
		t.Fatalf("Open = %+v, %x, %v, want %+v, %x", algorithm2, master2, err, algorithm, master)
	}
}

// same compares what Parse has returned.
func same(a, b any) bool {
	switch a := a.(type) {
	case *keyxml.Key:
		b, ok := b.(*keyxml.Key)
		return ok && a.ID == b.ID && a.Created.Equal(b.Created) && a.Activates.Equal(b.Activates) && a.Expires.Equal(b.Expires)
	case *keyxml.Revocation:
		b, ok := b.(*keyxml.Revocation)
		return ok && *a == *b
	case *keyxml.RevocationOfAll:
		b, ok := b.(*keyxml.RevocationOfAll)
		return ok && a.Before.Equal(b.Before)
	case *keyxml.Unknown:
		b, ok := b.(*keyxml.Unknown)
		return ok && *a == *b
	}
	return false
}
