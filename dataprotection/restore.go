package dataprotection

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// RestoreOptions say what Restore puts back, and how.
type RestoreOptions struct {
	_ struct{}

	// Openers open what the source holds, such as the private key of the escrow
	// certificate. Those of the configuration are asked after them.
	Openers []Opener

	// Choose says which keys to put back. Nil means all.
	Choose func(KeyInfo) bool

	// ReplaceUnopened exchanges a key of the store that nothing here opens for the
	// source's, if that has the same id and dates: the way back when the private key
	// that opened the store is lost. Without it such keys are refused.
	ReplaceUnopened bool

	// DryRun writes nothing. The result tells what would happen.
	DryRun bool
}

// A Restoration tells what Restore has done.
type Restoration struct {
	// Keys has one entry for each key of the source that was chosen, and for each
	// element of it that cannot be read.
	Keys []RestoredKey
	// Revocations counts those that the source had and the store had not.
	Revocations int
}

// A RestoredKey tells what Restore has done with one element of the source.
type RestoredKey struct {
	// Key describes it. Element is the source's handle; Revoked tells whether the
	// store revokes the key, as it goes on doing. Of an element that cannot be read,
	// only Element is set.
	Key     KeyInfo
	Outcome RestoreOutcome
	// Err says why the key is Refused.
	Err error
}

// A RestoreOutcome is what has become of one key.
type RestoreOutcome string

// What can become of a key of the source.
const (
	Restored RestoreOutcome = "restored" // the store lacked it
	Replaced RestoreOutcome = "replaced" // the store had it, and nothing opened it
	Present  RestoreOutcome = "present"  // the store has the very key
	Refused  RestoreOutcome = "refused"
)

// Restore puts the keys of another store, such as an escrow or a backup, back
// into the ring: sealed with the configured Sealer, with their ids, dates and
// secrets, so that payloads open as before. Options may be nil.
//
// Nothing of the ring is lost by it. A key that the store has already stays, and
// one that has the id of another key is refused. Revocations in the store stay in
// force and hit the restored keys; those of the source are put back before any
// key. A store that has itself been lost has lost its revocations too, and an
// escrow has none: use Choose to leave out keys that were revoked.
//
// The error is nil only if every chosen key is in the store afterwards. Keys that
// can be put back are, even if others cannot. A run that was interrupted is
// finished by another one. Without a Sealer, nothing is put back beside a newest key that
// is sealed and cannot be opened, unless AllowUnsealed is set.
func (m *Manager) Restore(ctx context.Context, from Store, opts *RestoreOptions) (Restoration, error) {
	if opts == nil {
		opts = &RestoreOptions{}
	}
	if m.cfg.Store == nil {
		return Restoration{}, errZeroManager
	}
	source, err := m.readSource(ctx, from, opts)
	if err != nil {
		return Restoration{}, err
	}
	r := &restoring{m: m, opts: opts, source: source}
	if err := r.prepare(ctx); err != nil {
		return Restoration{}, err
	}
	if err := r.revocations(ctx); err != nil {
		return r.result, err
	}
	r.keys(ctx)
	return r.result, errors.Join(r.errs...)
}

// readSource reads what is to be put back. Keys in clear are welcome there.
func (m *Manager) readSource(ctx context.Context, from Store, opts *RestoreOptions) (*contents, error) {
	if from == nil {
		return nil, errors.New("dataprotection: restore: no store to restore from")
	}
	source := reader{cfg: &Config{Store: from, AllowUnsealed: true, Openers: slices.Concat(opts.Openers, m.cfg.Openers)}}
	c, err := source.read(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("dataprotection: restore from %s: %w", storeName(from), err)
	}
	if len(c.elements)+len(c.skipped)+len(c.unreadable) == 0 {
		return nil, fmt.Errorf("dataprotection: restore: %s holds no keys", storeName(from))
	}
	return c, nil
}

// A restoring is one run of Restore.
type restoring struct {
	m      *Manager
	opts   *RestoreOptions
	source *contents
	target *contents
	result Restoration
	errs   []error
}

func (r *restoring) prepare(ctx context.Context) (err error) {
	if r.opts.DryRun {
		r.target, err = r.m.read(ctx)
		return err
	}
	if r.target, err = r.m.readForWriting(ctx); err != nil {
		return err
	}
	if err := r.m.cfg.checkSealer(ctx); err != nil {
		return err
	}
	return r.m.cfg.checkClear(r.target)
}

// revocations puts back what the store lacks, as it is.
func (r *restoring) revocations(ctx context.Context) error {
	for _, e := range r.source.revocations {
		if r.target.covers(e) {
			continue
		}
		if !r.opts.DryRun {
			if err := r.m.addRevocation(ctx, e.name(), e.element.XML); err != nil {
				return err
			}
		}
		r.target.learn(e)
		r.result.Revocations++
	}
	return nil
}

func (r *restoring) keys(ctx context.Context) {
	for _, e := range append(r.source.skipped, r.source.unreadable...) {
		r.report(RestoredKey{Key: KeyInfo{Element: e.Element}, Outcome: Refused, Err: e})
	}
	for _, e := range r.source.elements {
		info := e.key.info
		info.Element = elementName(e.element)
		info.Revoked = r.target.isRevoked(e.key)
		if r.opts.Choose != nil && !r.opts.Choose(info) {
			continue
		}
		outcome, err := r.restore(ctx, e)
		r.report(RestoredKey{Key: info, Outcome: outcome, Err: err})
	}
}

func (r *restoring) report(k RestoredKey) {
	r.result.Keys = append(r.result.Keys, k)
	if k.Err != nil {
		r.errs = append(r.errs, &RingError{Op: "restore", Element: k.Key.Element, Err: k.Err})
	}
}

func (r *restoring) restore(ctx context.Context, e keyElement) (RestoreOutcome, error) {
	id := e.key.info.ID
	there := r.target.key(id)
	switch {
	case ctx.Err() != nil:
		return Refused, ctx.Err()
	case r.source.conflicting[id]:
		return Refused, errors.New("the source has two different keys of this id")
	case e.key.key == nil:
		return Refused, e.key.info.Unusable
	case r.target.conflicting[id]:
		return Refused, errors.New("the store has two different keys of this id")
	case there == nil:
		return r.put(ctx, e, r.add)
	case there.key != nil && there.same(e.key):
		return Present, nil
	case there.key != nil || !there.hasDatesOf(e.key):
		return Refused, errors.New("the store has another key of this id")
	case !r.opts.ReplaceUnopened:
		return Refused, fmt.Errorf("the store has it, but it cannot be used there: %w; ReplaceUnopened puts this one in its place", there.info.Unusable)
	}
	return r.put(ctx, e, r.replace)
}

// put seals the key and has it written.
func (r *restoring) put(ctx context.Context, e keyElement, write func(context.Context, KeyID, []byte) (RestoreOutcome, error)) (RestoreOutcome, error) {
	k, err := keyxml.ParseKey(e.element.XML)
	if err != nil {
		return Refused, err
	}
	open := openerOf(ctx, slices.Concat(r.opts.Openers, r.m.cfg.Openers), k.ID)
	xml, err := r.m.rewrap(ctx, k, open, r.m.cfg.Sealer == nil)
	if err != nil {
		return Refused, err
	}
	outcome, err := write(ctx, k.ID, xml)
	if err != nil {
		return Refused, err
	}
	r.target.keys = append(r.target.keys, e.key) // the source may have it twice
	return outcome, nil
}

func (r *restoring) add(ctx context.Context, id KeyID, xml []byte) (RestoreOutcome, error) {
	if r.opts.DryRun {
		return Restored, nil
	}
	return Restored, addTo(ctx, r.m.cfg.Store, Element{Name: keyxml.KeyName(id), XML: xml}, "")
}

// replace exchanges every copy that the store has.
func (r *restoring) replace(ctx context.Context, id KeyID, xml []byte) (RestoreOutcome, error) {
	replacer, ok := r.m.cfg.Store.(Replacer)
	if !ok {
		return Refused, fmt.Errorf("%s cannot replace elements: %w", storeName(r.m.cfg.Store), errors.ErrUnsupported)
	}
	for _, e := range r.target.elements {
		if e.key.info.ID != id || r.opts.DryRun {
			continue
		}
		if err := replacer.Replace(ctx, e.element, Element{Name: e.element.Name, XML: xml}); err != nil {
			return Refused, err
		}
	}
	return Replaced, nil
}
