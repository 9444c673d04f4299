package registrystore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/friendly"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// A Store keeps a key ring in a key of the registry. It implements
// dataprotection.Store, Replacer, Remover and Notifier, and is safe for concurrent
// use. Make one with New or AutoGenKeys.
type Store struct {
	path  string
	above bool // the key above must be there
	hive  hive
}

// New returns a store in a key such as HKCU\Software\Contoso\Keys. The error says
// what is wrong with the path, or that this is not Windows; whether the key is there
// or may be used, Load and Add find out.
func New(path string) (*Store, error) { return newStore(path, false) }

// AutoGenKeys returns a store in the key in which ASP.NET Core keeps the keys of an
// account that has no profile:
//
//	HKLM\SOFTWARE\Microsoft\ASP.NET\4.0.30319.0\AutoGenKeys\{SID of the account}\DataProtection
//
// The key of the account must have been provided (docs/windows.md); otherwise
// every method fails and says so.
func AutoGenKeys() (*Store, error) {
	sid, err := accountSID()
	if err != nil {
		return nil, fmt.Errorf("registrystore: the account's SID: %w", err)
	}
	return newStore(AutoGenKeysPath(sid)+`\DataProtection`, true)
}

// AutoGenKeysPath is the key that has to be provided for an account.
func AutoGenKeysPath(sid string) string {
	return `HKLM\SOFTWARE\Microsoft\ASP.NET\4.0.30319.0\AutoGenKeys\` + sid
}

func newStore(path string, above bool) (*Store, error) {
	h, err := openHive(path)
	if err != nil {
		return nil, fmt.Errorf("registrystore: %w", err)
	}
	return &Store{path: path, above: above, hive: h}, nil
}

// String names the key, for logs.
func (s *Store) String() string { return "registry key " + s.path }

// Available reports, as an error, what keeps the store from being used for reading:
// for AutoGenKeys that the account's key has not been provided.
func (s *Store) Available() error {
	if err := s.ready(); err != nil {
		return err
	}
	_, err := s.values()
	return err
}

// A hive is the part of the registry that a store is in.
type hive interface {
	// values returns the text values of the key. A key that is not there has none, if
	// the one above is there or need not be.
	values(above bool) ([]value, error)
	// change calls do in turn with other writers, with the key opened for writing,
	// created if need be.
	change(ctx context.Context, above bool, do func(writer) error) error
	// wait returns when a value has been set or removed after listening was called.
	watch(ctx context.Context, above bool, changed func()) error
	// readers names the accounts, other than our own and the administrators, that may
	// use the key.
	readers() ([]string, error)
}

// A writer changes values, durably.
type writer interface {
	set(name, text string) error
	remove(name string) error // what is gone is no error
}

// A value is a text value of a key.
type value struct{ name, text string }

// Load returns every element, in the order of the names.
func (s *Store) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if err := cmp.Or(ctx.Err(), s.ready()); err != nil {
		return dataprotection.Snapshot{}, err
	}
	values, err := s.values()
	if err != nil {
		return dataprotection.Snapshot{}, err
	}
	warnings := s.warnings()
	snap := dataprotection.Snapshot{Version: versionOf(values, warnings), Warnings: warnings}
	if snap.Version == since {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	for _, v := range values {
		snap.Elements = append(snap.Elements, dataprotection.Element{Name: v.name, Ref: v.name, XML: []byte(v.text)})
	}
	return snap, nil
}

// Add stores e in a value called like it, or, where such a name may not be, by a
// random GUID. If there is a value of that name, the error Is fs.ErrExist.
func (s *Store) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	text, err := s.text(ctx, e)
	if err != nil {
		return err
	}
	name := friendly.Name(e.Name)
	return s.change(ctx, "add", func(w writer, present []value) error {
		if ifVersion != "" && stateOf(ifVersion) != stateOf(versionOf(present, nil)) {
			return dataprotection.ErrConflict
		}
		if find(present, name) != nil {
			return &fs.PathError{Op: "add", Path: name, Err: fs.ErrExist}
		}
		return w.set(name, text)
	})
}

// Replace exchanges the content of the value that old.Ref names, if that still is
// old.XML.
func (s *Store) Replace(ctx context.Context, old, new dataprotection.Element) error {
	text, err := s.text(ctx, new)
	if err != nil {
		return err
	}
	return s.change(ctx, "replace", func(w writer, present []value) error {
		if v := find(present, old.Ref); v == nil || v.text != string(old.XML) {
			return dataprotection.ErrConflict
		}
		return w.set(old.Ref, text)
	})
}

// Remove removes the values that the elements' Ref names, in the given order, and
// stops at the first failure.
func (s *Store) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	if err := cmp.Or(ctx.Err(), s.ready()); err != nil {
		return err
	}
	return s.change(ctx, "remove", func(w writer, _ []value) error {
		for _, e := range elements {
			if err := w.remove(e.Ref); err != nil {
				return err
			}
		}
		return nil
	})
}

// Notify calls changed when it has begun to listen, and after each change, until
// ctx ends.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	if err := cmp.Or(ctx.Err(), s.ready()); err != nil {
		return err
	}
	err := s.hive.watch(ctx, s.above, changed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.failed("listen", err)
}

// text brings an element into the form in which .NET keeps it here.
func (s *Store) text(ctx context.Context, e dataprotection.Element) (string, error) {
	if err := cmp.Or(ctx.Err(), s.ready()); err != nil {
		return "", err
	}
	text, err := keyxml.Indented(e.XML)
	if err != nil {
		return "", fmt.Errorf("registrystore: not an element: %w", err)
	}
	return string(text), nil
}

func (s *Store) ready() error {
	if s == nil || s.hive == nil {
		return errors.New("registrystore: a Store is made with New or AutoGenKeys")
	}
	return nil
}

func (s *Store) values() ([]value, error) {
	values, err := s.hive.values(s.above)
	if err != nil {
		return nil, s.failed("list", err)
	}
	slices.SortFunc(values, func(a, b value) int { return cmp.Compare(a.name, b.name) })
	return values, nil
}

func (s *Store) change(ctx context.Context, op string, do func(w writer, present []value) error) error {
	err := s.hive.change(ctx, s.above, func(w writer) error {
		present, err := s.values()
		if err != nil {
			return err
		}
		return do(w, present)
	})
	if errors.Is(err, dataprotection.ErrConflict) || errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.failed(op, err)
}

// failed puts an error of the registry into the ring's words.
func (s *Store) failed(op string, err error) error {
	var re *dataprotection.RingError
	switch {
	case err == nil || errors.As(err, &re):
		return err
	case errors.Is(err, errNotProvided):
		err = fmt.Errorf("%s: %w; an administrator provides it with: sealring provision", s, err)
	default:
		err = fmt.Errorf("%s: %w", s, err)
	}
	return &dataprotection.RingError{Op: op, Err: err}
}

// errNotProvided says that the key above is missing.
var errNotProvided = errors.New("the account has no key under AutoGenKeys")

func find(values []value, name string) *value {
	for i := range values {
		if values[i].name == name {
			return &values[i]
		}
	}
	return nil
}

// versionOf tells the names and texts, and after a hyphen what an operator should know.
func versionOf(values []value, warnings []string) dataprotection.Version {
	elements, notes := sha256.New(), sha256.New()
	for _, v := range values {
		fmt.Fprintf(elements, "%d %s %d %s\n", len(v.name), v.name, len(v.text), v.text)
	}
	for _, w := range warnings {
		fmt.Fprintf(notes, "%s\n", w)
	}
	return dataprotection.Version(hex.EncodeToString(elements.Sum(nil)[:16]) + "-" + hex.EncodeToString(notes.Sum(nil)[:4]))
}

// stateOf is the part of a version that tells the elements.
func stateOf(v dataprotection.Version) dataprotection.Version { return v[:min(len(v), 32)] }

// warnings tells what an operator should mend.
func (s *Store) warnings() []string {
	accounts, err := s.hive.readers()
	if err != nil || len(accounts) == 0 {
		return nil
	}
	var found []string
	for _, account := range accounts {
		found = append(found, fmt.Sprintf("the %s is open to %s; give it to the account, SYSTEM and Administrators only (regedit, Permissions)", s, account))
	}
	return found
}
