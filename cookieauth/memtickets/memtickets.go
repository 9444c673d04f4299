package memtickets

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bell"
)

// Config configures a Store. The zero Config is right.
type Config struct {
	_ struct{}

	// Now is the time by which sessions and cut-offs expire. If it is nil, it is
	// time.Now. It should be that of the Authenticator.
	Now func() time.Time
}

// A Store keeps sessions and cut-offs in memory. It implements
// cookieauth.TicketStore, cookieauth.CutoffStore and dataprotection.Notifier, and
// is safe for concurrent use. Several Authenticators may use one Store, as several
// programs would use one database. Make one with New.
type Store struct {
	id      string // tells the versions of one store from those of another
	now     func() time.Time
	changed bell.Bell

	mu       sync.RWMutex
	sessions map[string]*item[*cookieauth.StoredSession]
	users    map[string]map[string]struct{} // user to the ids of sessions
	expiring queue[*cookieauth.StoredSession]

	cutoffs map[cookieauth.Cutoff]*item[cookieauth.Cutoff] // without Until
	ending  queue[cookieauth.Cutoff]
	changes int
}

// New returns an empty store.
func New(cfg Config) *Store {
	s := &Store{
		id:       rand.Text(),
		now:      cfg.Now,
		sessions: map[string]*item[*cookieauth.StoredSession]{},
		users:    map[string]map[string]struct{}{},
		cutoffs:  map[cookieauth.Cutoff]*item[cookieauth.Cutoff]{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// String says "memory", for logs.
func (s *Store) String() string { return "memory" }

// Create keeps a copy of a new session.
func (s *Store) Create(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.ID] != nil {
		return fmt.Errorf("memtickets: session %s: %w", session.ID, fs.ErrExist)
	}
	for _, old := range s.expiring.due(s.now()) {
		s.forget(old)
	}
	s.sessions[session.ID] = s.expiring.add(clone(session), session.Expires)
	if s.users[session.User] == nil {
		s.users[session.User] = map[string]struct{}{}
	}
	s.users[session.User][session.ID] = struct{}{}
	return nil
}

// Load returns a copy of a session that has not expired.
func (s *Store) Load(ctx context.Context, id string) (*cookieauth.StoredSession, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	it := s.alive(id)
	if it == nil {
		return nil, cookieauth.ErrNoSession
	}
	return clone(it.value), nil
}

// Update keeps a copy of a session in place of an earlier one.
func (s *Store) Update(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	it := s.alive(session.ID)
	if it == nil {
		return cookieauth.ErrNoSession
	}
	updated := clone(session)
	updated.User, updated.Created = it.value.User, it.value.Created
	it.value = updated
	s.expiring.move(it, session.Expires)
	return nil
}

// End removes sessions.
func (s *Store) End(ctx context.Context, ids ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if it := s.sessions[id]; it != nil {
			s.expiring.remove(it)
			s.forget(it.value)
		}
	}
	return nil
}

// ByUser returns copies of the sessions of a user that have not expired.
func (s *Store) ByUser(ctx context.Context, user string) ([]*cookieauth.StoredSession, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var sessions []*cookieauth.StoredSession
	for id := range s.users[user] {
		if it := s.alive(id); it != nil {
			sessions = append(sessions, clone(it.value))
		}
	}
	return sessions, nil
}

// alive returns a session, or nil. It is there until its very end, as for the
// Authenticator. The caller holds mu.
func (s *Store) alive(id string) *item[*cookieauth.StoredSession] {
	it := s.sessions[id]
	if it == nil || it.until.Before(s.now()) {
		return nil
	}
	return it
}

// forget removes what is no longer in the queue. The caller holds mu.
func (s *Store) forget(session *cookieauth.StoredSession) {
	delete(s.sessions, session.ID)
	ids := s.users[session.User]
	delete(ids, session.ID)
	if len(ids) == 0 {
		delete(s.users, session.User)
	}
}

func clone(session *cookieauth.StoredSession) *cookieauth.StoredSession {
	c := *session
	c.Ticket = bytes.Clone(session.Ticket)
	return &c
}

// clockSkew is how long cut-offs are kept beyond their Until.
const clockSkew = time.Hour

// LoadCutoffs returns all cut-offs.
func (s *Store) LoadCutoffs(ctx context.Context, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	version := dataprotection.Version(s.id + "-" + strconv.Itoa(s.changes))
	if version == since {
		return nil, "", dataprotection.ErrNotModified
	}
	cutoffs := make([]cookieauth.Cutoff, 0, len(s.cutoffs))
	for c, it := range s.cutoffs {
		c.Until = it.until
		cutoffs = append(cutoffs, c)
	}
	return cutoffs, version, nil
}

// AddCutoffs keeps cut-offs.
func (s *Store) AddCutoffs(ctx context.Context, cutoffs ...cookieauth.Cutoff) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range cutoffs {
		for _, old := range s.ending.due(s.now().Add(-clockSkew)) {
			delete(s.cutoffs, old)
		}
		s.add(c)
	}
	return nil
}

// add keeps one cut-off. The caller holds mu.
func (s *Store) add(c cookieauth.Cutoff) {
	until := c.Until
	c.Until = time.Time{}
	it := s.cutoffs[c]
	switch {
	case it == nil:
		s.cutoffs[c] = s.ending.add(c, until)
	case until.After(it.until):
		s.ending.move(it, until)
	default:
		return
	}
	s.changes++
	s.changed.Ring()
}

// Notify calls changed at once, and then after each change of the cut-offs, or
// once after several in quick succession, until ctx ends.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	return s.changed.Listen(ctx, changed)
}
