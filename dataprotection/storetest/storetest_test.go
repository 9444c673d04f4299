package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

// A sound store is what all broken ones are made from: each embeds it and does
// one thing wrong.
type sound = *memstore.Store

// losing reports every third Add as done without doing it.
type losing struct {
	sound
	adds *int
	mu   *sync.Mutex
}

func (s losing) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	s.mu.Lock()
	*s.adds++
	lose := *s.adds%3 == 0
	s.mu.Unlock()
	if lose {
		return nil
	}
	return s.sound.Add(ctx, e, v)
}

// stale gives out the first list that it has seen for ever.
type stale struct {
	sound
	first *dataprotection.Snapshot
}

func (s *stale) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if s.first == nil {
		snap, err := s.sound.Load(ctx, "")
		s.first = &snap
		return snap, err
	}
	return *s.first, ctx.Err()
}

// tearing shows each new element half written the first time.
type tearing struct {
	sound
	mu   sync.Mutex
	seen map[string]bool
}

func (s *tearing) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	snap, err := s.sound.Load(ctx, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range snap.Elements {
		if !s.seen[e.Ref] {
			s.seen[e.Ref] = true
			snap.Elements[i].XML = e.XML[:len(e.XML)/2]
		}
	}
	return snap, err
}

// blind adds whatever the version.
type blind struct{ sound }

func (s blind) Add(ctx context.Context, e dataprotection.Element, _ dataprotection.Version) error {
	return s.sound.Add(ctx, e, "")
}

// hasty compares first and adds later.
type hasty struct{ sound }

func (s hasty) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	if v != "" {
		if _, err := s.sound.Load(ctx, v); !errors.Is(err, dataprotection.ErrNotModified) {
			return dataprotection.ErrConflict
		}
		time.Sleep(time.Millisecond)
	}
	return s.sound.Add(ctx, e, "")
}

// adding reports a conflict after having added.
type adding struct{ sound }

func (s adding) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	err := s.sound.Add(ctx, e, v)
	if errors.Is(err, dataprotection.ErrConflict) {
		s.sound.Add(ctx, e, "")
	}
	return err
}

// sharing keeps and gives out the bytes themselves.
type sharing struct {
	dataprotection.Store
	mu       *sync.Mutex
	elements *[]dataprotection.Element
}

func (s sharing) Add(_ context.Context, e dataprotection.Element, _ dataprotection.Version) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.elements = append(*s.elements, e)
	return nil
}

func (s sharing) Load(context.Context, dataprotection.Version) (dataprotection.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return dataprotection.Snapshot{Version: "1", Elements: append([]dataprotection.Element(nil), *s.elements...)}, nil
}

// sleepy says that nothing has changed whatever the version.
type sleepy struct{ sound }

func (s sleepy) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if since != "" {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	return s.sound.Load(ctx, since)
}

// restless has a new version at every look.
type restless struct{ sound }

func (s restless) Load(ctx context.Context, _ dataprotection.Version) (dataprotection.Snapshot, error) {
	snap, err := s.sound.Load(ctx, "")
	snap.Version = dataprotection.Version(time.Now().Format(time.RFC3339Nano)) + snap.Version
	return snap, err
}

// versionless has none.
type versionless struct{ sound }

func (s versionless) Load(ctx context.Context, _ dataprotection.Version) (dataprotection.Snapshot, error) {
	snap, err := s.sound.Load(ctx, "")
	snap.Version = ""
	return snap, err
}

// trimming takes blanks away.
type trimming struct{ sound }

func (s trimming) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	e.XML = bytes.TrimSpace(e.XML)
	return s.sound.Add(ctx, e, v)
}

// narrow keeps 32 KiB.
type narrow struct{ sound }

func (s narrow) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	e.XML = e.XML[:min(len(e.XML), 32<<10)]
	return s.sound.Add(ctx, e, v)
}

// ascii keeps seven bits.
type ascii struct{ sound }

func (s ascii) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	e.XML = []byte(strings.ToValidUTF8(string(bytes.Map(func(r rune) rune {
		if r > 127 {
			return '?'
		}
		return r
	}, e.XML)), "?"))
	return s.sound.Add(ctx, e, v)
}

// nameless loses names.
type nameless struct{ sound }

func (s nameless) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	e.Name = ""
	return s.sound.Add(ctx, e, v)
}

// refless loses its own handles.
type refless struct{ sound }

func (s refless) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	snap, err := s.sound.Load(ctx, since)
	for i := range snap.Elements {
		snap.Elements[i].Ref = ""
	}
	return snap, err
}

// picky refuses names.
type picky struct{ sound }

func (s picky) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	if strings.ContainsAny(e.Name, `/\.`) {
		return errors.New("no such name here")
	}
	return s.sound.Add(ctx, e, v)
}

// deaf does not look at its context.
type deaf struct{ sound }

func (s deaf) Load(_ context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	return s.sound.Load(context.Background(), since)
}

func (s deaf) Add(_ context.Context, e dataprotection.Element, v dataprotection.Version) error {
	return s.sound.Add(context.Background(), e, v)
}

// strict does not remove what is gone.
type strict struct{ sound }

func (s strict) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	snap, err := s.sound.Load(ctx, "")
	if err != nil {
		return err
	}
	present := make(map[string]bool)
	for _, e := range snap.Elements {
		present[e.Ref] = true
	}
	for _, e := range elements {
		if !present[e.Ref] {
			return errors.New("no such element")
		}
	}
	return s.sound.Remove(ctx, elements...)
}

// keeping does not remove.
type keeping struct{ sound }

func (s keeping) Remove(ctx context.Context, _ ...dataprotection.Element) error { return ctx.Err() }

// forcing replaces what has changed.
type forcing struct{ sound }

func (s forcing) Replace(ctx context.Context, old, new dataprotection.Element) error {
	snap, err := s.sound.Load(ctx, "")
	for _, e := range snap.Elements {
		if e.Ref == old.Ref {
			old = e
		}
	}
	return errors.Join(err, s.sound.Replace(ctx, old, new))
}

// doubling adds the new element and keeps the old one.
type doubling struct{ sound }

func (s doubling) Replace(ctx context.Context, old, new dataprotection.Element) error {
	return s.sound.Add(ctx, new, "")
}

// once tells of one change.
type once struct{ sound }

func (s once) Notify(ctx context.Context, changed func()) error {
	var only sync.Once
	return s.sound.Notify(ctx, func() { only.Do(changed) })
}

// quitting ends Notify without an error.
type quitting struct{ sound }

func (s quitting) Notify(ctx context.Context, changed func()) error {
	s.sound.Notify(ctx, changed)
	return nil
}

// mute has no news, and says so.
type mute struct{ sound }

func (s mute) Notify(context.Context, func()) error { return errors.ErrUnsupported }

// unmoved takes a replacement by the same for a conflict.
type unmoved struct{ sound }

func (s unmoved) Replace(ctx context.Context, old, new dataprotection.Element) error {
	if bytes.Equal(old.XML, new.XML) {
		return dataprotection.ErrConflict
	}
	return s.sound.Replace(ctx, old, new)
}

// collating takes texts for equal that differ in case only.
type collating struct{ sound }

func (s collating) Replace(ctx context.Context, old, new dataprotection.Element) error {
	snap, err := s.sound.Load(ctx, "")
	for _, e := range snap.Elements {
		if e.Ref == old.Ref && bytes.EqualFold(e.XML, old.XML) {
			old = e
		}
	}
	return errors.Join(err, s.sound.Replace(ctx, old, new))
}

// hoarding keeps its lock when its caller stops waiting.
type hoarding struct {
	sound
	lock chan struct{}
}

func (s hoarding) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	select {
	case s.lock <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	time.Sleep(time.Millisecond)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	<-s.lock
	return s.sound.Add(ctx, e, v)
}

// unixLines is a form that a store may have.
func unixLines(xml []byte) ([]byte, error) {
	return bytes.ReplaceAll(xml, []byte("\r\n"), []byte("\n")), nil
}

// forming keeps that form.
type forming struct{ sound }

func (s forming) Add(ctx context.Context, e dataprotection.Element, v dataprotection.Version) error {
	e.XML, _ = unixLines(e.XML)
	return s.sound.Add(ctx, e, v)
}

func TestBrokenStoresFail(t *testing.T) {
	all := storetest.Options{RepeatedNames: true}
	for _, row := range []struct {
		name    string
		options storetest.Options
		store   func(sound) func() dataprotection.Store
		check   string // one that has to fail
	}{
		{"loses writes", all, func(s sound) func() dataprotection.Store {
			broken := losing{s, new(int), new(sync.Mutex)}
			return func() dataprotection.Store { return broken }
		}, "all of many adds"},
		{"returns old lists", all, func(s sound) func() dataprotection.Store {
			return func() dataprotection.Store { return &stale{sound: s} }
		}, "another handle sees what was added"},
		{"tears elements", all, func(s sound) func() dataprotection.Store {
			broken := &tearing{sound: s, seen: make(map[string]bool)}
			return func() dataprotection.Store { return broken }
		}, "reading while writing"},
		{"ignores versions", all, single(func(s sound) dataprotection.Store { return blind{s} }), "compare and append"},
		{"ignores versions, one of many", all, single(func(s sound) dataprotection.Store { return blind{s} }), "one of many conditional adds"},
		{"compares, then adds", all, single(func(s sound) dataprotection.Store { return hasty{s} }), "one of many conditional adds"},
		{"adds despite a conflict", all, single(func(s sound) dataprotection.Store { return adding{s} }), "compare and append"},
		{"aliases memory", all, func(s sound) func() dataprotection.Store {
			broken := sharing{s, new(sync.Mutex), new([]dataprotection.Element)}
			return func() dataprotection.Store { return broken }
		}, "no aliasing"},
		{"one version for everything", all, func(s sound) func() dataprotection.Store {
			broken := sharing{s, new(sync.Mutex), new([]dataprotection.Element)}
			return func() dataprotection.Store { return broken }
		}, "versions"},
		{"says not modified", all, single(func(s sound) dataprotection.Store { return sleepy{s} }), "versions"},
		{"says not modified, other handle", all, single(func(s sound) dataprotection.Store { return sleepy{s} }), "versions of another handle"},
		{"always a new version", all, single(func(s sound) dataprotection.Store { return restless{s} }), "versions"},
		{"no version", all, single(func(s sound) dataprotection.Store { return versionless{s} }), "an empty store"},
		{"trims", all, single(func(s sound) dataprotection.Store { return trimming{s} }), "bytes come back"},
		{"cuts", all, single(func(s sound) dataprotection.Store { return narrow{s} }), "bytes come back"},
		{"ASCII only", storetest.Options{RepeatedNames: true, TextOnly: true}, single(func(s sound) dataprotection.Store { return ascii{s} }), "bytes come back"},
		{"loses names", all, single(func(s sound) dataprotection.Store { return nameless{s} }), "names and handles"},
		{"loses handles", all, single(func(s sound) dataprotection.Store { return refless{s} }), "names and handles"},
		{"refuses names", all, single(func(s sound) dataprotection.Store { return picky{s} }), "unusual names"},
		{"names repeated", storetest.Options{}, single(func(s sound) dataprotection.Store { return s }), "a name that is taken"},
		{"ignores the context", all, single(func(s sound) dataprotection.Store { return deaf{s} }), "an ended context"},
		{"does not remove", all, single(func(s sound) dataprotection.Store { return keeping{s} }), "removing"},
		{"fails for what is gone", all, single(func(s sound) dataprotection.Store { return strict{s} }), "removing what is gone"},
		{"replaces by force", all, single(func(s sound) dataprotection.Store { return forcing{s} }), "replacing what has changed"},
		{"keeps what was replaced", all, single(func(s sound) dataprotection.Store { return doubling{s} }), "replacing"},
		{"a replacement by the same", all, single(func(s sound) dataprotection.Store { return unmoved{s} }), "replacing by the same"},
		{"compares without case", all, single(func(s sound) dataprotection.Store { return collating{s} }), "texts that are nearly equal"},
		{"keeps a lock", all, func(s sound) func() dataprotection.Store {
			broken := hoarding{s, make(chan struct{}, 1)}
			return func() dataprotection.Store { return broken }
		}, "abandoned calls"},
		{"drops more than its form", storetest.Options{RepeatedNames: true, Form: unixLines}, single(func(s sound) dataprotection.Store { return ascii{s} }), "bytes come back"},
		{"tells of one change", all, single(func(s sound) dataprotection.Store { return once{s} }), "notifying"},
		{"Notify returns nothing", all, single(func(s sound) dataprotection.Store { return quitting{s} }), "notifying"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			failures := storetest.Failures(t.Context(), row.check, func() func() dataprotection.Store { return row.store(memstore.New()) }, row.options)
			if failures[row.check] == "" {
				t.Errorf("the check %q passed", row.check)
			}
			t.Log(failures[row.check])
		})
	}
}

// single makes a storage whose handles are one and the same.
func single(broken func(sound) dataprotection.Store) func(sound) func() dataprotection.Store {
	return func(s sound) func() dataprotection.Store {
		store := broken(s)
		return func() dataprotection.Store { return store }
	}
}

// What a store says that it cannot do must not be held against it.
func TestOptions(t *testing.T) {
	for _, row := range []struct {
		name    string
		options storetest.Options
		store   func(sound) dataprotection.Store
	}{
		{"sound", storetest.Options{RepeatedNames: true}, func(s sound) dataprotection.Store { return s }},
		{"no names", storetest.Options{NoNames: true}, func(s sound) dataprotection.Store { return nameless{s} }},
		{"text only", storetest.Options{RepeatedNames: true, TextOnly: true}, func(s sound) dataprotection.Store { return trimming{s} }},
		{"a form of its own", storetest.Options{RepeatedNames: true, Form: unixLines}, func(s sound) dataprotection.Store { return forming{s} }},
		{"no news", storetest.Options{RepeatedNames: true}, func(s sound) dataprotection.Store { return mute{s} }},
		{"no atomic compare", storetest.Options{RepeatedNames: true, NoAtomicCompare: true}, func(s sound) dataprotection.Store { return hasty{s} }},
		{"neither Replacer nor Remover nor Notifier", storetest.Options{RepeatedNames: true}, func(s sound) dataprotection.Store {
			return struct{ dataprotection.Store }{s}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			failures := storetest.Failures(t.Context(), "", func() func() dataprotection.Store { return single(row.store)(memstore.New()) }, row.options)
			for check, message := range failures {
				t.Errorf("%s: %s", check, message)
			}
		})
	}
}
