package dataprotection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// masterKeySize is the length of the secret of a new key, in bytes.
const masterKeySize = 64

// newKeyElement makes a key with a fresh secret, gives it to escrow and seals it.
// Its creation date is after the latest revocation of all keys, whatever the
// clocks said there, so that it is not hit itself.
func newKeyElement(ctx context.Context, cfg *Config, now, revokedBefore time.Time, dates KeyDates) (*ringKey, Element, error) {
	master := make([]byte, masterKeySize)
	rand.Read(master)
	defer clear(master)
	k := keyxml.Key{ID: newKeyID(), Created: now, Activates: dates.Activates, Expires: dates.Expires}
	if k.Activates.Before(k.Created) {
		k.Created = k.Activates
	}
	if !k.Created.After(revokedBefore) {
		k.Created = revokedBefore.Add(tick)
	}
	key, err := newKey(cfg.algorithm(), master)
	if err != nil {
		return nil, Element{}, &RingError{Op: "make", Element: keyxml.KeyName(k.ID), Err: err}
	}
	if err := escrow(ctx, cfg.Escrow, k, cfg.algorithm(), master); err != nil {
		return nil, Element{}, err
	}
	xml, err := keyxml.MarshalKey(k, cfg.algorithm(), master, sealWith(ctx, cfg, k.ID))
	if err != nil {
		return nil, Element{}, &RingError{Op: "seal", Element: keyxml.KeyName(k.ID), Err: err}
	}
	rk := &ringKey{key: key, hash: sha256.Sum256(xml), secret: secretOf(cfg.algorithm(), master), info: KeyInfo{
		ID: k.ID, Created: k.Created, Activates: k.Activates, Expires: k.Expires,
		Algorithm: cfg.algorithm().String(), Element: keyxml.KeyName(k.ID),
	}}
	if parsed, err := keyxml.Parse(xml); err == nil {
		rk.info.SealedBy = parsed.(*keyxml.Key).SealedBy()
	}
	return rk, Element{Name: keyxml.KeyName(k.ID), XML: xml}, nil
}

// sealWith returns what the key's secret is sealed with, nil for keys in clear.
func sealWith(ctx context.Context, cfg *Config, id KeyID) keyxml.Seal {
	if cfg.Sealer == nil {
		return nil
	}
	return func(fragment []byte) (string, []byte, error) { return cfg.Sealer.Seal(ctx, id, fragment) }
}
