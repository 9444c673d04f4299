package dataprotection

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/internal/poll"
)

const (
	// settleTime is how long an element that cannot be read is read again before
	// it is given up: it may be in the middle of being written.
	settleTime  = 2 * time.Second
	settlePause = 100 * time.Millisecond
)

// A ringKey is one key of a ring, opened if that was possible. It is immutable.
type ringKey struct {
	info   KeyInfo // Revoked is not set here: it is a matter of the snapshot
	key    *authenc.Key
	hash   [sha256.Size]byte // of the element, as stored
	secret [sha256.Size]byte // of algorithm and secret; nothing where key is nil
}

func (k *ringKey) name() string { return keyxml.KeyName(k.info.ID) }

// same reports whether two elements of one id are the same key, however each is
// written and sealed.
func (k *ringKey) same(o *ringKey) bool {
	return k.hash == o.hash || k.key != nil && o.key != nil && k.secret == o.secret && k.hasDatesOf(o)
}

func (k *ringKey) hasDatesOf(o *ringKey) bool {
	return k.info.Created.Equal(o.info.Created) && k.info.Activates.Equal(o.info.Activates) && k.info.Expires.Equal(o.info.Expires)
}

// contents is what a store held at one moment, understood.
type contents struct {
	version       Version
	keys          []*ringKey
	revoked       map[KeyID]bool
	revokedBefore time.Time    // keys created earlier are revoked
	elements      []keyElement // copies included
	revocations   []revocation
	conflicting   map[KeyID]bool // ids that two different keys have
	skipped       []*RingError   // keys that cannot be understood
	unreadable    []*RingError   // elements that may be revocations
	notes         []string       // other findings for the operator
}

// A keyElement is a key as the store has it.
type keyElement struct {
	element Element
	key     *ringKey
}

// A revocation is a revocation element as the store has it.
type revocation struct {
	element Element
	keyID   KeyID     // of a single revocation
	before  time.Time // of a revocation of all keys; else zero
}

func (r *revocation) ofAll() bool { return !r.before.IsZero() }

func (r *revocation) name() string {
	if r.ofAll() {
		return keyxml.RevocationOfAllName(r.before)
	}
	return keyxml.RevocationName(r.keyID)
}

// learn takes up a revocation.
func (c *contents) learn(r revocation) {
	c.revocations = append(c.revocations, r)
	switch {
	case !r.ofAll():
		c.revoked[r.keyID] = true
	case r.before.After(c.revokedBefore):
		c.revokedBefore = r.before
	}
}

// covers reports whether r would revoke nothing more.
func (c *contents) covers(r revocation) bool {
	if r.ofAll() {
		return !r.before.After(c.revokedBefore)
	}
	return c.revoked[r.keyID]
}

func (c *contents) isRevoked(k *ringKey) bool {
	return c.revoked[k.info.ID] || k.info.Created.Before(c.revokedBefore)
}

// unusable returns the first key that could not be opened, or nil.
func (c *contents) unusable() *ringKey {
	for _, k := range c.keys {
		if k.key == nil {
			return k
		}
	}
	return nil
}

// A reader reads a ring from its store. It remembers the keys that it has opened,
// so that each is opened once. It is not safe for concurrent use.
type reader struct {
	cfg    *Config
	opened map[[sha256.Size]byte]*ringKey // by the element's hash
	renewals
}

// readSettled reads the store until every element is readable, for settleTime at
// most. What is unreadable after that is in the contents, and an error.
func (r *reader) readSettled(ctx context.Context, since Version) (*contents, error) {
	deadline := time.Now().Add(settleTime)
	for {
		c, err := r.read(ctx, since)
		if err != nil || len(c.unreadable) == 0 {
			return c, err
		}
		if !time.Now().Before(deadline) {
			return c, joinRingErrors(c.unreadable)
		}
		if err := poll.Sleep(ctx, settlePause); err != nil {
			return c, joinRingErrors(c.unreadable)
		}
		since = ""
	}
}

// read reads the store once.
func (r *reader) read(ctx context.Context, since Version) (*contents, error) {
	snap, err := r.load(ctx, since)
	switch {
	case errors.Is(err, ErrNotModified):
		return nil, ErrNotModified
	case err != nil:
		return nil, asRingError("list", "", err)
	}
	found := r.understand(ctx, snap.Elements)
	if err := ctx.Err(); err != nil { // then keys look as if they could not be opened
		return nil, &RingError{Op: "open", Err: err}
	}
	c := &contents{version: snap.Version, revoked: map[KeyID]bool{}, unreadable: slices.Clip(snap.Unreadable), notes: slices.Clip(snap.Warnings)}
	for i, e := range snap.Elements {
		c.take(e, found[i])
	}
	c.refuseConflicts()
	c.unreadable, c.skipped = r.inStore(c.unreadable), r.inStore(c.skipped)
	return c, nil
}

// load asks the store, for loadTimeout at most: a mount that hangs has to show as
// what it is, whatever time the caller has.
func (r *reader) load(ctx context.Context, since Version) (Snapshot, error) {
	bounded, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	snap, err := r.cfg.Store.Load(bounded, since)
	return snap, patienceOver(ctx, bounded, err)
}

// patienceOver says that it was our own patience that ended, if that is so.
func patienceOver(ctx, bounded context.Context, err error) error {
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("the store did not answer within %v: %w", loadTimeout, err)
	}
	return err
}

// inStore adds where the elements are. The store's own errors are left as they are.
func (r *reader) inStore(list []*RingError) []*RingError {
	located := make([]*RingError, len(list))
	for i, e := range list {
		l := *e
		l.Store = cmp.Or(e.Store, ownName(r.cfg.Store))
		located[i] = &l
	}
	return located
}

// take sorts one element into c.
func (c *contents) take(e Element, u understood) {
	switch parsed := u.parsed.(type) {
	case nil:
		c.refuse(e, u.err)
	case *ringKey:
		c.keys = append(c.keys, parsed)
		c.elements = append(c.elements, keyElement{e, parsed})
	case *keyxml.Revocation:
		c.learn(revocation{element: e, keyID: parsed.KeyID})
	case *keyxml.RevocationOfAll:
		c.learn(revocation{element: e, before: parsed.Before})
	case *keyxml.Unknown:
		if parsed.Name == keyxml.CertificateName {
			return
		}
		c.notes = append(c.notes, fmt.Sprintf("%s is no key and no revocation but a <%s> element; it is ignored", elementName(e), parsed.Name))
	}
}

// refuse files an element that could not be parsed. A key is skipped, as the
// reference does; anything else may be a revocation.
func (c *contents) refuse(e Element, err error) {
	re := &RingError{Op: "parse", Element: elementName(e), Err: err}
	if errors.Is(err, keyxml.ErrKey) {
		c.skipped = append(c.skipped, re)
		return
	}
	c.unreadable = append(c.unreadable, re)
}

// refuseConflicts drops copies of a key, and refuses two different keys of one id.
func (c *contents) refuseConflicts() {
	seen := make(map[KeyID]*ringKey, len(c.keys))
	c.conflicting = map[KeyID]bool{}
	kept := c.keys[:0]
	for _, k := range c.keys {
		first := seen[k.info.ID]
		switch {
		case first == nil:
			seen[k.info.ID] = k
			kept = append(kept, k)
		case !first.same(k):
			c.conflicting[k.info.ID] = true
			c.unreadable = append(c.unreadable, &RingError{
				Op: "parse", Element: k.info.Element,
				Err: fmt.Errorf("it has the id of %s but another content; remove one of the two", first.info.Element),
			})
		}
	}
	c.keys = kept
}

// elementName is what an operator knows the element by.
func elementName(e Element) string {
	if e.Ref != "" {
		return e.Ref
	}
	return e.Name
}

func asRingError(op, element string, err error) error {
	var re *RingError
	if errors.As(err, &re) {
		return err
	}
	return &RingError{Op: op, Element: element, Err: err}
}

func joinRingErrors(list []*RingError) error {
	errs := make([]error, len(list))
	for i, e := range list {
		errs[i] = e
	}
	return errors.Join(errs...)
}
