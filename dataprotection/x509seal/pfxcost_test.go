package x509seal_test

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

// TestCostlyPFX raises each count of iterations in turn, so high that the test would
// not end if it were heeded.
func TestCostlyPFX(t *testing.T) {
	cert := issue(t, "site", keyA(), "2026-01-01")
	for _, kind := range []struct {
		name    string
		encoder *pkcs12.Encoder
	}{{"AES", pkcs12.Modern}, {"triple DES", pkcs12.LegacyDES}, {"RC2", pkcs12.LegacyRC2}, {"AES, PBMAC1", pkcs12.Modern2026}} {
		most := pfx(t, kind.encoder.WithIterations(300_000), keyA(), cert)
		if _, err := x509seal.ParsePFX(most, "secret"); err != nil {
			t.Errorf("%s: as much as is allowed: %v", kind.name, err)
		}
		count, raised := []byte{2, 3, 0x04, 0x93, 0xe0}, []byte{2, 3, 0x7f, 0xff, 0xff}
		places := 0
		for at := bytes.Index(most, count); at >= 0; {
			data := bytes.Clone(most)
			copy(data[at:], raised)
			if _, err := x509seal.ParsePFX(data, "secret"); err == nil || !strings.Contains(err.Error(), "asks for too much work") {
				t.Errorf("%s: raised at %d: %v", kind.name, at, err)
			}
			places++
			next := bytes.Index(most[at+1:], count)
			if next < 0 {
				break
			}
			at += 1 + next
		}
		if places < 2 {
			t.Errorf("%s: there were %d counts", kind.name, places)
		}
	}
	t.Run("in all", func(t *testing.T) {
		type derivation struct {
			ID         asn1.ObjectIdentifier
			Parameters struct {
				Salt       []byte
				Iterations int
			}
		}
		one := derivation{ID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}}
		one.Parameters.Iterations = 300_000
		for n, costly := range map[int]bool{3: false, 4: true} {
			data, err := asn1.Marshal(slices.Repeat([]derivation{one}, n))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x509seal.ParsePFX(data, ""); err == nil || strings.Contains(err.Error(), "asks for too much work") != costly {
				t.Errorf("%d times as much as is allowed in one place: %v", n, err)
			}
		}
	})
}
