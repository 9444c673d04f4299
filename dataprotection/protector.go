package dataprotection

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/payload"
)

var errNoRing = errors.New("dataprotection: protector without a key ring; get one from KeyRing.Protector")

// A Protector protects data for one chain of purposes. What one protector has
// made, only a protector of the same purposes on a ring with the same keys and
// application name opens.
//
// Protectors are immutable, safe for concurrent use and cheap. One that is kept
// is faster than one that is made for each call, because it remembers what it
// has derived from the ring's keys, and for payloads that come again and again, as
// cookies do, from their key modifiers: those of 256 payloads for each key at most,
// which take 150 KB, 360 KB in GCM mode. A zero Protector returns errors.
type Protector struct {
	ring     *KeyRing
	purposes []byte   // encoded for the authenticated data
	err      error    // of the purposes
	bound    sync.Map // *authenc.Key → *authenc.Bound
	sealing  atomic.Pointer[binding]
}

// A binding is an entry of bound: that of the key which seals, or which did last.
type binding struct {
	key   *authenc.Key
	bound *authenc.Bound
}

// newProtector appends purposes to those of parent.
func newProtector(ring *KeyRing, parent []byte, purposes []string) *Protector {
	p := &Protector{ring: ring, purposes: payload.AppendPurposes(parent, purposes)}
	for _, s := range purposes {
		if !utf8.ValidString(s) {
			p.err = errors.New("dataprotection: a purpose is not valid UTF-8")
		}
	}
	return p
}

// Protector returns a protector for the purposes of p followed by these. A
// purpose that is not valid UTF-8 makes each later call fail.
func (p *Protector) Protector(purposes ...string) *Protector {
	if p == nil {
		return nil
	}
	sub := newProtector(p.ring, p.purposes, purposes)
	if p.err != nil {
		sub.err = p.err
	}
	return sub
}

// Protect encrypts and authenticates plaintext under the ring's default key. It
// never touches the store. The error Is ErrUnavailable when the ring has no key
// to protect with.
func (p *Protector) Protect(plaintext []byte) ([]byte, error) {
	return p.AppendProtect(nil, plaintext)
}

// AppendProtect is Protect, appending to dst. It allocates only if dst has too
// little room, apart from what crypto/aes needs. Plaintext must not overlap the
// free part of dst.
func (p *Protector) AppendProtect(dst, plaintext []byte) ([]byte, error) {
	snap, err := p.snapshot()
	if err != nil {
		return nil, err
	}
	k := snap.sealing
	dst = slices.Grow(dst, payload.HeaderSize+k.key.Suite().SealedSize(len(plaintext)))
	sealed, err := p.bind(snap, k).AppendSeal(payload.AppendHeader(dst, k.info.ID), plaintext)
	if err != nil {
		return nil, &RingError{Op: "seal with", Element: k.info.Element, Err: err}
	}
	return sealed, nil
}

// Unprotect opens what Protect has made. It may wait for the store once, for a
// key that the ring has not seen yet; ctx bounds that wait.
//
// The error Is ErrInvalidPayload when sealed was not made for these purposes, by
// this application, with an unrevoked key of this ring, or was changed. It Is
// ErrUnavailable when that cannot be told now.
func (p *Protector) Unprotect(ctx context.Context, sealed []byte) ([]byte, error) {
	plaintext, _, err := p.open(ctx, nil, sealed, false)
	return plaintext, err
}

// AppendUnprotect is Unprotect, appending to dst. It allocates only if dst has
// too little room, apart from what crypto/aes needs. Sealed must not overlap the
// free part of dst.
func (p *Protector) AppendUnprotect(ctx context.Context, dst, sealed []byte) ([]byte, error) {
	plaintext, _, err := p.open(ctx, dst, sealed, false)
	return plaintext, err
}

// DangerousUnprotect is Unprotect, but opens what a revoked key has sealed, too.
// Whoever has stolen such a key can forge what it returns: it is for saving
// stored data, never for logins or tokens. Inspect tells whether a key is revoked.
func (p *Protector) DangerousUnprotect(ctx context.Context, sealed []byte) ([]byte, error) {
	plaintext, _, err := p.open(ctx, nil, sealed, true)
	return plaintext, err
}

// An Inspection says how a payload was made.
type Inspection struct {
	// KeyID is the key that the payload was made with.
	KeyID KeyID
	// Reprotect says that the payload should be made anew, because its key is not
	// the ring's default key or is revoked.
	Reprotect bool
	// Revoked says that the key is revoked: only DangerousUnprotect opens the payload.
	Revoked bool
	// Expired says that the end of a time-limited payload has passed. It is always
	// false for a payload that is not time-limited.
	Expired bool
	// Expires is the end of a time-limited payload.
	Expires time.Time
}

// Inspect authenticates sealed and tells how it was made, without giving the
// plaintext. Unlike Unprotect it succeeds for a revoked key.
func (p *Protector) Inspect(ctx context.Context, sealed []byte) (Inspection, error) {
	s := getScratch()
	defer s.release()
	plaintext, info, err := p.open(ctx, s.plain[:0], sealed, true)
	if err != nil {
		return Inspection{}, err
	}
	s.plain = plaintext
	return info, nil
}

// open finds the key, then lets it judge the payload.
func (p *Protector) open(ctx context.Context, dst, sealed []byte, revokedToo bool) ([]byte, Inspection, error) {
	if err := p.ready(); err != nil {
		return nil, Inspection{}, err
	}
	id, body, err := payload.ParseHeader(sealed)
	if err != nil {
		return nil, Inspection{}, ErrInvalidPayload
	}
	snap, entry, err := p.ring.find(ctx, id)
	if err != nil {
		return nil, Inspection{}, err
	}
	if entry.revoked && !revokedToo {
		return nil, Inspection{}, &KeyRevokedError{KeyID: id}
	}
	if entry.key.key == nil {
		return nil, Inspection{}, &RingError{Op: "open", Element: entry.key.name(), Err: entry.key.info.Unusable}
	}
	out, err := p.bind(snap, entry.key).AppendOpen(dst, body)
	switch {
	case err == nil:
	case errors.Is(err, authenc.ErrOpen):
		p.ring.misfit(ctx, id)
		return nil, Inspection{}, ErrInvalidPayload
	default:
		return nil, Inspection{}, &RingError{Op: "open with", Element: entry.key.info.Element, Err: err}
	}
	return out, Inspection{KeyID: id, Revoked: entry.revoked, Reprotect: entry.revoked || entry.key != snap.sealing}, nil
}

func (p *Protector) ready() error {
	if p == nil || p.ring == nil {
		return errNoRing
	}
	return p.err
}

// snapshot returns the present snapshot of the ring, if that has a key to seal with.
func (p *Protector) snapshot() (*snapshot, error) {
	if err := p.ready(); err != nil {
		return nil, err
	}
	snap := p.ring.current.Load()
	if snap == nil {
		return nil, errZeroRing
	}
	if snap.sealing == nil {
		return nil, snap.sealingErr
	}
	return snap, nil
}

// bind returns what the purposes and the key make together, computing it on first
// use. For the key that seals it need not look into the map.
func (p *Protector) bind(snap *snapshot, k *ringKey) *authenc.Bound {
	if s := p.sealing.Load(); s != nil && s.key == k.key {
		return s.bound
	}
	b, ok := p.bound.Load(k.key)
	if !ok {
		aad := payload.AAD(k.info.ID, p.purposes)
		b, _ = p.bound.LoadOrStore(k.key, k.key.Bind(aad))
		p.forgetAllBut(snap)
	}
	bound := b.(*authenc.Bound)
	if k == snap.sealing {
		p.sealing.Store(&binding{k.key, bound})
	}
	return bound
}

// forgetAllBut drops what was derived from keys that are in the ring no longer.
func (p *Protector) forgetAllBut(snap *snapshot) {
	listed := make(map[*authenc.Key]bool, len(snap.entries))
	for _, e := range snap.entries {
		listed[e.key.key] = true
	}
	p.bound.Range(func(key, _ any) bool {
		if !listed[key.(*authenc.Key)] {
			p.bound.Delete(key)
		}
		return true
	})
}
