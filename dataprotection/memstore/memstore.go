// Package memstore keeps a key ring in memory. It is for tests, and for programs
// that accept that whatever they protect cannot be opened after they end.
//
// A Store gives out elements in the order in which they were added. It looks
// neither at their names nor at their content: equal ones are all kept.
package memstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"sync"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bell"
)

// A Store keeps a key ring in memory. It implements dataprotection.Store,
// Replacer, Remover and Notifier, and is safe for concurrent use. Several rings
// may use one Store, as several programs would use one directory. Make one with
// New: the versions of a zero Store are not told from those of another one.
type Store struct {
	id      string // tells the versions of one store from those of another
	changed bell.Bell

	mu       sync.Mutex
	elements []dataprotection.Element
	changes  int // counts the changes
	refs     int // counts the elements that there ever were
}

// New returns an empty store.
func New() *Store {
	return &Store{id: rand.Text()}
}

// String says "memory", for logs.
func (s *Store) String() string { return "memory" }

// Load returns copies of all elements, in the order in which they were added.
func (s *Store) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return dataprotection.Snapshot{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := dataprotection.Snapshot{Version: s.version()}
	if snap.Version == since {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	for _, e := range s.elements {
		e.XML = bytes.Clone(e.XML)
		snap.Elements = append(snap.Elements, e)
	}
	return snap, nil
}

// Add keeps a copy of e. It never fails with fs.ErrExist.
func (s *Store) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ifVersion != "" && ifVersion != s.version() {
		return dataprotection.ErrConflict
	}
	s.refs++
	e.Ref = strconv.Itoa(s.refs)
	e.XML = bytes.Clone(e.XML)
	s.elements = append(s.elements, e)
	s.change()
	return nil
}

// Replace exchanges the content of the element old.Ref, if that still is old.XML.
// The element keeps its name and its place.
func (s *Store) Replace(ctx context.Context, old, new dataprotection.Element) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.index(old.Ref)
	if i < 0 || !bytes.Equal(s.elements[i].XML, old.XML) {
		return dataprotection.ErrConflict
	}
	s.elements[i].XML = bytes.Clone(new.XML)
	s.change()
	return nil
}

// Remove removes the elements that the Ref of each names.
func (s *Store) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range elements {
		if i := s.index(e.Ref); i >= 0 {
			s.elements = append(s.elements[:i:i], s.elements[i+1:]...)
			s.change()
		}
	}
	return nil
}

// Notify calls changed at once, and then after each change, or once after several
// in quick succession, until ctx ends.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	return s.changed.Listen(ctx, changed)
}

// version tells the present state. The caller holds mu.
func (s *Store) version() dataprotection.Version {
	return dataprotection.Version(s.id + "-" + strconv.Itoa(s.changes))
}

// change marks a new state. The caller holds mu.
func (s *Store) change() {
	s.changes++
	s.changed.Ring()
}

// index finds an element. The caller holds mu.
func (s *Store) index(ref string) int {
	for i, e := range s.elements {
		if e.Ref == ref {
			return i
		}
	}
	return -1
}
