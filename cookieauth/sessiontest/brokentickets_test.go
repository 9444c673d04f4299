package sessiontest_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/memtickets"
)

// A sound store is what all broken ones are made from: each embeds it and does
// one thing wrong.
type sound = *memtickets.Store

type session = cookieauth.StoredSession

// resurrecting inserts when there is nothing to update.
type resurrecting struct{ sound }

func (s resurrecting) Update(ctx context.Context, u *session) error {
	if err := s.sound.Update(ctx, u); errors.Is(err, cookieauth.ErrNoSession) {
		return s.sound.Create(ctx, u)
	} else if err != nil {
		return err
	}
	return nil
}

// hasty looks whether there is a session, and writes later.
type hasty struct{ sound }

func (s hasty) Update(ctx context.Context, u *session) error {
	if _, err := s.Load(ctx, u.ID); err != nil {
		return err
	}
	time.Sleep(time.Millisecond)
	return resurrecting(s).Update(ctx, u)
}

// believing takes an update of what is gone for done.
type believing struct{ sound }

func (s believing) Update(ctx context.Context, u *session) error {
	err := s.sound.Update(ctx, u)
	if errors.Is(err, cookieauth.ErrNoSession) {
		return nil
	}
	return err
}

// forgetting loses every third new session.
type forgetting struct {
	sound
	mu      *sync.Mutex
	creates *int
}

func (s forgetting) Create(ctx context.Context, n *session) error {
	s.mu.Lock()
	*s.creates++
	forget := *s.creates%3 == 0
	s.mu.Unlock()
	if forget {
		return nil
	}
	return s.sound.Create(ctx, n)
}

// overwriting creates what is there.
type overwriting struct{ sound }

func (s overwriting) Create(ctx context.Context, n *session) error {
	err := s.sound.Create(ctx, n)
	if errors.Is(err, fs.ErrExist) {
		s.sound.End(ctx, n.ID)
		return s.sound.Create(ctx, n)
	}
	return err
}

// peeking looks first whether there is such a session.
type peeking struct{ sound }

func (s peeking) Create(ctx context.Context, n *session) error {
	if _, err := s.Load(ctx, n.ID); !errors.Is(err, cookieauth.ErrNoSession) {
		return errors.Join(err, fs.ErrExist)
	}
	time.Sleep(time.Millisecond)
	return overwriting(s).Create(ctx, n)
}

// remembering keeps in each handle what it has loaded, or that there was nothing.
type remembering struct {
	sound
	misses bool
	mu     sync.Mutex
	loaded map[string]*session
}

func (s *remembering) Load(ctx context.Context, id string) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, ok := s.loaded[id]; ok && s.misses == (got == nil) {
		if got == nil {
			return nil, cookieauth.ErrNoSession
		}
		return got, nil
	}
	got, err := s.sound.Load(ctx, id)
	s.loaded[id] = got
	return got, err
}

// staleList keeps in each handle the lists that it has given out.
type staleList struct {
	sound
	mu    sync.Mutex
	lists map[string][]*session
}

func (s *staleList) ByUser(ctx context.Context, user string) ([]*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list, ok := s.lists[user]; ok {
		return list, ctx.Err()
	}
	list, err := s.sound.ByUser(ctx, user)
	s.lists[user] = list
	return list, err
}

// shortList lists one hundred.
type shortList struct{ sound }

func (s shortList) ByUser(ctx context.Context, user string) ([]*session, error) {
	list, err := s.sound.ByUser(ctx, user)
	return list[:min(len(list), 100)], err
}

// mistaking takes users for one another.
type mistaking struct {
	sound
	same func(user string) string
	mu   *sync.Mutex
	real map[string]string // id to user
	lies bool              // in its lists everybody has the name that was asked for
}

func (s mistaking) Create(ctx context.Context, n *session) error {
	s.mu.Lock()
	s.real[n.ID] = n.User
	s.mu.Unlock()
	c := *n
	c.User = s.same(n.User)
	return s.sound.Create(ctx, &c)
}

func (s mistaking) Load(ctx context.Context, id string) (*session, error) {
	got, err := s.sound.Load(ctx, id)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		got.User = s.real[id]
	}
	return got, err
}

func (s mistaking) ByUser(ctx context.Context, user string) ([]*session, error) {
	list, err := s.sound.ByUser(ctx, s.same(user))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, got := range list {
		if got.User = s.real[got.ID]; s.lies {
			got.User = user
		}
	}
	return list, err
}

// bending changes what comes out.
type bending struct {
	sound
	bend func(*session)
}

func (s bending) Load(ctx context.Context, id string) (*session, error) {
	got, err := s.sound.Load(ctx, id)
	if err == nil {
		s.bend(got)
	}
	return got, err
}

func (s bending) ByUser(ctx context.Context, user string) ([]*session, error) {
	list, err := s.sound.ByUser(ctx, user)
	for _, got := range list {
		s.bend(got)
	}
	return list, err
}

// endsOne ends the first of many.
type endsOne struct{ sound }

func (s endsOne) End(ctx context.Context, ids ...string) error {
	return s.sound.End(ctx, ids[:min(len(ids), 1)]...)
}

// endsKnown fails for what is not there.
type endsKnown struct{ sound }

func (s endsKnown) End(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if _, err := s.Load(ctx, id); err != nil {
			return err
		}
	}
	return s.sound.End(ctx, ids...)
}

// listsEnded lists what has been ended.
type listsEnded struct {
	sound
	mu    *sync.Mutex
	ended map[string]*session
}

func (s listsEnded) End(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if got, err := s.Load(ctx, id); err == nil {
			s.mu.Lock()
			s.ended[id] = got
			s.mu.Unlock()
		}
	}
	return s.sound.End(ctx, ids...)
}

func (s listsEnded) ByUser(ctx context.Context, user string) ([]*session, error) {
	list, err := s.sound.ByUser(ctx, user)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, got := range s.ended {
		if got.User == user {
			list = append(list, got)
		}
	}
	return list, err
}

// counting takes an update that changes nothing for one of nothing.
type counting struct{ sound }

func (s counting) Update(ctx context.Context, u *session) error {
	if old, err := s.Load(ctx, u.ID); err == nil && old.LastSeen.Equal(u.LastSeen) && bytes.Equal(old.Ticket, u.Ticket) {
		return cookieauth.ErrNoSession
	}
	return s.sound.Update(ctx, u)
}

// firstEnd goes by the end that a session had at first.
type firstEnd struct {
	sound
	mu    *sync.Mutex
	first map[string]time.Time
}

func (s firstEnd) Create(ctx context.Context, n *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first[n.ID] = n.Expires
	return s.sound.Create(ctx, n)
}

func (s firstEnd) ByUser(ctx context.Context, user string) ([]*session, error) {
	list, err := s.sound.ByUser(ctx, user)
	s.mu.Lock()
	defer s.mu.Unlock()
	var alive []*session
	for _, got := range list {
		if time.Now().Before(s.first[got.ID]) {
			alive = append(alive, got)
		}
	}
	return alive, err
}

// halfUpdating leaves a field as it was.
type halfUpdating struct{ sound }

func (s halfUpdating) Update(ctx context.Context, u *session) error {
	old, err := s.Load(ctx, u.ID)
	if err != nil {
		return err
	}
	c := *u
	c.Address = old.Address
	return s.sound.Update(ctx, &c)
}

// tearing updates one field after the other.
type tearing struct{ sound }

func (s tearing) Update(ctx context.Context, u *session) error {
	old, err := s.Load(ctx, u.ID)
	if err != nil {
		return err
	}
	old.UserAgent = u.UserAgent
	if err := s.sound.Update(ctx, old); err != nil {
		return err
	}
	time.Sleep(time.Millisecond)
	return s.sound.Update(ctx, u)
}

// blinking has no session for a moment while it is updated.
type blinking struct{ sound }

func (s blinking) Update(ctx context.Context, u *session) error {
	if _, err := s.Load(ctx, u.ID); err != nil {
		return err
	}
	s.sound.End(ctx, u.ID)
	time.Sleep(time.Millisecond)
	return s.sound.Create(ctx, u)
}

// sharing keeps and gives out the bytes themselves.
type sharing struct {
	sound
	mu       *sync.Mutex
	sessions map[string]*session
}

func (s sharing) Create(_ context.Context, n *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[n.ID] = n
	return nil
}

func (s sharing) Load(_ context.Context, id string) (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if got := s.sessions[id]; got != nil {
		return got, nil
	}
	return nil, cookieauth.ErrNoSession
}

// wrongError has a word of its own for what is not there.
type wrongError struct{ sound }

func (s wrongError) Load(ctx context.Context, id string) (*session, error) {
	got, err := s.sound.Load(ctx, id)
	if errors.Is(err, cookieauth.ErrNoSession) {
		return nil, errors.New("no rows")
	}
	return got, err
}

// deaf does not look at its context.
type deaf struct{ sound }

func (s deaf) Load(_ context.Context, id string) (*session, error) {
	return s.sound.Load(context.Background(), id)
}

func (s deaf) AddCutoffs(_ context.Context, c ...cookieauth.Cutoff) error {
	return s.sound.AddCutoffs(context.Background(), c...)
}

func folded(user string) string  { return strings.ToLower(user) }
func trimmed(user string) string { return strings.TrimRight(user, " ") }
func cut(user string) string     { return user[:min(len(user), 255)] }

func milliseconds(got *session)  { got.Created = got.Created.Truncate(time.Millisecond) }
func localTimes(got *session)    { got.LastSeen = got.LastSeen.In(time.FixedZone("", 3600)) }
func asText(got *session)        { got.Ticket = bytes.ToValidUTF8(got.Ticket, []byte("?")) }
func shortTickets(got *session)  { got.Ticket = got.Ticket[:min(len(got.Ticket), 65535)] }
func shortAgents(got *session)   { got.UserAgent = got.UserAgent[:min(len(got.UserAgent), 255)] }
func trimmedTexts(got *session)  { got.Address = strings.TrimSpace(got.Address) }
func noSchemes(got *session)     { got.Scheme = "" }
func expiresInDays(got *session) { got.Expires = got.Expires.Truncate(24 * time.Hour) }

// unforgiving has an error of its own for what has expired.
type unforgiving struct{ sound }

func (s unforgiving) Create(ctx context.Context, n *session) error {
	if !n.Expires.After(time.Now()) {
		return errors.New("it has expired")
	}
	return s.sound.Create(ctx, n)
}
