package dataprotection

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// knownRevocations are all revocations that a ring has ever seen. They stay in
// force until the process ends, whatever becomes of them in the store.
type knownRevocations struct {
	keys     map[KeyID]bool
	before   time.Time
	vanished []string // what the store no longer holds though it should
}

// merge takes up the revocations in c.
func (r *knownRevocations) merge(c *contents) {
	maps.Copy(r.keys, c.revoked)
	if c.revokedBefore.After(r.before) {
		r.before = c.revokedBefore
	}
}

// add takes up the revocations in c, and notes those that c lacks.
func (r *knownRevocations) add(c *contents) {
	r.merge(c)
	r.vanished = nil
	for _, k := range c.keys {
		if r.cover(k) && !c.isRevoked(k) {
			r.vanished = append(r.vanished, fmt.Sprintf("the revocation of key %s is gone from the store; it stays in force here until the ring is opened anew", k.info.ID))
		}
	}
	slices.Sort(r.vanished)
}

// cover reports whether k is revoked.
func (r *knownRevocations) cover(k *ringKey) bool {
	return r.keys[k.info.ID] || k.info.Created.Before(r.before)
}
