package dataprotection

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// ResealOptions say how Reseal goes about it.
type ResealOptions struct {
	_ struct{}

	// DangerouslyInClear takes the seals off: the keys are stored unencrypted, and
	// whoever can read the store has them. The configured Sealer then only opens.
	DangerouslyInClear bool

	// Progress, if it is set, is told of each key as soon as it has been dealt with,
	// by the goroutine that called Reseal.
	Progress func(ResealedKey)
}

// A ResealedKey tells what Reseal has done with one element of the store.
type ResealedKey struct {
	KeyID   KeyID // zero for a key that cannot be read at all
	Element string
	// From are the mechanisms that the key was sealed by, none for a key in clear.
	From    []string
	Outcome ResealOutcome
	// Err says why the key is NotResealed.
	Err error
}

// A ResealOutcome is what has become of one key.
type ResealOutcome string

// What can become of a key.
const (
	Resealed      ResealOutcome = "resealed"
	AlreadySealed ResealOutcome = "already sealed"
	NotResealed   ResealOutcome = "not resealed" // it is as it was
)

// Reseal seals every key of the ring anew with the configured Sealer, as when a
// certificate is replaced, or a ring in clear is to be sealed. Id, dates,
// algorithm and secret of a key stay, so that payloads open as before, and what
// is written is what a new key looks like. Options may be nil.
//
// Each key is exchanged as a whole. What is sealed already is left alone, so a
// run that was interrupted is finished by another one, and several at once do no
// harm. A key is left as it is where no opener opens it, where what the Sealer has
// made of it could not be opened again here, or where it is in clear and
// AllowUnsealed is not set: somebody may have slipped it in. Nothing is given to escrow.
//
// The result has one entry for each element. The error is nil only if every key
// is now sealed as it should be; else it names those that are not, and may be a
// fault that ended the run. It Is errors.ErrUnsupported for a store that cannot replace.
//
// Every member of the fleet must be able to open the new seal before this is
// called, .NET programs after a restart.
func (m *Manager) Reseal(ctx context.Context, opts *ResealOptions) ([]ResealedKey, error) {
	if opts == nil {
		opts = &ResealOptions{}
	}
	r := &resealing{m: m, inClear: opts.DangerouslyInClear, progress: opts.Progress, settled: map[string]bool{}}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	for range maxConflicts {
		c, err := m.readForWriting(ctx)
		if err != nil {
			return r.keys, errors.Join(append(r.errs, err)...)
		}
		if r.pass(ctx, c) {
			break
		}
	}
	for _, e := range r.contended {
		r.settle(e, NotResealed, fmt.Errorf("others wrote to it each time, %d times: %w", maxConflicts, ErrConflict))
	}
	return r.keys, errors.Join(r.errs...)
}

// A resealing is one run of Reseal.
type resealing struct {
	m        *Manager
	replacer Replacer
	inClear  bool
	progress func(ResealedKey)

	settled   map[string]bool // by the element's Ref
	contended []keyElement    // what another has changed meanwhile
	keys      []ResealedKey
	errs      []error
}

func (r *resealing) prepare(ctx context.Context) (err error) {
	cfg := &r.m.cfg
	var ok bool
	switch r.replacer, ok = cfg.Store.(Replacer); {
	case cfg.Store == nil:
		return errZeroManager
	case cfg.ReadOnly:
		return errReadOnly
	case !ok:
		return fmt.Errorf("dataprotection: reseal: %s cannot replace elements: %w", storeName(cfg.Store), errors.ErrUnsupported)
	case r.inClear:
		return nil
	case cfg.Sealer == nil:
		return errors.New("dataprotection: reseal: no Sealer is configured; DangerouslyInClear stores keys unencrypted")
	}
	return cfg.checkSealer(ctx)
}

// pass deals with every element of c, and reports whether nothing is left to do.
func (r *resealing) pass(ctx context.Context, c *contents) bool {
	r.contended = nil
	for _, e := range c.skipped {
		r.refused(e)
	}
	for _, e := range c.elements {
		if r.settled[e.element.Ref] {
			continue
		}
		outcome, err := r.deal(ctx, c, e)
		if errors.Is(err, ErrConflict) {
			r.contended = append(r.contended, e)
			continue
		}
		r.settle(e, outcome, err)
	}
	return len(r.contended) == 0
}

func (r *resealing) deal(ctx context.Context, c *contents, e keyElement) (ResealOutcome, error) {
	parsed, err := keyxml.ParseKey(e.element.XML)
	switch {
	case err != nil:
		return NotResealed, err
	case ctx.Err() != nil:
		return NotResealed, ctx.Err()
	case c.conflicting[e.key.info.ID]:
		return NotResealed, errors.New("the store has two different keys of this id")
	case r.already(ctx, parsed):
		return AlreadySealed, nil
	case e.key.key == nil:
		return NotResealed, e.key.info.Unusable
	}
	xml, err := r.m.rewrap(ctx, parsed, r.m.opener(ctx, parsed.ID), r.inClear)
	if err != nil {
		return NotResealed, err
	}
	if err := r.replacer.Replace(ctx, e.element, Element{Name: e.element.Name, XML: xml}); err != nil {
		return NotResealed, err
	}
	return Resealed, nil
}

// already reports whether the key is sealed as it should be.
func (r *resealing) already(ctx context.Context, k *keyxml.Key) bool {
	if sealed := len(k.SealedBy()) > 0; !sealed || r.inClear {
		return !sealed && r.inClear
	}
	return sealedAsNow(ctx, r.m.cfg.Sealer, k)
}

// sealedAsNow reports whether a key was sealed as s seals now.
func sealedAsNow(ctx context.Context, s Sealer, k *keyxml.Key) bool {
	recognized := false
	_, _, _ = k.Open(func(decryptorType string, element []byte) ([]byte, error) {
		switch s := s.(type) {
		case Recognizer:
			recognized = s.Sealed(decryptorType, element)
		case Opener:
			opened, err := openWith(ctx, s, k.ID, decryptorType, element)
			clear(opened)
			recognized = err == nil
		}
		return nil, errLooked
	})
	return recognized
}

var errLooked = errors.New("dataprotection: only looked at")

// refused reports a key that cannot be read.
func (r *resealing) refused(e *RingError) {
	if r.settled[e.Element] {
		return
	}
	r.settled[e.Element] = true
	r.report(ResealedKey{Element: e.Element, Outcome: NotResealed, Err: e})
}

func (r *resealing) settle(e keyElement, outcome ResealOutcome, err error) {
	r.settled[e.element.Ref] = true
	r.report(ResealedKey{KeyID: e.key.info.ID, Element: elementName(e.element), From: e.key.info.SealedBy, Outcome: outcome, Err: err})
}

func (r *resealing) report(k ResealedKey) {
	if k.Err != nil {
		r.errs = append(r.errs, asRingError("reseal", k.Element, k.Err))
	}
	r.keys = append(r.keys, k)
	if r.progress != nil {
		r.progress(k)
	}
}

// An unsealer decrypts what a key is sealed with, as keyxml.Key.Open wants it.
type unsealer = func(decryptorType string, element []byte) ([]byte, error)

// opener opens with the configured openers.
func (m *Manager) opener(ctx context.Context, id KeyID) unsealer {
	return openerOf(ctx, m.cfg.Openers, id)
}

func openerOf(ctx context.Context, openers []Opener, id KeyID) unsealer {
	return func(decryptorType string, element []byte) ([]byte, error) {
		return unseal(ctx, openers, id, decryptorType, element)
	}
}

// rewrap returns the element of a key as the configured Sealer seals it, or in
// clear. That the result opens here is tried out: a key whose only copy cannot be
// opened is lost.
func (m *Manager) rewrap(ctx context.Context, k *keyxml.Key, open unsealer, inClear bool) ([]byte, error) {
	algorithm, master, err := k.Open(open)
	if err != nil {
		return nil, err
	}
	defer clear(master)
	var seal keyxml.Seal
	if !inClear {
		seal = sealWith(ctx, &m.cfg, k.ID)
	}
	xml, err := keyxml.MarshalKey(*k, algorithm, master, seal)
	if err != nil {
		return nil, err
	}
	written, err := keyxml.ParseKey(xml)
	if err != nil {
		return nil, err
	}
	again, back, err := written.Open(m.opener(ctx, k.ID))
	defer clear(back)
	if err != nil {
		return nil, fmt.Errorf("what the Sealer has made of it could not be opened again here: %w", err)
	}
	if again != algorithm || !bytes.Equal(back, master) {
		return nil, errors.New("what the Sealer has made of it opens as another key")
	}
	return xml, nil
}
