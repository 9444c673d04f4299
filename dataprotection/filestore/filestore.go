package filestore

import (
	"context"
	"path/filepath"

	"github.com/sealring/sealring/dataprotection"
)

// A Store keeps a key ring in a directory. It implements dataprotection.Store,
// Replacer and Remover, and is safe for concurrent use. Make one with New or Shared.
type Store struct {
	dir    string // absolute
	shared bool
	lane   lane

	// What tests replace.
	disk     disk
	fleeting func(dir string) bool
	step     func(name string) // told of each step of writing

	// cache holds what was last read. It belongs to the goroutine in the lane.
	cache map[string]file
}

// New returns a store in dir, a private directory on this machine. If it is
// missing, the store is empty, and the first Add creates it with mode 0700,
// parents included. For a directory on a mount use Shared: an unmounted share
// looks like an empty directory, and a new key would be made in it.
func New(dir string) *Store { return newStore(dir, false) }

// Shared returns a store in dir, a directory on a mount that several machines
// use. Provision must have prepared it: where the marker file is missing, every
// method fails, because then dir is most likely the bare mount point.
func Shared(dir string) *Store { return newStore(dir, true) }

func newStore(dir string, shared bool) *Store {
	if dir != "" {
		// Later changes of the working directory must not move the ring. If there
		// is no working directory, dir is left as it is and fails when used.
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
	}
	return &Store{dir: dir, shared: shared, lane: make(lane, 1), disk: realDisk(), fleeting: fleeting}
}

// String names the kind of store and its directory, for logs.
func (s *Store) String() string {
	switch {
	case s == nil:
		return "no directory"
	case s.shared:
		return "shared directory " + s.dir
	}
	return "directory " + s.dir
}

// Load returns every element of the directory. The version tells the names and
// the content of the elements and who may read them, and is the same for every
// store that sees the same.
func (s *Store) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	return run(ctx, s, func() (dataprotection.Snapshot, error) { return s.load(ctx, since) })
}

// Add writes e to a new file. An element that is empty or larger than 64 KiB is
// refused. The package comment tells what ifVersion is worth. If a file of that
// name exists, the error Is fs.ErrExist.
func (s *Store) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	e.XML = append([]byte(nil), e.XML...) // the work may outlive the call
	_, err := run(ctx, s, func() (struct{}, error) { return struct{}{}, s.add(ctx, e, ifVersion) })
	return err
}

// Replace exchanges the content of the file old.Ref, if that still is old.XML, for
// new.XML; the file keeps its name. Two processes that replace the same element at
// the very same moment may both succeed; then the later one's content stays.
func (s *Store) Replace(ctx context.Context, old, new dataprotection.Element) error {
	old.XML = append([]byte(nil), old.XML...)
	new.XML = append([]byte(nil), new.XML...)
	_, err := run(ctx, s, func() (struct{}, error) { return struct{}{}, s.replace(ctx, old, new) })
	return err
}

// Remove deletes the files that the elements' Ref names, in the given order, and
// stops at the first failure. What is about to be published under one of these
// names is deleted with it.
func (s *Store) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	refs := make([]string, len(elements))
	for i, e := range elements {
		refs[i] = e.Ref
	}
	_, err := run(ctx, s, func() (struct{}, error) { return struct{}{}, s.remove(ctx, refs) })
	return err
}

// at tells a test that the named step of writing has been done.
func (s *Store) at(step string) {
	if s.step != nil {
		s.step(step)
	}
}
