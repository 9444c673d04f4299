package dataprotection

import (
	"bytes"
	"cmp"
	"slices"
	"time"
)

// The reference's constants (docs/formats.md, Key policy).
const (
	// DefaultKeyLifetime is how long a new key lives unless configured.
	DefaultKeyLifetime = 90 * 24 * time.Hour
	// MinKeyLifetime is the shortest life a key may be given.
	MinKeyLifetime = 7 * 24 * time.Hour
	// DefaultPropagationWindow is how long a new key is given to reach all instances before it seals.
	DefaultPropagationWindow = 2 * 24 * time.Hour
	// maxClockSkew is how far apart the clocks of instances may be.
	maxClockSkew = 5 * time.Minute
	// referenceRefresh is how seldom the reference re-reads its ring. A successor
	// is made this much earlier, so that .NET members of a fleet see it in time.
	referenceRefresh = 24 * time.Hour
)

// KeyInfo describes one key of a ring, without its secret.
type KeyInfo struct {
	ID KeyID
	// Created, Activates and Expires are to 100 ns. A key opens payloads whatever
	// these dates say; they decide when it seals.
	Created, Activates, Expires time.Time
	// Revoked keys open nothing, except through DangerousUnprotect.
	Revoked bool
	// Unusable says why the key cannot be used, such as a secret that none of the
	// openers can decrypt. It is nil for a good key.
	Unusable error
	// Algorithm names what the key is used with, such as "AES_256_CBC, HMACSHA256".
	// It is empty when the key is unusable.
	Algorithm string
	// SealedBy names the mechanisms that encrypt the key at rest. It is empty for a key in clear.
	SealedBy []string
	// Element is the store's handle of the key.
	Element string
}

// ExpiredAt reports whether the key is expired at t. The moment of expiry itself counts.
func (k *KeyInfo) ExpiredAt(t time.Time) bool { return !k.Expires.After(t) }

// A Policy decides which key of a ring seals and when a new one is due, exactly
// as ASP.NET Core 9 and later do, so that a mixed fleet agrees. It is a pure
// function: it holds settings only, reads no clock and touches no store.
//
// The zero Policy has the reference's settings.
type Policy struct {
	// KeyLifetime is the life of a new key from its creation. Zero means DefaultKeyLifetime.
	KeyLifetime time.Duration
	// PropagationWindow is how long before it is needed a successor is made, in
	// addition to the day within which the reference re-reads its ring. Zero means
	// DefaultPropagationWindow.
	PropagationWindow time.Duration
	// ReadOnly rings never make keys.
	ReadOnly bool
}

// A Resolution is what a ring offers at one moment.
type Resolution struct {
	// Default is the key to seal with, nil if there is none.
	Default *KeyInfo
	// Fallback is the least bad key to seal with if there is no default and none
	// may be made. It is nil whenever Default is set.
	Fallback *KeyInfo
	// Generate says that a new key is wanted at once.
	Generate bool
}

// Resolve finds the default key at now. The newest activated key decides: when it
// is revoked, expired or unusable there is no default, since a newer key, even a
// bad one, retires all older ones. The results point into keys.
func (p Policy) Resolve(now time.Time, keys []KeyInfo) Resolution {
	preferred := newestActivated(now, keys)
	if preferred != nil && !preferred.Revoked && preferred.Unusable == nil && !preferred.ExpiredAt(now) {
		return Resolution{Default: preferred}
	}
	return Resolution{Fallback: p.fallback(now, keys, preferred), Generate: true}
}

// newestActivated returns the key that was activated last, seen from a clock that
// may be slow. Of several the one with the smallest id counts.
func newestActivated(now time.Time, keys []KeyInfo) *KeyInfo {
	var newest *KeyInfo
	limit := now.Add(maxClockSkew)
	for i := range keys {
		k := &keys[i]
		if k.Activates.After(limit) {
			continue
		}
		if newest == nil || k.Activates.After(newest.Activates) ||
			k.Activates.Equal(newest.Activates) && bytes.Compare(k.ID[:], newest.ID[:]) < 0 {
			newest = k
		}
	}
	return newest
}

// fallback prefers the newest of the keys that every instance has seen, leaving
// out the rejected one, then the oldest of the others.
func (p Policy) fallback(now time.Time, keys []KeyInfo, rejected *KeyInfo) *KeyInfo {
	var seen, young []*KeyInfo
	limit := now.Add(-p.propagationWindow())
	for i := range keys {
		switch k := &keys[i]; {
		case k.Revoked || k.Unusable != nil:
		case k.Created.After(limit):
			young = append(young, k)
		case k != rejected:
			seen = append(seen, k)
		}
	}
	slices.SortStableFunc(seen, func(a, b *KeyInfo) int { return b.Created.Compare(a.Created) })
	slices.SortStableFunc(young, func(a, b *KeyInfo) int { return a.Created.Compare(b.Created) })
	for _, k := range append(seen, young...) {
		return k
	}
	return nil
}

// A Decision is what a ring does at one moment.
type Decision struct {
	// Default is the key to seal with. It is nil if there is none; then Create is
	// set, unless the ring is read-only.
	Default *KeyInfo
	// Create, if not nil, asks for a new key with these dates.
	Create *KeyDates
}

// KeyDates are the dates of a key to be made.
type KeyDates struct{ Activates, Expires time.Time }

// Decide says which key seals at now and whether a new one is due. Without a
// default the new key is active at once; else it takes over when the default
// expires, and is asked for so early that every instance can have seen it by then.
// After making a key, call Default to see which one seals.
func (p Policy) Decide(now time.Time, keys []KeyInfo) Decision {
	r := p.Resolve(now, keys)
	switch {
	case p.ReadOnly:
		return Decision{Default: cmp.Or(r.Default, r.Fallback)}
	case r.Default == nil:
		return Decision{Create: &KeyDates{Activates: now, Expires: now.Add(p.keyLifetime())}}
	case p.successorDue(now, r.Default, keys):
		return Decision{Default: r.Default, Create: &KeyDates{Activates: r.Default.Expires, Expires: now.Add(p.keyLifetime())}}
	}
	return Decision{Default: r.Default}
}

// Default returns the key to seal with if none can be made: the default key, else
// the fallback, else nil.
func (p Policy) Default(now time.Time, keys []KeyInfo) *KeyInfo {
	p.ReadOnly = true
	return p.Decide(now, keys).Default
}

// successorDue reports whether the ring will lack a default that lives long
// enough at the moment when the present one expires.
func (p Policy) successorDue(now time.Time, current *KeyInfo, keys []KeyInfo) bool {
	needed := now.Add(referenceRefresh + p.propagationWindow())
	if !current.Expires.Before(needed) {
		return false
	}
	next := p.Resolve(current.Expires, keys).Default
	return next == nil || next.Expires.Before(needed)
}

// NextCreation returns when the next key falls due if the keys stay as they are:
// now, if one is due already.
func (p Policy) NextCreation(now time.Time, keys []KeyInfo) time.Time {
	lead := referenceRefresh + p.propagationWindow()
	at := now
	for range keys { // follow the keys that take over from one another
		current := p.Resolve(at, keys).Default
		if current == nil {
			break
		}
		next := p.Resolve(current.Expires, keys).Default
		if due := current.Expires.Add(-lead); next == nil || !next.Expires.After(current.Expires) {
			return later(now, due)
		}
		at = current.Expires
	}
	return later(now, at.Add(-lead))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (p Policy) keyLifetime() time.Duration { return cmp.Or(p.KeyLifetime, DefaultKeyLifetime) }

func (p Policy) propagationWindow() time.Duration {
	return cmp.Or(p.PropagationWindow, DefaultPropagationWindow)
}
