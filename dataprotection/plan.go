package dataprotection

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A plan is what the ring makes of the policy at one moment. The ring follows
// the policy except in two points: a key that cannot be opened or understood is
// no reason to make a new one, and a new key is activated after all that are
// active at its time, so that it is the newest.
type plan struct {
	sealing *ringKey  // nil if nothing can seal
	proper  bool      // sealing is the key that the policy wants
	create  *KeyDates // a key to be made, nil if none is due
	err     error     // why sealing is not proper
	failed  error     // why a due key could not be made although sealing is proper
}

// plan decides what to do at now.
func (r *refresher) plan(now time.Time) plan {
	infos := r.infos()
	d := r.cfg.policy().Decide(now, assumeUsable(infos))
	switch {
	case d.Default != nil:
		k := r.contents.key(d.Default.ID)
		if k.key != nil {
			return plan{sealing: k, proper: true, create: takingOver(d.Create, infos)}
		}
		return plan{sealing: r.makeshift(now), err: &RingError{Op: "open", Element: k.info.Element, Store: ownName(r.cfg.Store), Err: fmt.Errorf("the newest key cannot be used: %w", k.info.Unusable)}}
	case r.cfg.ReadOnly && len(r.contents.skipped) > 0:
		return plan{err: fmt.Errorf("%w: %w", ErrNoDefaultKey, joinRingErrors(r.contents.skipped))}
	case r.cfg.ReadOnly:
		return plan{err: ErrNoDefaultKey}
	case len(r.contents.skipped) > 0:
		return plan{sealing: r.makeshift(now), err: fmt.Errorf("%w; no new key is made while there is one that cannot be read", joinRingErrors(r.contents.skipped))}
	}
	return plan{sealing: r.makeshift(now), create: takingOver(d.Create, infos)}
}

// takingOver dates a key so that it does seal from its activation on: after all
// that are active by then, seen from a clock that may be slow. Else one of those,
// though revoked, could count as newer, and a key would be made at every poll.
func takingOver(dates *KeyDates, infos []KeyInfo) *KeyDates {
	if dates == nil {
		return nil
	}
	newest := newestActivated(dates.Activates, infos)
	if newest == nil || newest.Activates.Before(dates.Activates) {
		return dates
	}
	return &KeyDates{Activates: newest.Activates.Add(tick), Expires: dates.Expires}
}

// makeshift is the key that seals when the proper one cannot: the newest active
// one that can be used.
func (r *refresher) makeshift(now time.Time) *ringKey {
	if newest := newestUsable(now, r.infos()); newest != nil {
		return r.contents.key(newest.ID)
	}
	return nil
}

// newestUsable is the newest active key that can be used, or nil.
func newestUsable(now time.Time, infos []KeyInfo) *KeyInfo {
	var usable []KeyInfo
	for _, info := range infos {
		if info.Unusable == nil && !info.Revoked {
			usable = append(usable, info)
		}
	}
	return newestActivated(now, usable)
}

// made is the plan after a key has been made: the policy's choice, else the new key.
func (r *refresher) made(now time.Time, created *ringKey) plan {
	p := plan{sealing: created, proper: true}
	if k := r.cfg.policy().Default(now, r.infos()); k != nil {
		p.sealing = r.contents.key(k.ID)
	}
	return p
}

// infos describes the keys as they stand, with all revocations ever seen.
func (r *refresher) infos() []KeyInfo { return describe(r.contents.keys, r.known.cover) }

func (c *contents) infos() []KeyInfo { return describe(c.keys, c.isRevoked) }

func describe(keys []*ringKey, revoked func(*ringKey) bool) []KeyInfo {
	infos := make([]KeyInfo, len(keys))
	for i, k := range keys {
		infos[i] = k.info
		infos[i].Revoked = revoked(k)
	}
	return infos
}

// assumeUsable lets keys that cannot be opened take part in the choice, so that
// none is made in their place.
func assumeUsable(infos []KeyInfo) []KeyInfo {
	all := make([]KeyInfo, len(infos))
	for i, info := range infos {
		info.Unusable = nil
		all[i] = info
	}
	return all
}

func (c *contents) key(id KeyID) *ringKey {
	for _, k := range c.keys {
		if k.info.ID == id {
			return k
		}
	}
	return nil
}

// publish lets requests see the keys as they stand.
func (r *refresher) publish(p plan) {
	snap := &snapshot{entries: make(map[KeyID]entry, len(r.contents.keys)), sealing: p.sealing, sealingErr: p.err}
	for _, k := range r.contents.keys {
		snap.entries[k.info.ID] = entry{key: k, revoked: r.known.cover(k)}
	}
	if snap.sealing != nil {
		snap.likely = snap.entries[snap.sealing.info.ID]
	} else if snap.sealingErr == nil {
		snap.sealingErr = ErrNoDefaultKey
	}
	r.ring.current.Store(snap)
}

// create makes a key and adds it to the store, if that is still as it was read.
func (r *refresher) create(ctx context.Context, dates KeyDates) (*ringKey, error) {
	k, element, err := newKeyElement(ctx, r.cfg, r.cfg.now(), r.known.before, dates)
	if err != nil {
		return nil, err
	}
	if err := addTo(ctx, r.cfg.Store, element, r.contents.version); err != nil {
		if errors.Is(err, ErrConflict) {
			return nil, ErrConflict
		}
		return nil, asRingError("add", element.Name, err)
	}
	r.own[k.info.ID] = ownKey{k, time.Now()}
	r.reader.remember(k)
	r.contents.keys = append(r.contents.keys, k)
	r.cfg.Logger.Info("dataprotection: made a new key", "key", k.info.ID, "activates", k.info.Activates, "expires", k.info.Expires)
	return k, nil
}
