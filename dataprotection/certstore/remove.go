package certstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/xmlenc"
)

// An InUseError is returned when a certificate is to be removed that keys of the ring
// are sealed with: they could no longer be opened. Manager.Reseal seals them with another one.
type InUseError struct {
	Thumbprint string
	Keys       []dataprotection.KeyID
}

func (e *InUseError) Error() string {
	ids := make([]string, len(e.Keys))
	for i, id := range e.Keys {
		ids[i] = id.String()
	}
	return fmt.Sprintf("certstore: certificate %s is still in use: the keys %s are sealed with it", e.Thumbprint, strings.Join(ids, ", "))
}

// ErrNotFound says that a store has no certificate of that thumbprint.
var ErrNotFound = errors.New("certstore: there is no such certificate")

// Remove removes a certificate, by its thumbprint in any letter case. If keys of the
// ring need it, nothing is removed and the error is an *InUseError; nor is it where an
// element of the ring cannot be read and may be such a key. The error
// Is errors.ErrUnsupported for a store that cannot remove.
func (s *Store) Remove(ctx context.Context, thumbprint string) error {
	if err := s.check(); err != nil {
		return err
	}
	remover, ok := s.cfg.Store.(dataprotection.Remover)
	if !ok {
		return fmt.Errorf("certstore: this store cannot remove elements: %w", errors.ErrUnsupported)
	}
	snap, err := s.readable(ctx)
	if err != nil {
		return err
	}
	thumbprint = strings.ToUpper(thumbprint)
	elements := s.elements(ctx, snap, thumbprint)
	if len(elements) == 0 {
		return fmt.Errorf("%w: %s", ErrNotFound, thumbprint)
	}
	if keys := sealedWith(snap, thumbprint); len(keys) > 0 {
		return &InUseError{Thumbprint: thumbprint, Keys: keys}
	}
	if err := remover.Remove(ctx, elements...); err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	if err := s.neededMeanwhile(ctx, thumbprint, elements[0]); err != nil {
		return err
	}
	_, err = s.Renew(ctx)
	return err
}

// readable reads the store, and refuses what may be a key that needs a certificate.
func (s *Store) readable(ctx context.Context) (dataprotection.Snapshot, error) {
	snap, err := s.cfg.Store.Load(ctx, "")
	if err != nil {
		return snap, fmt.Errorf("certstore: %w", err)
	}
	const may = "certstore: an element of the ring may need the certificate and cannot be read: "
	if len(snap.Unreadable) > 0 {
		return snap, fmt.Errorf(may+"%w", snap.Unreadable[0])
	}
	for _, e := range snap.Elements {
		if _, err := keyxml.Parse(e.XML); err != nil {
			return snap, fmt.Errorf(may+"%s: %w", nameOf(e), err)
		}
	}
	return snap, nil
}

// neededMeanwhile puts a certificate back if a key was sealed with it in the moment
// of its removal.
func (s *Store) neededMeanwhile(ctx context.Context, thumbprint string, element dataprotection.Element) error {
	snap, err := s.cfg.Store.Load(ctx, "")
	if err != nil {
		return fmt.Errorf("certstore: %w", err)
	}
	keys := sealedWith(snap, thumbprint)
	if len(keys) == 0 {
		return nil
	}
	err = s.cfg.Store.Add(ctx, dataprotection.Element{Name: elementNameOf(thumbprint), XML: element.XML}, "")
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("certstore: put certificate %s back, which keys need: %w", thumbprint, err)
	}
	return &InUseError{Thumbprint: thumbprint, Keys: keys}
}

// elements are those that hold the certificate, whether or not it can be used.
func (s *Store) elements(ctx context.Context, snap dataprotection.Snapshot, thumbprint string) (all []dataprotection.Element) {
	for _, e := range snap.Elements {
		if parsed, err := keyxml.Parse(e.XML); err == nil && isOurs(parsed) && s.open(ctx, e).info.Thumbprint == thumbprint {
			all = append(all, e)
		}
	}
	return all
}

// sealedWith are the keys that name the certificate.
func sealedWith(snap dataprotection.Snapshot, wanted string) (ids []dataprotection.KeyID) {
	for _, e := range snap.Elements {
		key, err := keyxml.ParseKey(e.XML)
		if err != nil {
			continue
		}
		_, _, _ = key.Open(func(_ string, element []byte) ([]byte, error) {
			data, err := xmlenc.Parse(element)
			if err != nil {
				return nil, err
			}
			for _, der := range data.Certificates() {
				if thumbprintOf(der) == wanted {
					ids = append(ids, key.ID)
					break
				}
			}
			return nil, dataprotection.ErrNotMine // only looked at
		})
	}
	return ids
}
