package cookieauth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/internal/origin"
)

const (
	// sessionPurpose is what the id in the cookie of a stored session is sealed for,
	// followed by the scheme, storedPurpose what its ticket is sealed for in the store,
	// followed by scheme and id (docs/formats.md, Stored sessions).
	sessionPurpose = "Sealring.CookieAuth.Session"
	storedPurpose  = "Sealring.CookieAuth.StoredTicket"
	sealedVersion  = "v1"

	// noteInterval is how often it is noted that a session was seen.
	noteInterval = 5 * time.Minute
	// maxStoredTicket and maxNote are what a TicketStore has to be able to keep.
	maxStoredTicket = 1 << 20
	maxNote         = 512
)

// openStored gets the ticket of a session from the store and judges it. A session
// that is over is removed.
func (a *Authenticator) openStored(ctx context.Context, plain []byte, now time.Time, t *ticket.Buffer, seen *sighting) error {
	if !isStoredID(plain) {
		return errMalformed
	}
	id := string(plain)
	if a.cfg.Cutoffs != nil {
		if _, over := a.cfg.Cutoffs.current.Load().find(id, "", endOfTime); over {
			return errEnded // without asking the store
		}
	}
	stored, err := a.load(ctx, id, t)
	if err != nil {
		return err
	}
	seen.stored = stored
	if seen.expires, err = a.judge(&t.Ticket, now); errors.Is(err, errExpired) || errors.Is(err, errTooOld) {
		a.remove(ctx, id)
	}
	return err
}

// endless is when a session ends in a store whose ticket has no end, which the
// reference bears.
var endless = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// endOfTime is after every cut-off's Before, so that only the id is compared.
var endOfTime = time.Unix(1<<60, 0)

// load reads a session and opens its ticket.
func (a *Authenticator) load(ctx context.Context, id string, t *ticket.Buffer) (*StoredSession, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stored, err := a.cfg.TicketStore.Load(ctx, id)
	switch {
	case errors.Is(err, ErrNoSession):
		return nil, ErrNoSession
	case err != nil:
		return nil, &storeError{"load a session", err}
	case stored == nil || stored.ID != id:
		return nil, ErrNoSession
	}
	return stored, a.openTicket(ctx, stored, t)
}

func (a *Authenticator) openTicket(ctx context.Context, stored *StoredSession, t *ticket.Buffer) error {
	plain, err := a.stored.Protector(stored.ID, sealedVersion).Unprotect(ctx, stored.Ticket)
	if err != nil {
		return err
	}
	defer clear(plain)
	return t.UnmarshalBinary(plain)
}

// sealTicket puts a ticket into a session that is about to be stored.
func (a *Authenticator) sealTicket(stored *StoredSession, t *ticket.Ticket) error {
	plain, err := t.MarshalBinary()
	if err != nil {
		return err
	}
	defer clear(plain)
	sealed, err := a.stored.Protector(stored.ID, sealedVersion).Protect(plain)
	if err != nil {
		return err
	}
	if len(sealed) > maxStoredTicket {
		return newTicketSizeError(len(sealed), maxStoredTicket, t.Principal)
	}
	stored.Ticket = sealed
	stored.Expires = endless
	if end, ok := a.lastEnd(&t.Properties); ok {
		stored.Expires = end.UTC()
	}
	return nil
}

// create stores the session of a ticket that is about to be signed in.
func (a *Authenticator) create(r *http.Request, t *ticket.Ticket, now time.Time) error {
	start, _ := started(&t.Properties)
	stored := &StoredSession{ID: sessionID(t), Scheme: a.cfg.Scheme, User: t.Principal.ID(), Created: start.UTC()}
	noteSeen(stored, r, now)
	if err := a.sealTicket(stored, t); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
	defer cancel()
	if err := a.cfg.TicketStore.Create(ctx, stored); err != nil {
		return &storeError{"create a session", err}
	}
	return nil
}

// remove takes sessions that are over out of the store. If that fails the store may
// remove them itself some time, and nobody gets in with them anyway.
func (a *Authenticator) remove(ctx context.Context, ids ...string) {
	if err := a.endStored(ctx, ids...); err != nil {
		a.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "a session that is over could not be removed from the store", slog.Any("error", err))
	}
}

// noteSeen notes when, from where and with what a session was used.
func noteSeen(stored *StoredSession, r *http.Request, now time.Time) {
	stored.LastSeen = now.UTC().Round(0)
	stored.Address = storable(origin.Client(r))
	stored.UserAgent = storable(r.UserAgent())
}

// storable makes a text one that every store can keep.
func storable(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) > maxNote {
		s = strings.ToValidUTF8(s[:maxNote], "")
	}
	return s
}
