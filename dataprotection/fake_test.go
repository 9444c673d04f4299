package dataprotection_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// A fakeStore is a store in memory whose faults the tests choose.
type fakeStore struct {
	mu         sync.Mutex
	elements   []dataprotection.Element
	version    int
	loads      int // that read contents
	polls      int // all
	adds       int
	loadErr    error
	addErr     error
	unreadable []*dataprotection.RingError
	hang       chan struct{}                  // if set, Load waits for it
	beforeAdd  func(e dataprotection.Element) // runs outside the lock
	onReplace  func(n int) error              // runs outside the lock, before replacement n
	replaces   int
	keepBack   func(e dataprotection.Element) bool // hides elements from Load
}

func (s *fakeStore) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	s.mu.Lock()
	hang := s.hang
	s.mu.Unlock()
	if hang != nil {
		<-hang
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls++
	if s.loadErr != nil {
		return dataprotection.Snapshot{}, s.loadErr
	}
	if since == s.v() {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	s.loads++
	snap := dataprotection.Snapshot{Version: s.v(), Unreadable: s.unreadable}
	for _, e := range s.elements {
		if s.keepBack == nil || !s.keepBack(e) {
			e.XML = bytes.Clone(e.XML)
			snap.Elements = append(snap.Elements, e)
		}
	}
	return snap, nil
}

func (s *fakeStore) v() dataprotection.Version {
	return dataprotection.Version(fmt.Sprintf("v%d", s.version))
}

func (s *fakeStore) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	if s.beforeAdd != nil {
		s.beforeAdd(e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adds++
	switch {
	case s.addErr != nil:
		return s.addErr
	case ifVersion != "" && ifVersion != s.v():
		return dataprotection.ErrConflict
	case e.Name != "" && slices.ContainsFunc(s.elements, func(o dataprotection.Element) bool { return o.Name == e.Name }):
		return fs.ErrExist
	}
	e.Ref = fmt.Sprintf("%s#%d", e.Name, s.version)
	s.elements = append(s.elements, e)
	s.version++
	return nil
}

func (s *fakeStore) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range elements {
		s.elements = slices.DeleteFunc(s.elements, func(o dataprotection.Element) bool { return o.Ref == e.Ref })
		s.version++
	}
	return nil
}

func (s *fakeStore) Replace(ctx context.Context, old, new dataprotection.Element) error {
	s.mu.Lock()
	n, hook := s.replaces, s.onReplace
	s.replaces++
	s.mu.Unlock()
	if hook != nil {
		if err := hook(n); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range s.elements {
		if e.Ref == old.Ref && bytes.Equal(e.XML, old.XML) {
			s.elements[i].XML = bytes.Clone(new.XML)
			s.version++
			return nil
		}
	}
	return dataprotection.ErrConflict
}

// set changes the store's faults or contents as one step.
func (s *fakeStore) set(change func(s *fakeStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
	s.version++
}

// put adds an element as if another process had done it.
func (s *fakeStore) put(name, xml string) {
	s.set(func(s *fakeStore) {
		s.elements = append(s.elements, dataprotection.Element{Name: name, Ref: name, XML: []byte(xml)})
	})
}

func (s *fakeStore) names(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, e := range s.elements {
		if strings.HasPrefix(e.Name, prefix) {
			names = append(names, e.Name)
		}
	}
	return names
}

// A logBook keeps what was logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) count(s string) int { return strings.Count(l.String(), s) }

func (l *logBook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

var quiet = slog.New(slog.DiscardHandler)

// config is a valid configuration of the application "test" on store.
func config(store dataprotection.Store) dataprotection.Config {
	return dataprotection.Config{Application: "test", Store: store, Logger: quiet}
}

func open(t testing.TB, cfg dataprotection.Config) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

func manage(t testing.TB, cfg dataprotection.Config) *dataprotection.Manager {
	t.Helper()
	m, err := dataprotection.NewManager(context.Background(), cfg)
	if err != nil {
		t.Fatalf("NewManager: %v", err)
	}
	return m
}

func protect(t testing.TB, ring *dataprotection.KeyRing, text string) string {
	t.Helper()
	sealed, err := ring.Protector("p").ProtectString(text)
	if err != nil {
		t.Fatalf("ProtectString(%q): %v", text, err)
	}
	return sealed
}

func unprotect(t testing.TB, ring *dataprotection.KeyRing, sealed, want string) {
	t.Helper()
	got, err := ring.Protector("p").UnprotectString(context.Background(), sealed)
	if err != nil || got != want {
		t.Fatalf("UnprotectString = %q, %v; want %q", got, err, want)
	}
}

// at is a moment that the tests' dates are relative to.
var at = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// A patientStore hangs as a mount does, until its caller has had enough.
type patientStore struct {
	fakeStore
	reads bool
}

func (s *patientStore) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if s.reads {
		return s.fakeStore.Load(ctx, since)
	}
	<-ctx.Done()
	return dataprotection.Snapshot{}, ctx.Err()
}

func (s *patientStore) Add(ctx context.Context, _ dataprotection.Element, _ dataprotection.Version) error {
	<-ctx.Done()
	return ctx.Err()
}
