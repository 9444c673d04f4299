package cookieauth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Session is what is known of one login of a user.
type Session struct {
	// ID names the session. It is no secret.
	ID string
	// Created is when the user signed in, LastSeen when a request of the session was
	// last noted, which is done every five minutes.
	Created, LastSeen time.Time
	// Expires is when the session ends unless it is renewed.
	Expires time.Time
	// Address is where the latest noted request came from: the client that trusted
	// proxies vouch for (middleware.PublicOrigin with Proxies), else the peer of the
	// connection, which may be a proxy. UserAgent is what its browser called itself, so
	// take care where it is shown.
	Address, UserAgent string
	// Current is whether the request that asks is of this session.
	Current bool
}

// Sessions returns the sessions of the user that the request comes from, the one
// last seen first. It needs Config.TicketStore, else the error Is
// errors.ErrUnsupported. It is ErrNoSession if nobody is signed in, and Is
// dataprotection.ErrUnavailable if the store is out of reach.
func (a *Authenticator) Sessions(r *http.Request) ([]Session, error) {
	user, current, err := a.requester(r)
	if err != nil {
		return nil, err
	}
	sessions, err := a.SessionsOf(r.Context(), user)
	for i := range sessions {
		sessions[i].Current = sessions[i].ID == current
	}
	return sessions, err
}

// SessionsOf is Sessions for the user with an id, of whom it returns none if they
// are not signed in. Who may ask that is for the caller to know.
func (a *Authenticator) SessionsOf(ctx context.Context, user string) ([]Session, error) {
	stored, err := a.storedOf(ctx, user)
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	var sessions []Session
	for _, s := range stored {
		if !a.isOver(s, now) {
			sessions = append(sessions, Session{ID: s.ID, Created: s.Created, LastSeen: s.LastSeen, Expires: s.Expires, Address: s.Address, UserAgent: s.UserAgent})
		}
	}
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(b.LastSeen.Compare(a.LastSeen), b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	return sessions, nil
}

// EndSession ends one session of the user that the request comes from, on all
// instances. Any id may be handed to it: the error is ErrNoSession if it is not of a
// session of this user. Otherwise errors are those of Sessions.
func (a *Authenticator) EndSession(r *http.Request, id string) error {
	user, current, err := a.requester(r)
	if err != nil {
		return err
	}
	if !a.keepsSessions() {
		return errNoSessions
	}
	if id == current { // with every cookie for it, but not what this request has begun since
		tickets, err := a.goodFor(r, a.findCookie(r), nil)
		if err != nil {
			return err
		}
		return a.end(r, tickets)
	}
	return a.EndSessionOf(r.Context(), user, id)
}

// EndSessionOf is EndSession for the user with an id. Who may do that is for the
// caller to know.
func (a *Authenticator) EndSessionOf(ctx context.Context, user, id string) error {
	stored, err := a.storedOf(ctx, user)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(stored, func(s *StoredSession) bool { return s.ID == id })
	if at < 0 {
		return ErrNoSession
	}
	return a.endAll(ctx, stored[at:at+1], Cutoff{Session: id, Until: a.forgetStored(stored[at])})
}

// EndOtherSessions ends all sessions of the user that the request comes from,
// except this one, on all instances: "sign out everywhere else", and what should
// follow a changed password. If the request has signed in anew, which ends its old
// session, the new one goes on. It works with Config.Cutoffs, with Config.TicketStore and
// with both. The error is ErrNoSession if nobody is signed in or the user has no id;
// it Is dataprotection.ErrUnavailable if a store is out of reach, and then some
// sessions may have ended; it Is errors.ErrUnsupported if neither is configured.
func (a *Authenticator) EndOtherSessions(r *http.Request) error {
	user, current, err := a.requester(r)
	if err != nil {
		return err
	}
	if begun := a.visit(r).begun(); len(begun) > 0 {
		current = sessionID(begun[len(begun)-1])
	}
	return a.endUser(r.Context(), user, current)
}

// EndSessionsOf ends all sessions of the user with an id, on all instances: for a
// user who is locked, or who has asked for it. Errors are those of EndOtherSessions.
// Who may do that is for the caller to know.
//
// With Config.Cutoffs it concerns the sessions that began before now by this
// instance's clock. One that began later by the clock of another instance that is
// ahead goes on.
func (a *Authenticator) EndSessionsOf(ctx context.Context, user string) error {
	return a.endUser(ctx, user, "")
}

// EndAllSessions signs everybody out, on all instances. It needs Config.Cutoffs,
// else the error Is errors.ErrUnsupported. Otherwise errors are those of
// EndOtherSessions.
func (a *Authenticator) EndAllSessions(ctx context.Context) error {
	if a.cfg.Cutoffs == nil {
		return fmt.Errorf("cookieauth: ending everybody's sessions needs Config.Cutoffs: %w", errors.ErrUnsupported)
	}
	now := a.cfg.Now()
	return a.cut(ctx, Cutoff{Before: a.justAfter("", now), Until: a.forgetUser(now)})
}

// requester returns the id of the user that the request comes from, and that of
// the session.
func (a *Authenticator) requester(r *http.Request) (user, session string, err error) {
	if err := a.Outage(r); err != nil {
		return "", "", err
	}
	user = a.User(r).ID()
	if user == "" {
		return "", "", ErrNoSession
	}
	return user, a.SessionID(r), nil
}

var errNoSessions = fmt.Errorf("cookieauth: ending sessions needs Config.Cutoffs or Config.TicketStore: %w", errors.ErrUnsupported)

// endUser ends the sessions of a user, except one if that is not "".
func (a *Authenticator) endUser(ctx context.Context, user, except string) error {
	if !a.keepsSessions() {
		return errNoSessions
	}
	if !isUserID(user) {
		return ErrNoSession
	}
	if a.cfg.Cutoffs != nil {
		now := a.cfg.Now()
		if err := a.cut(ctx, Cutoff{User: user, Before: a.justAfter(user, now), Except: except, Until: a.forgetUser(now)}); err != nil {
			return err
		}
	}
	if a.cfg.TicketStore == nil {
		return nil
	}
	stored, err := a.storedOf(ctx, user)
	if err != nil {
		return err
	}
	return a.endAll(ctx, slices.DeleteFunc(stored, func(s *StoredSession) bool { return s.ID == except }))
}

// justAfter returns the next moment that a cut-off of a user can name, or with "" of
// everybody, so that what has begun by now began before it. Where clocks differ, begin
// has put sessions behind the cut-offs that are known.
func (a *Authenticator) justAfter(user string, now time.Time) time.Time {
	return a.cfg.Cutoffs.current.Load().after(user, now).Add(time.Microsecond)
}

// isUserID reports whether a cut-off and a store can name the user. Without an id
// it would be everybody.
func isUserID(user string) bool { return user != "" && len(user) <= maxUserID && isStorable(user) }

// storedOf returns the sessions of a user under this scheme.
func (a *Authenticator) storedOf(ctx context.Context, user string) ([]*StoredSession, error) {
	if a.cfg.TicketStore == nil {
		return nil, fmt.Errorf("cookieauth: only Config.TicketStore knows which sessions a user has: %w", errors.ErrUnsupported)
	}
	if !isUserID(user) {
		return nil, ErrNoSession
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stored, err := a.cfg.TicketStore.ByUser(ctx, user)
	if err != nil {
		return nil, &storeError{"list sessions", err}
	}
	return slices.DeleteFunc(stored, func(s *StoredSession) bool { return s.Scheme != a.cfg.Scheme || s.User != user }), nil
}

// endAll ends stored sessions, the cut-offs first.
func (a *Authenticator) endAll(ctx context.Context, stored []*StoredSession, cutoffs ...Cutoff) error {
	if len(cutoffs) > 0 {
		if err := a.cut(ctx, cutoffs...); err != nil {
			return err
		}
	}
	ids := make([]string, len(stored))
	for i, s := range stored {
		ids[i] = s.ID
	}
	return a.endStored(ctx, ids...)
}

// isOver reports whether a stored session no longer counts.
func (a *Authenticator) isOver(s *StoredSession, now time.Time) bool {
	if s.Expires.Before(now) {
		return true
	}
	if a.cfg.Cutoffs == nil {
		return false
	}
	_, over := a.cfg.Cutoffs.current.Load().find(s.ID, s.User, s.Created)
	return over
}

// forgetStored returns when the end of a stored session may be forgotten. Another
// instance may just be renewing it, for a life no longer than the whole so far, and
// taking it out of the store may fail.
func (a *Authenticator) forgetStored(s *StoredSession) time.Time {
	life := max(0, s.Expires.Sub(s.Created))
	if a.cfg.Cutoffs != nil {
		life = min(life, a.cfg.Cutoffs.longestLife())
	}
	until := a.cfg.Now().Add(life)
	if s.Expires.After(until) {
		until = s.Expires
	}
	return until.Add(cutoffSlack)
}
