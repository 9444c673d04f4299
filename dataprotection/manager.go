package dataprotection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

var (
	errReadOnly     = errors.New("dataprotection: the configuration is read-only")
	errWouldBeClear = errors.New("dataprotection: the key would be in clear, while the newest one is sealed and cannot be opened here; " +
		"members with a Sealer would not take it: configure the Sealer as they do, or AllowUnsealed if it is meant")
	errZeroManager error = &unavailableError{"dataprotection: the manager was not made; use NewManager"}
)

// A Manager operates on the keys in a store: it lists, makes, revokes and
// deletes them. It makes nothing on its own and works on a ring that is partly
// broken, where Open fails. Rings in this and other processes follow what it does
// within their poll interval.
//
// A Manager is safe for concurrent use. It reads the store at each call and
// needs no closing. A zero Manager returns errors.
type Manager struct {
	cfg Config

	mu     sync.Mutex // guards reader
	reader reader
}

// NewManager returns a manager for the ring that cfg describes. The error is a
// *ConfigError for a mistake in cfg, and Is ErrUnavailable if the store cannot
// be read at all. Whether the sealer works, and whether .NET knows it, is found out
// when it is needed: a ring can be listed while its sealer is out of order.
func NewManager(ctx context.Context, cfg Config) (*Manager, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Manager{cfg: cfg}
	m.reader.cfg = &m.cfg
	if _, err := m.read(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// A Listing is what a store holds.
type Listing struct {
	// Keys are in the order of their activation.
	Keys []KeyInfo
	// Default is the key that the policy wants to seal with, usable or not; the
	// zero id if there is none.
	Default KeyID
	// RevokedBefore is the date of the latest revocation of all keys: the keys
	// created earlier are revoked. Zero if there is none.
	RevokedBefore time.Time
	// Problems are the elements that cannot be understood.
	Problems []*RingError
	// Version is the store's version of what was listed.
	Version Version
}

// List reads the keys. Elements that cannot be understood are in the result; the
// error is for a store that cannot be read at all.
func (m *Manager) List(ctx context.Context) (Listing, error) {
	c, err := m.read(ctx)
	if err != nil {
		return Listing{}, err
	}
	l := Listing{Keys: c.infos(), RevokedBefore: c.revokedBefore, Problems: append(c.skipped, c.unreadable...), Version: c.version}
	if d := m.defaultOf(c); d != nil {
		l.Default = d.ID
	}
	slices.SortStableFunc(l.Keys, func(a, b KeyInfo) int {
		return cmp.Or(a.Activates.Compare(b.Activates), slices.Compare(a.ID[:], b.ID[:]))
	})
	return l, nil
}

// Create makes a key with the given dates. With nil dates the key seals at once
// if the ring has no default, else after the propagation window, and it lives for
// the configured lifetime from then. It is made even where no key can be opened,
// which a ring never does by itself: make sure that the members can open it. In clear
// beside a newest key that is sealed and cannot be opened, it is made only with AllowUnsealed.
func (m *Manager) Create(ctx context.Context, dates *KeyDates) (KeyInfo, error) {
	c, err := m.readForWriting(ctx)
	if err != nil {
		return KeyInfo{}, err
	}
	if dates == nil {
		dates = m.dates(c)
	}
	d := KeyDates{toTick(dates.Activates), toTick(dates.Expires)}
	if !d.Expires.After(d.Activates) {
		return KeyInfo{}, errors.New("dataprotection: create a key: it would expire before it is active")
	}
	return m.add(ctx, c, c.revokedBefore, d)
}

func (m *Manager) dates(c *contents) *KeyDates {
	activates := m.cfg.now()
	if m.defaultOf(c) != nil {
		activates = activates.Add(m.cfg.PropagationWindow)
	}
	return takingOver(&KeyDates{Activates: activates, Expires: activates.Add(m.cfg.KeyLifetime)}, c.infos())
}

// Revoke revokes one key: what it has sealed is refused from then on, by every
// ring within its poll interval. If it is the key that the policy wants to seal
// with, or the last one that can seal while that one cannot be opened, its
// successor is made first, except where Create would refuse to make it in clear: then
// the next ring that may make keys makes it, within its poll interval. Reason is for
// humans and stored with the revocation. Revoking a revoked key does nothing; an
// unknown one is a *KeyNotFoundError, unless the store has elements that cannot be
// read, where the key may be.
func (m *Manager) Revoke(ctx context.Context, id KeyID, reason string) error {
	c, err := m.readForWriting(ctx)
	if err != nil {
		return err
	}
	k := c.key(id)
	switch {
	case c.revoked[id] || k != nil && c.isRevoked(k):
		return nil
	case k == nil && len(c.skipped)+len(c.unreadable) == 0:
		return &KeyNotFoundError{KeyID: id, RingKeys: len(c.keys)}
	}
	now := m.cfg.now()
	if m.wantsSuccessor(c, func(k KeyInfo) bool { return k.ID == id }) {
		if err := m.addSuccessor(ctx, c, now, c.revokedBefore); err != nil {
			return err
		}
	}
	return m.addRevocation(ctx, keyxml.RevocationName(id), keyxml.MarshalRevocation(id, now, reason))
}

// RevokeAll revokes every key that was created before the given moment, which
// must not lie in the future, nor before the year 1. The zero time means all keys that
// there are, even if they were made by an instance whose clock is ahead. A successor is
// made first as by Revoke, and is not hit.
func (m *Manager) RevokeAll(ctx context.Context, before time.Time, reason string) error {
	c, err := m.readForWriting(ctx)
	if err != nil {
		return err
	}
	now := m.cfg.now()
	if before.After(now) {
		return errors.New("dataprotection: revoke all keys: the date lies in the future, and would hit keys that are still to be made")
	}
	switch {
	case before.IsZero():
		before = c.afterAll(now)
	case before.UTC().Year() < 1:
		return errors.New("dataprotection: revoke all keys: the date lies before the year 1")
	}
	before = toTick(before)
	if m.wantsSuccessor(c, func(k KeyInfo) bool { return k.Created.Before(before) }) {
		if err := m.addSuccessor(ctx, c, now, before); err != nil {
			return err
		}
	}
	return m.addRevocation(ctx, keyxml.RevocationOfAllName(before), keyxml.MarshalRevocationOfAll(before, reason))
}

// wantsSuccessor reports whether a revocation leaves nothing to seal with: it hits
// the key that the policy wants, or, where that one cannot be opened, the last one
// that seals in its stead.
func (m *Manager) wantsSuccessor(c *contents, hit func(KeyInfo) bool) bool {
	if d := m.defaultOf(c); d != nil && hit(*d) {
		return true
	}
	before := c.infos()
	after := slices.DeleteFunc(slices.Clone(before), hit)
	now := m.cfg.now()
	return newestUsable(now, before) != nil && newestUsable(now, after) == nil
}

// afterAll is a date that every known key was created before.
func (c *contents) afterAll(now time.Time) time.Time {
	date := now
	for _, k := range c.keys {
		if !k.info.Created.Before(date) {
			date = k.info.Created.Add(tick)
		}
	}
	return date
}

// addSuccessor makes a key that seals at once and that a revocation of all keys
// before the given date does not hit. One that no member would take is left to them: a
// revocation must not wait for their sealer.
func (m *Manager) addSuccessor(ctx context.Context, c *contents, now, revokedBefore time.Time) error {
	dates := takingOver(&KeyDates{Activates: now, Expires: now.Add(m.cfg.KeyLifetime)}, c.infos())
	_, err := m.add(ctx, c, revokedBefore, *dates)
	if errors.Is(err, errWouldBeClear) {
		m.cfg.Logger.WarnContext(ctx, "dataprotection: the successor of a revoked key is left to the rings that have the Sealer", "error", err)
		return nil
	}
	return err
}

func (m *Manager) add(ctx context.Context, c *contents, revokedBefore time.Time, dates KeyDates) (KeyInfo, error) {
	if err := m.cfg.checkSealer(ctx); err != nil {
		return KeyInfo{}, err
	}
	if err := m.cfg.checkClear(c); err != nil {
		return KeyInfo{}, err
	}
	k, element, err := newKeyElement(ctx, &m.cfg, m.cfg.now(), revokedBefore, dates)
	if err != nil {
		return KeyInfo{}, err
	}
	if err := addTo(ctx, m.cfg.Store, element, ""); err != nil {
		return KeyInfo{}, asRingError("add", element.Name, err)
	}
	return k.info, nil
}

// checkClear refuses to add a key in clear where the newest one is sealed and cannot
// be opened: it would be none to the members that sealed that.
func (c *Config) checkClear(to *contents) error {
	if c.Sealer == nil && !c.AllowUnsealed && to.newestIsForeign() {
		return errWouldBeClear
	}
	return nil
}

func (c *contents) newestIsForeign() bool {
	if len(c.keys) == 0 {
		return false
	}
	newest := slices.MaxFunc(c.keys, func(a, b *ringKey) int { return a.info.Created.Compare(b.info.Created) }).info
	return newest.Unusable != nil && len(newest.SealedBy) > 0
}

// addRevocation stores a revocation under another name if its own is taken, as
// by an earlier one that cannot be read.
func (m *Manager) addRevocation(ctx context.Context, name string, xml []byte) error {
	err := addTo(ctx, m.cfg.Store, Element{Name: name, XML: xml}, "")
	if errors.Is(err, fs.ErrExist) {
		err = addTo(ctx, m.cfg.Store, Element{XML: xml}, "")
	}
	if err != nil {
		return asRingError("add", name, err)
	}
	return nil
}

// DeleteOptions say what may be deleted.
type DeleteOptions struct {
	// Retention is how long after its expiry a key is taken to be in use, because
	// payloads that it has sealed may still be about. Zero means the configured
	// key lifetime.
	Retention time.Duration
	// Force deletes keys that are in use, too. Their payloads become unreadable for ever.
	Force bool
}

// CheckDelete says what deleting these keys would make unreadable: nil if nothing
// that may still be in use, else one *KeyInUseError for each such key, joined. A
// key that is not there is a *KeyNotFoundError. Options may be nil.
func (m *Manager) CheckDelete(ctx context.Context, ids []KeyID, opts *DeleteOptions) error {
	c, err := m.read(ctx)
	if err != nil {
		return err
	}
	return m.checkDelete(c, ids, opts)
}

// Delete removes keys for good, with the revocations that have become pointless.
// It refuses with CheckDelete's error unless forced. It stops at the first
// failure, and never removes a revocation while its key remains. The error Is
// errors.ErrUnsupported for a store that cannot remove. Options may be nil.
func (m *Manager) Delete(ctx context.Context, ids []KeyID, opts *DeleteOptions) error {
	remover, ok := m.cfg.Store.(Remover)
	if !ok {
		return fmt.Errorf("dataprotection: delete: %s cannot remove elements: %w", storeName(m.cfg.Store), errors.ErrUnsupported)
	}
	c, err := m.readForWriting(ctx)
	if err != nil {
		return err
	}
	if err := m.checkDelete(c, ids, opts); err != nil {
		return err
	}
	if err := remover.Remove(ctx, c.deletions(ids)...); err != nil {
		return asRingError("remove", "", err)
	}
	return nil
}

func (m *Manager) checkDelete(c *contents, ids []KeyID, opts *DeleteOptions) error {
	opts = cmp.Or(opts, &DeleteOptions{})
	if opts.Retention < 0 {
		return errors.New("dataprotection: delete: the retention is negative")
	}
	retention := cmp.Or(opts.Retention, m.cfg.KeyLifetime)
	def := m.defaultOf(c)
	var errs []error
	for _, id := range ids {
		k := c.key(id)
		switch {
		case k == nil:
			errs = append(errs, &KeyNotFoundError{KeyID: id, RingKeys: len(c.keys)})
		case opts.Force || c.isRevoked(k) || !k.info.Expires.Add(retention).After(m.cfg.now()):
		default:
			errs = append(errs, &KeyInUseError{KeyID: id, Default: def != nil && def.ID == id, Expires: k.info.Expires})
		}
	}
	return errors.Join(errs...)
}

// deletions lists what goes with the keys, in the order in which it may go: the
// keys, the revocations of keys that are then gone, and the revocations of all
// keys but the latest. Where elements cannot be read, which may be keys, only the keys go.
func (c *contents) deletions(ids []KeyID) []Element {
	var gone []Element
	left := map[KeyID]bool{}
	for _, e := range c.elements {
		if slices.Contains(ids, e.key.info.ID) {
			gone = append(gone, e.element)
		} else {
			left[e.key.info.ID] = true
		}
	}
	if len(c.skipped)+len(c.unreadable) > 0 {
		return gone
	}
	for _, r := range c.revocations {
		if !r.ofAll() && !left[r.keyID] {
			gone = append(gone, r.element)
		}
	}
	for _, r := range c.revocations {
		if r.ofAll() && r.before.Before(c.revokedBefore) {
			gone = append(gone, r.element)
		}
	}
	return gone
}

// defaultOf returns the key that seals, or should.
func (m *Manager) defaultOf(c *contents) *KeyInfo {
	return m.cfg.policy().Resolve(m.cfg.now(), assumeUsable(c.infos())).Default
}

func (m *Manager) readForWriting(ctx context.Context) (*contents, error) {
	if m.cfg.ReadOnly {
		return nil, errReadOnly
	}
	return m.read(ctx)
}

// read reads the store, bearing with elements that cannot be understood.
func (m *Manager) read(ctx context.Context) (*contents, error) {
	if m.cfg.Store == nil {
		return nil, errZeroManager
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reader.renew(ctx, &m.cfg)
	c, err := m.reader.readSettled(ctx, "")
	if c == nil {
		return nil, err
	}
	return c, nil
}
