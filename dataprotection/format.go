package dataprotection

import "fmt"

// What these types print is chosen for them, whatever the verb: left alone, fmt
// follows their fields into stores and sealers, whose own care it passes by, and
// prints what it finds there.

// Format prints the application's name, the store's and the sealer's.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Config(application %q, store %s, keys %s)", c.Application, storeName(c.Store), c.atRest())
}

// Format prints the application's name and the store's.
func (r *KeyRing) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "KeyRing(application %q, store %s)", r.cfg.Application, storeName(r.cfg.Store))
}

// Format prints the ring of p.
func (p *Protector) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "Protector(%v)", p.ring) }

// Format prints the ring of t.
func (t TimeLimited) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "TimeLimited(%v)", t.inner) }

// Format prints the ring of t.
func (t Typed[T]) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "Typed(%v)", t.inner) }

// Format prints the application's name and the store's.
func (m *Manager) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Manager(application %q, store %s)", m.cfg.Application, storeName(m.cfg.Store))
}

// atRest says how new keys are stored.
func (c *Config) atRest() string {
	if c.Sealer == nil {
		return "in clear"
	}
	return "sealed by " + storeName(c.Sealer)
}
