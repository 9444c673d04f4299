package x509seal_test

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

func TestWarnings(t *testing.T) {
	c25, c26, c27 := certificate(t, "c25", keyA(), "2025-01-01"), certificate(t, "c26", keyA(), "2026-01-01"), certificate(t, "c27", keyA(), "2027-01-01")
	usage := func(u x509.KeyUsage) *x509seal.Certificate {
		return with(t, issue(t, "usage", keyA(), "2026-01-01", func(c *x509.Certificate) { c.KeyUsage = u }), keyA())
	}
	small := certificate(t, "small", newKey(1024), "2026-01-01")
	type certs = x509seal.Certificates
	for _, row := range []struct {
		name  string
		now   string
		certs certs
		want  string // warnings, joined with "; "
	}{
		{"good", "2026-06-01", certs{c26}, ""},
		{"none", "2026-06-01", certs{}, ""},
		{"nil", "2026-06-01", certs{nil, c26}, ""},
		{"zero", "2026-06-01", certs{{}}, ""},
		{"31 days ahead", "2026-12-01", certs{c26}, ""},
		{"29 days ahead", "2026-12-03", certs{c26}, "expires on 2027-01-01; it will go on sealing and opening; no successor is configured"},
		{"29 days ahead, with one that is not yet valid", "2026-12-03", certs{c26, c27}, "expires on 2027-01-01; it will go on sealing and opening; no successor is configured"},
		{"expired", "2027-02-01", certs{c26}, "expired on 2027-01-01; it goes on sealing and opening; no successor is configured"},
		{"expired, with successor", "2027-02-01", certs{c26, c25, c27}, "expired on 2027-01-01; it goes on sealing and opening; to be succeeded by " + c27.String() + ", valid until 2028-01-01: put that first"},
		{"only others are expired", "2026-06-01", certs{c26, c25}, ""},
		{"not yet valid", "2025-12-31", certs{c26}, "is not valid before 2026-01-01"},
		{"key usage", "2026-06-01", certs{usage(x509.KeyUsageDigitalSignature)}, "was not issued for encipherment: its key usage lacks it"},
		{"key usage, keys", "2026-06-01", certs{usage(x509.KeyUsageKeyEncipherment)}, ""},
		{"key usage, data", "2026-06-01", certs{usage(x509.KeyUsageDataEncipherment)}, ""},
		{"1024 bits", "2026-06-01", certs{small}, "has a key of 1024 bits; 2048 are the least that is considered safe"},
	} {
		got := row.certs.Warnings(date(t, row.now))
		for i, w := range got {
			var ok bool
			if got[i], ok = strings.CutPrefix(w, row.certs[0].String()+", which seals new keys, "); !ok {
				t.Errorf("%s: %q does not begin with the certificate", row.name, w)
			}
		}
		if strings.Join(got, "; ") != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
	if got := c26.Warnings(date(t, "2027-02-01")); len(got) != 1 {
		t.Errorf("one certificate: got %q", got)
	}
}
