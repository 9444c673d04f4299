package x509seal

import (
	"cmp"
	"slices"
	"time"
)

// NewestFirst returns the same certificates with the one in front that should seal:
// that which became valid last among those that are valid, meant for encipherment,
// of 2048 bits and more, and with their private key. Where there is none, an expired
// one, the last to expire, comes before one that is not yet valid.
func (cs Certificates) NewestFirst(now time.Time) Certificates {
	sorted := slices.DeleteFunc(slices.Clone(cs), func(c *Certificate) bool { return c == nil || c.cert == nil })
	slices.SortStableFunc(sorted, func(a, b *Certificate) int {
		if r := cmp.Compare(a.rank(now), b.rank(now)); r != 0 {
			return r
		}
		if a.rank(now) == expired {
			return cmp.Or(b.cert.NotAfter.Compare(a.cert.NotAfter), cmp.Compare(a.Thumbprint(), b.Thumbprint()))
		}
		return cmp.Or(b.cert.NotBefore.Compare(a.cert.NotBefore), b.cert.NotAfter.Compare(a.cert.NotAfter), cmp.Compare(a.Thumbprint(), b.Thumbprint()))
	})
	return sorted
}

// The ranks of certificates, best first.
const (
	good  = iota
	unfit // short, or not meant for this
	expired
	early
	keyless
)

func (c *Certificate) rank(now time.Time) int {
	switch {
	case c.key == nil:
		return keyless
	case now.Before(c.cert.NotBefore):
		return early
	case now.After(c.cert.NotAfter):
		return expired
	case !c.forEncipherment() || c.bits() < minBits:
		return unfit
	}
	return good
}
