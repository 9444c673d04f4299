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
	defer m.mu.Unlock()
	if err := m.enter("LoadCutoffs"); err != nil {
		return nil, "", err
	}
	version := dataprotection.Version(strconv.Itoa(len(m.cutoffs)))
	if since == version {
		return nil, "", dataprotection.ErrNotModified
	}
	return slices.Clone(m.cutoffs), version, nil
}

func (m *memory) AddCutoffs(_ context.Context, cutoffs ...cookieauth.Cutoff) error {
	defer m.mu.Unlock()
	if err := m.enter("AddCutoffs"); err != nil {
		return err
	}
	m.cutoffs = append(m.cutoffs, cutoffs...)
	return nil
}
