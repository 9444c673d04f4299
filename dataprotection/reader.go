package dataprotection

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

const (
	// settleTime is how long an element that cannot be read is read again before
	// it is given up: it may be in the middle of being written.
	settleTime  = 2 * time.Second
	settlePause = 100 * time.Millisecond
)

// A ringKey is one key of a ring, opened if that was possible. It is immutable.
type ringKey struct {
	info KeyInfo // Revoked is not set here: it is a matter of the snapshot
	key  *authenc.Key
	hash [sha256.Size]byte // of the element, as stored
}

func (k *ringKey) name() string { return keyxml.KeyName(k.info.ID) }

// contents is what a store held at one moment, understood.
type contents struct {
	version       Version
	keys          []*ringKey
	revoked       map[KeyID]bool
	revokedBefore time.Time    // keys created earlier are revoked
	elements      []keyElement // copies included
	revocations   []revocation
	skipped       []*RingError // keys that cannot be understood
	unreadable    []*RingError // elements that may be revocations
	notes         []string     // other findings for the operator
}

// A keyElement is a key as the store has it.
type keyElement struct {
	element Element
	keyID   KeyID
}

// A revocation is a revocation element as the store has it.
type revocation struct {
	element Element
	keyID   KeyID     // of a single revocation
	before  time.Time // of a revocation of all keys; else zero
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
		if err := sleep(ctx, settlePause); err != nil {
			return c, joinRingErrors(c.unreadable)
		}
		since = ""
	}
}

// read reads the store once.
func (r *reader) read(ctx context.Context, since Version) (*contents, error) {
	snap, err := r.cfg.Store.Load(ctx, since)
	switch {
	case errors.Is(err, ErrNotModified):
		return nil, ErrNotModified
	case err != nil:
		return nil, asRingError("list", "", err)
	}
	c := &contents{version: snap.Version, revoked: map[KeyID]bool{}, unreadable: slices.Clip(snap.Unreadable), notes: slices.Clip(snap.Warnings)}
	opened := make(map[[sha256.Size]byte]*ringKey, len(snap.Elements))
	for _, e := range snap.Elements {
		r.understand(ctx, c, opened, e)
	}
	r.opened = opened
	c.refuseConflicts()
	return c, nil
}

// understand sorts one element into c.
func (r *reader) understand(ctx context.Context, c *contents, opened map[[sha256.Size]byte]*ringKey, e Element) {
	hash := sha256.Sum256(e.XML)
	if k := r.opened[hash]; k != nil {
		opened[hash] = k
		c.addKey(e, k)
		return
	}
	parsed, err := keyxml.Parse(e.XML)
	if err != nil {
		c.refuse(e, err)
		return
	}
	switch parsed := parsed.(type) {
	case *keyxml.Key:
		k := r.open(ctx, e, parsed)
		k.hash = hash
		if k.key != nil {
			opened[hash] = k
		}
		c.addKey(e, k)
	case *keyxml.Revocation:
		c.revoked[parsed.KeyID] = true
		c.revocations = append(c.revocations, revocation{element: e, keyID: parsed.KeyID})
	case *keyxml.RevocationOfAll:
		if parsed.Before.After(c.revokedBefore) {
			c.revokedBefore = parsed.Before
		}
		c.revocations = append(c.revocations, revocation{element: e, before: parsed.Before})
	case *keyxml.Unknown:
		c.notes = append(c.notes, fmt.Sprintf("%s is no key and no revocation but a <%s> element; it is ignored", elementName(e), parsed.Name))
	}
}

func (c *contents) addKey(e Element, k *ringKey) {
	c.keys = append(c.keys, k)
	c.elements = append(c.elements, keyElement{e, k.info.ID})
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
	kept := c.keys[:0]
	for _, k := range c.keys {
		first := seen[k.info.ID]
		switch {
		case first == nil:
			seen[k.info.ID] = k
			kept = append(kept, k)
		case first.hash != k.hash:
			c.unreadable = append(c.unreadable, &RingError{
				Op: "parse", Element: k.info.Element,
				Err: fmt.Errorf("it has the id of %s but another content; remove one of the two", first.info.Element),
			})
		}
	}
	c.keys = kept
}

// open makes a ringKey of a parsed key, opened if possible.
func (r *reader) open(ctx context.Context, e Element, parsed *keyxml.Key) *ringKey {
	k := &ringKey{info: KeyInfo{
		ID:      parsed.ID,
		Created: parsed.Created, Activates: parsed.Activates, Expires: parsed.Expires,
		SealedBy: parsed.SealedBy(),
		Element:  elementName(e),
	}}
	algorithm, master, err := parsed.Open(func(decryptorType string, element []byte) ([]byte, error) {
		return r.unseal(ctx, parsed.ID, decryptorType, element)
	})
	if err == nil && r.cfg.Sealer != nil && !r.cfg.AllowUnsealed && len(k.info.SealedBy) == 0 {
		err = errors.New("it is stored in clear although a Sealer is configured; AllowUnsealed accepts such keys")
	}
	if err == nil {
		k.key, err = newKey(algorithm, master)
	}
	if err != nil {
		k.info.Unusable = err
		return k
	}
	k.info.Algorithm = algorithm.String()
	return k
}

// remember saves the work of opening a key that was made here when the store shows it.
func (r *reader) remember(k *ringKey) { r.opened[k.hash] = k }

func newKey(algorithm keyxml.Algorithm, master []byte) (*authenc.Key, error) {
	suite, err := algorithm.Suite()
	if err != nil {
		return nil, err
	}
	return authenc.NewKey(suite, master)
}

// unseal asks the openers in order. The reasons of those that hold no key for the
// element are for the case that none does.
func (r *reader) unseal(ctx context.Context, id KeyID, decryptorType string, element []byte) ([]byte, error) {
	reasons := ""
	for _, o := range r.cfg.Openers {
		opened, err := openWith(ctx, o, id, decryptorType, element)
		if !errors.Is(err, ErrNotMine) {
			return opened, err
		}
		if err != ErrNotMine {
			reasons += "; " + err.Error()
		}
	}
	return nil, fmt.Errorf("it was sealed by %s, and none of the %d configured openers can open it%s", keyxml.TypeName(decryptorType), len(r.cfg.Openers), reasons)
}

func openWith(ctx context.Context, o Opener, id KeyID, decryptorType string, element []byte) ([]byte, error) {
	if ko, ok := o.(KeyOpener); ok {
		return ko.OpenKey(ctx, id, decryptorType, element)
	}
	return o.Open(ctx, decryptorType, element)
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

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
