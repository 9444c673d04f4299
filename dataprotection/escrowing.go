package dataprotection

import (
	"context"
	"errors"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// EscrowAll gives every key of the ring to the configured sinks, as a new key is
// given: for the keys that were made before there was escrow. It returns the keys
// that every sink has taken. The error names those that could not be opened or
// that a sink has refused.
func (m *Manager) EscrowAll(ctx context.Context) ([]KeyID, error) {
	if len(m.cfg.Escrow) == 0 {
		return nil, errors.New("dataprotection: escrow: no sink is configured")
	}
	c, err := m.read(ctx)
	if err != nil {
		return nil, err
	}
	var given []KeyID
	var errs []error
	seen := map[KeyID]bool{}
	for _, e := range c.elements {
		if id := e.key.info.ID; !seen[id] {
			seen[id] = true
			if err := m.escrowOne(ctx, c, e); err != nil {
				errs = append(errs, asRingError("escrow", e.key.info.Element, err))
				continue
			}
			given = append(given, id)
		}
	}
	return given, errors.Join(errs...)
}

func (m *Manager) escrowOne(ctx context.Context, c *contents, e keyElement) error {
	switch {
	case c.conflicting[e.key.info.ID]:
		return errors.New("the store has two different keys of this id")
	case e.key.key == nil:
		return e.key.info.Unusable
	}
	k, err := keyxml.ParseKey(e.element.XML)
	if err != nil {
		return err
	}
	algorithm, master, err := k.Open(m.opener(ctx, k.ID))
	if err != nil {
		return err
	}
	defer clear(master)
	return escrow(ctx, m.cfg.Escrow, *k, algorithm, master)
}

// escrow gives a key in clear to every sink, in order.
func escrow(ctx context.Context, sinks []EscrowSink, k keyxml.Key, algorithm keyxml.Algorithm, master []byte) error {
	if len(sinks) == 0 {
		return nil
	}
	xml, err := keyxml.MarshalKey(k, algorithm, master, nil)
	if err != nil {
		return err
	}
	defer clear(xml)
	for _, sink := range sinks {
		if err := sink.Escrow(ctx, k.ID, append([]byte(nil), xml...)); err != nil {
			return &RingError{Op: "escrow", Element: keyxml.KeyName(k.ID), Err: err}
		}
	}
	return nil
}
