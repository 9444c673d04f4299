package sessiontest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
)

type (
	cutoff  = cookieauth.Cutoff
	version = dataprotection.Version
)

// dropping loses every third cut-off.
type dropping struct {
	sound
	mu   *sync.Mutex
	adds *int
}

func (s dropping) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cutoffs {
		if *s.adds++; *s.adds%3 != 0 {
			if err := s.sound.AddCutoffs(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// shortening gives out part of the list.
type shortening struct{ sound }

func (s shortening) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	list, v, err := s.sound.LoadCutoffs(ctx, since)
	return list[:min(len(list), 1000)], v, err
}

// rewriting keeps one list, which each add reads and writes whole.
type rewriting struct {
	sound
	mu   *sync.Mutex
	list *[]cutoff
	seen *int
}

func (s rewriting) read() []cutoff {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.list
}

func (s rewriting) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	list := append(append([]cutoff(nil), s.read()...), cutoffs...)
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.list = list
	return ctx.Err()
}

func (s rewriting) LoadCutoffs(ctx context.Context, _ version) ([]cutoff, version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.seen++
	return *s.list, version(strings.Repeat("v", *s.seen)), ctx.Err()
}

// sleepy says that nothing has changed whatever the version.
type sleepy struct{ sound }

func (s sleepy) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	if since != "" {
		return nil, "", dataprotection.ErrNotModified
	}
	return s.sound.LoadCutoffs(ctx, since)
}

// selfish knows only of its own handle's changes.
type selfish struct {
	sound
	mu   sync.Mutex
	adds int
}

func (s *selfish) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adds += len(cutoffs)
	return s.sound.AddCutoffs(ctx, cutoffs...)
}

func (s *selfish) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := version(strings.Repeat("v", s.adds+1))
	if since == now {
		return nil, "", dataprotection.ErrNotModified
	}
	list, _, err := s.sound.LoadCutoffs(ctx, "")
	return list, now, err
}

// hurrying reads the list and then its version.
type hurrying struct{ sound }

func (s hurrying) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	list, v, err := s.sound.LoadCutoffs(ctx, since)
	if err != nil {
		return nil, "", err
	}
	time.Sleep(time.Millisecond)
	if _, newer, err := s.sound.LoadCutoffs(ctx, ""); err == nil {
		v = newer
	}
	return list, v, nil
}

// versioned replaces the version of a list.
type versioned struct {
	sound
	as func(list []cutoff, v version) version
}

func (s versioned) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	list, v, err := s.sound.LoadCutoffs(ctx, "")
	if err != nil {
		return nil, "", err
	}
	if v = s.as(list, v); v == since && v != "" {
		return nil, "", dataprotection.ErrNotModified
	}
	return list, v, nil
}

func noVersion([]cutoff, version) version { return "" }
func newVersion(_ []cutoff, v version) version {
	return v + version(time.Now().Format(time.RFC3339Nano))
}

// ofIdentity changes with the sessions and users only.
func ofIdentity(list []cutoff, _ version) version {
	v := version("v")
	for _, c := range list {
		v += version(c.Session + c.User)
	}
	return v
}

// listing changes what comes out.
type listing struct {
	sound
	change func(list []cutoff) []cutoff
}

func (s listing) LoadCutoffs(ctx context.Context, since version) ([]cutoff, version, error) {
	list, v, err := s.sound.LoadCutoffs(ctx, since)
	return s.change(list), v, err
}

// adding changes what goes in.
type adding struct {
	sound
	change func(c cutoff) cutoff
}

func (s adding) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	changed := make([]cutoff, len(cutoffs))
	for i, c := range cutoffs {
		changed[i] = s.change(c)
	}
	return s.sound.AddCutoffs(ctx, changed...)
}

func punctual(list []cutoff) (alive []cutoff) {
	for _, c := range list {
		if c.Until.After(time.Now()) {
			alive = append(alive, c)
		}
	}
	return alive
}

func foldedUser(c cutoff) cutoff       { c.User = strings.ToLower(c.User); return c }
func withoutExcept(c cutoff) cutoff    { c.Except = ""; return c }
func inMilliseconds(c cutoff) cutoff   { c.Before = c.Before.Truncate(time.Millisecond); return c }
func from1970(c cutoff) cutoff         { c.Before = c.Before.AddDate(1969, 0, 0); return c }
func sessionsOfUsers(c cutoff) cutoff  { c.User += c.Session; c.Session = ""; return c }
func untilInSeconds(c cutoff) cutoff   { c.Until = c.Until.Truncate(time.Second); return c }
func localUntil(c cutoff) cutoff       { c.Until = c.Until.In(time.FixedZone("", 0)); return c }
func trimmedSessions(c cutoff) cutoff  { c.Session = strings.TrimSpace(c.Session); return c }
func shortenedUsers(c cutoff) cutoff   { c.User = cut(c.User); return c }
func firstOfUsers(c cutoff) cutoff     { c.Before = time.Time{}; return c }
func everybodyForever(c cutoff) cutoff { c.Until = c.Until.AddDate(1, 0, 0); return c }

// lastUntil lets the latest word count.
type lastUntil struct {
	sound
	mu    *sync.Mutex
	until map[cutoff]time.Time
}

func (s lastUntil) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cutoffs {
		until := c.Until
		c.Until = time.Time{}
		s.until[c] = until
	}
	return s.sound.AddCutoffs(ctx, cutoffs...)
}

func (s lastUntil) LoadCutoffs(ctx context.Context, _ version) ([]cutoff, version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, v, err := s.sound.LoadCutoffs(ctx, "")
	for i, c := range list {
		c.Until = time.Time{}
		list[i].Until = s.until[c]
	}
	return list, v, err
}

// pedantic refuses what is there.
type pedantic struct{ sound }

func (s pedantic) AddCutoffs(ctx context.Context, cutoffs ...cutoff) error {
	list, _, err := s.sound.LoadCutoffs(ctx, "")
	for _, c := range cutoffs {
		for _, old := range list {
			if old == c {
				return errors.New("duplicate key")
			}
		}
	}
	return errors.Join(err, s.sound.AddCutoffs(ctx, cutoffs...))
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
