package dataprotection

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

var (
	errZeroRing   error = &unavailableError{"dataprotection: the key ring was not opened; use Open"}
	errClosedRing error = &unavailableError{"dataprotection: the key ring is closed, and no longer asks its store for keys that it does not know"}
)

// A KeyRing is a set of keys in a store, one of which seals. It follows the
// changes in its store, and makes new keys before they are needed.
//
// A KeyRing is safe for concurrent use. Requests read an immutable snapshot and
// never wait for the store, except once for a key that the ring has not seen. A
// zero KeyRing returns errors.
type KeyRing struct {
	cfg       Config
	current   atomic.Pointer[snapshot]
	refresher *refresher // nil for an ephemeral ring
	misfits   misfits
}

// A snapshot is what requests work on. It is immutable.
type snapshot struct {
	entries    map[KeyID]entry
	likely     entry    // that of sealing, which most payloads were made with; may be zero
	sealing    *ringKey // nil if nothing can be sealed
	sealingErr error    // why, if sealing is nil
}

type entry struct {
	key     *ringKey
	revoked bool
}

// Open opens the ring in cfg.Store, and makes the first key if the store is empty.
// The ring then follows the store in the background until Close.
//
// The error is a *ConfigError for a mistake in cfg or in the policy of the machine
// (Config.OwnPolicy). Otherwise it Is
// ErrUnavailable: the store cannot be read, an element in it may be a revocation
// but cannot be read, the newest key cannot be opened, or a key is needed but
// cannot be made. Open makes no new key because of any such fault. Ctx bounds
// the opening only.
func Open(ctx context.Context, cfg Config) (*KeyRing, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := cfg.checkSealer(ctx); err != nil {
		return nil, err
	}
	ring := &KeyRing{cfg: cfg}
	ring.refresher = newRefresher(ring)
	if err := ring.refresher.first(ctx); err != nil {
		return nil, err
	}
	ring.refresher.start()
	return ring, nil
}

// Ephemeral returns a ring in memory with a single key that never expires: what
// it protects is lost with the process. It is for tests and for data that may be
// lost. Application is as in Config, and may be empty.
func Ephemeral(application string) *KeyRing {
	master := make([]byte, masterKeySize)
	rand.Read(master)
	key, err := authenc.NewKey(authenc.Suite{Mode: authenc.CBC, Cipher: authenc.AES, KeyBits: 256, Hash: authenc.SHA256}, master)
	if err != nil {
		panic("dataprotection: internal error: " + err.Error())
	}
	ring := &KeyRing{cfg: Config{Application: application, Store: noStore{}, Now: time.Now}}
	k := &ringKey{key: key, info: KeyInfo{Expires: NoExpiry(), Algorithm: AES256CBC.String()}}
	ring.current.Store(&snapshot{entries: map[KeyID]entry{{}: {key: k}}, likely: entry{key: k}, sealing: k})
	return ring
}

// Protector returns a protector for the application of the ring and these
// purposes. At least one purpose should be given, as unique as a type name:
// payloads of one purpose are not to be mistaken for those of another.
func (r *KeyRing) Protector(purposes ...string) *Protector {
	if r == nil {
		return &Protector{}
	}
	if r.cfg.Application != "" {
		purposes = append([]string{r.cfg.Application}, purposes...)
	}
	return newProtector(r, nil, purposes)
}

// Close ends the background work. It is idempotent and returns within a few
// seconds even if the store hangs. Protectors go on working with the keys that
// were known last; payloads of others are ErrUnavailable then.
func (r *KeyRing) Close() error {
	if r != nil && r.refresher != nil {
		r.refresher.close()
	}
	return nil
}

// find returns the key with the given id, asking the store once for one that is
// not known.
func (r *KeyRing) find(ctx context.Context, id KeyID) (*snapshot, entry, error) {
	snap := r.current.Load()
	if snap == nil {
		return nil, entry{}, errZeroRing
	}
	if e := snap.likely; e.key != nil && e.key.info.ID == id {
		return snap, e, nil
	}
	if e, ok := snap.entries[id]; ok {
		return snap, e, nil
	}
	var err error
	if r.refresher != nil {
		err = r.refresher.reload(ctx)
	}
	snap = r.current.Load()
	if e, ok := snap.entries[id]; ok {
		return snap, e, nil
	}
	if err != nil {
		return nil, entry{}, err
	}
	return nil, entry{}, &KeyNotFoundError{KeyID: id, RingKeys: len(snap.entries)}
}

// noStore is the store of an ephemeral ring. It is never asked.
type noStore struct{}

var errNoStore = errors.New("dataprotection: an ephemeral key ring has no store")

func (noStore) Load(context.Context, Version) (Snapshot, error) { return Snapshot{}, errNoStore }
func (noStore) Add(context.Context, Element, Version) error     { return errNoStore }
