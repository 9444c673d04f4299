package cookieauth_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
)

type ctx = context.Context

var errDown = errors.New("connection refused")

// memory is what several instances share: a TicketStore and a CutoffStore that can
// be cut off, and that count how often they are asked.
type memory struct {
	down atomic.Bool

	mu       sync.Mutex
	sessions map[string]cookieauth.StoredSession
	cutoffs  []cookieauth.Cutoff
	calls    map[string]int

	hook     func(call string) // called once, after the next Load or LoadCutoffs, before the next Update
	forgets  bool              // what cut-offs allow to be forgotten
	readOnly atomic.Bool
}

// meanwhile does something else at the next call of one kind, in its middle.
func (m *memory) meanwhile(call string, do func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hook = func(now string) {
		if now == call {
			m.mu.Lock()
			m.hook = nil
			m.mu.Unlock()
			do()
		}
	}
}

func (m *memory) runHook(call string) {
	m.mu.Lock()
	hook := m.hook
	m.mu.Unlock()
	if hook != nil {
		hook(call)
	}
}

func newMemory() *memory {
	return &memory{sessions: map[string]cookieauth.StoredSession{}, calls: map[string]int{}}
}

// enter counts a call, and fails if the store is cut off. The caller unlocks.
func (m *memory) enter(call string) error {
	m.mu.Lock()
	m.calls[call]++
	if m.down.Load() {
		return errDown
	}
	return nil
}

// called returns the calls since the last time, as "Load Load Update".
func (m *memory) called() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, call := range slices.Sorted(maps.Keys(m.calls)) {
		for range m.calls[call] {
			all = append(all, call)
		}
	}
	m.calls = map[string]int{}
	return all
}

func (m *memory) Create(_ context.Context, s *cookieauth.StoredSession) error {
	defer m.mu.Unlock()
	if err := m.enter("Create"); err != nil {
		return err
	}
	if _, ok := m.sessions[s.ID]; ok {
		return fs.ErrExist
	}
	m.sessions[s.ID] = *s
	return nil
}

func (m *memory) Load(_ context.Context, id string) (*cookieauth.StoredSession, error) {
	defer m.runHook("Load")
	defer m.mu.Unlock()
	if err := m.enter("Load"); err != nil {
		return nil, err
	}
	s, ok := m.sessions[id]
	if !ok {
		return nil, cookieauth.ErrNoSession
	}
	return &s, nil
}

func (m *memory) Update(_ context.Context, s *cookieauth.StoredSession) error {
	m.runHook("Update")
	defer m.mu.Unlock()
	if err := m.enter("Update"); err != nil {
		return err
	}
	if _, ok := m.sessions[s.ID]; !ok {
		return cookieauth.ErrNoSession
	}
	m.sessions[s.ID] = *s
	return nil
}

func (m *memory) End(_ context.Context, ids ...string) error {
	defer m.mu.Unlock()
	if err := m.enter("End"); err != nil {
		return err
	}
	for _, id := range ids {
		delete(m.sessions, id)
	}
	return nil
}

func (m *memory) ByUser(_ context.Context, user string) (list []*cookieauth.StoredSession, err error) {
	defer m.mu.Unlock()
	if err := m.enter("ByUser"); err != nil {
		return nil, err
	}
	for _, s := range m.sessions {
		if s.User == user {
			list = append(list, &s)
		}
	}
	return list, nil
}

func (m *memory) LoadCutoffs(_ context.Context, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	defer m.runHook("LoadCutoffs")
	defer m.mu.Unlock()
	if err := m.enter("LoadCutoffs"); err != nil {
		return nil, "", err
	}
	list := slices.Clone(m.cutoffs)
	if m.forgets {
		list = slices.DeleteFunc(list, func(c cookieauth.Cutoff) bool { return c.Until.Before(time.Now()) })
	}
	version := dataprotection.Version(strconv.Itoa(len(m.cutoffs)) + "/" + strconv.Itoa(len(list)))
	if since == version {
		return nil, "", dataprotection.ErrNotModified
	}
	return list, version, nil
}

func (m *memory) AddCutoffs(_ context.Context, cutoffs ...cookieauth.Cutoff) error {
	defer m.mu.Unlock()
	if err := m.enter("AddCutoffs"); err != nil {
		return err
	}
	if m.readOnly.Load() {
		return errDown
	}
	m.cutoffs = append(m.cutoffs, cutoffs...)
	return nil
}
