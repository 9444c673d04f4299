package x509seal

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"
)

const (
	// soon is how long before the end of a certificate there is a warning.
	soon = 30 * 24 * time.Hour
	// minBits is the least size of an RSA key that NIST SP 800-57 accepts.
	minBits = 2048
)

// Warnings returns what an operator should know of the certificate that seals, in
// sentences: that it is expired or soon will be, and which of the others could
// succeed it; that it is not yet valid, not meant for this use, or too short. None
// of that keeps it from sealing.
func (cs Certificates) Warnings(now time.Time) (warnings []string) {
	if len(cs) == 0 || cs[0] == nil || cs[0].cert == nil {
		return nil
	}
	c := cs[0].cert
	warn := func(format string, args ...any) {
		warnings = append(warnings, describe(c)+", which seals new keys, "+fmt.Sprintf(format, args...))
	}
	switch {
	case now.After(c.NotAfter):
		warn("expired on %s; it goes on sealing and opening; %s", day(c.NotAfter), cs.successor(now))
	case now.Add(soon).After(c.NotAfter):
		warn("expires on %s; it will go on sealing and opening; %s", day(c.NotAfter), cs.successor(now))
	case now.Before(c.NotBefore):
		warn("is not valid before %s", day(c.NotBefore))
	}
	if !cs[0].forEncipherment() {
		warn("was not issued for encipherment: its key usage lacks it")
	}
	if bits := cs[0].bits(); bits < minBits {
		warn("has a key of %d bits; %d are the least that is considered safe", bits, minBits)
	}
	return warnings
}

// forEncipherment reports whether the key usage allows for it. None at all allows everything.
func (c *Certificate) forEncipherment() bool {
	return c.cert.KeyUsage == 0 || c.cert.KeyUsage&(x509.KeyUsageKeyEncipherment|x509.KeyUsageDataEncipherment) != 0
}

func (c *Certificate) bits() int { return c.cert.PublicKey.(*rsa.PublicKey).N.BitLen() }

// successor names the certificate that is valid for the longest time.
func (cs Certificates) successor(now time.Time) string {
	var best *Certificate
	for _, c := range cs[1:] {
		if c == nil || c.cert == nil || now.Before(c.cert.NotBefore) || !c.cert.NotAfter.After(now.Add(soon)) {
			continue
		}
		if best == nil || c.cert.NotAfter.After(best.cert.NotAfter) {
			best = c
		}
	}
	if best == nil {
		return "no successor is configured"
	}
	return fmt.Sprintf("to be succeeded by %s, valid until %s: put that first", best, day(best.cert.NotAfter))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }
