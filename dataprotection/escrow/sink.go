package escrow

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// A Sink seals each key for the owner of the escrow and adds it to a store. It
// implements dataprotection.EscrowSink and is safe for concurrent use. Make one
// with New or Directory.
type Sink struct {
	store  dataprotection.Store
	sealer dataprotection.Sealer
}

// New returns a sink that seals with sealer, such as an *x509seal.Certificate
// without its private key, and adds to store. The store must not be that of the ring.
func New(store dataprotection.Store, sealer dataprotection.Sealer) (*Sink, error) {
	switch {
	case store == nil:
		return nil, errors.New("escrow: no store is given")
	case sealer == nil:
		return nil, errors.New("escrow: no sealer is given; keys do not lie in escrow in clear")
	}
	return &Sink{store: store, sealer: sealer}, nil
}

// Directory is New for a directory of its own, one file of mode 0600 for each key.
// If it is missing, the first key creates it with mode 0700.
func Directory(dir string, sealer dataprotection.Sealer) (*Sink, error) {
	if dir == "" {
		return nil, errors.New("escrow: no directory is given")
	}
	return New(filestore.New(dir), sealer)
}

// String names the store, for logs.
func (s *Sink) String() string { return fmt.Sprintf("escrow in %v", s.store) }

// Escrow seals a key, given in clear, and adds it. A key that is there already, by
// its name, stays as it is.
func (s *Sink) Escrow(ctx context.Context, keyID dataprotection.KeyID, keyElement []byte) error {
	if s == nil || s.store == nil {
		return errors.New("escrow: this sink is empty; make one with New or Directory")
	}
	sealed, err := s.seal(ctx, keyID, keyElement)
	if err != nil {
		return fmt.Errorf("escrow: seal key %s: %w", keyID, err)
	}
	err = s.store.Add(ctx, dataprotection.Element{Name: keyxml.KeyName(keyID), XML: sealed}, "")
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("escrow: %w", err)
	}
	return nil
}

func (s *Sink) seal(ctx context.Context, keyID dataprotection.KeyID, element []byte) ([]byte, error) {
	key, err := keyxml.ParseKey(element)
	switch {
	case err != nil:
		return nil, err
	case key.ID != keyID:
		return nil, errors.New("the element is not that key")
	}
	return keyxml.Reseal(element, nil, func(fragment []byte) (string, []byte, error) {
		return s.sealer.Seal(ctx, keyID, fragment)
	})
}
