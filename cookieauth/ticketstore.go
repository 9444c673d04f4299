package cookieauth

import (
	"context"
	"errors"
	"time"
)

// ErrNoSession says that there is no such session: it was ended, it has expired,
// or it never was.
var ErrNoSession = errors.New("cookieauth: no such session")

// A TicketStore keeps the tickets of sessions on the server. The cookie then
// holds only the sealed id of a session.
//
// Implementations must be safe for concurrent use, by several goroutines and by
// several processes on several machines. An error that is not one of those named
// here means that the store cannot tell now; the user is then neither signed in
// nor out, and the request is answered with 503 where a user is demanded. A call
// whose context has ended returns the context's error. Package sessiontest checks
// the contract.
//
// A store belongs to one application; several applications in one medium use
// stores with different prefixes, tables or directories.
type TicketStore interface {
	// Create stores a new session durably: once it has returned nil, the session is
	// what any process loads from then on. It never replaces one: if there is one with
	// that id, expired or not, the error Is fs.ErrExist. The id of a session that has
	// ended is not used again.
	Create(ctx context.Context, s *StoredSession) error

	// Load returns a session, or ErrNoSession. One that has expired by the store's
	// clock may be returned or not; the caller looks at Expires.
	Load(ctx context.Context, id string) (*StoredSession, error)

	// Update replaces the session with the id of s. It never inserts: if there is no
	// such session any more it returns ErrNoSession and leaves it at that, however
	// the update and the end race. The id, the user and the time of creation of a
	// session do not change.
	Update(ctx context.Context, s *StoredSession) error

	// End removes sessions. Once it has returned nil, no process loads or updates
	// them any more. Ending what is not there succeeds.
	End(ctx context.Context, ids ...string) error

	// ByUser returns the sessions of a user, in no particular order: every one that
	// has been created, that has not expired and that was not ended before the call. A
	// session that was ended is never in it; one that has expired may be.
	ByUser(ctx context.Context, user string) ([]*StoredSession, error)
}

// A StoredSession is what a TicketStore keeps of one session. Strings are valid
// UTF-8 without NUL; times are UTC, and a store may keep them in microseconds only.
type StoredSession struct {
	// ID is 26 characters from A to Z and 2 to 7. It is a name, no secret: nobody gets
	// in with it who cannot seal it.
	ID string
	// Scheme is the Authenticator's.
	Scheme string
	// User is the id of the user, at most 512 bytes. It may be any string, and is
	// compared exactly: letter case, trailing spaces and all.
	User string
	// Created is when the user signed in, LastSeen when a request of the session was
	// last noted, which is not done for each.
	Created, LastSeen time.Time
	// Expires is when the session ends unless it is renewed. A store may remove it
	// any time after.
	Expires time.Time
	// Address is where the latest noted request came from, UserAgent what its browser
	// called itself, each cut to at most 512 bytes.
	Address, UserAgent string
	// Ticket is the ticket, sealed by the Authenticator; at most 1 MiB.
	Ticket []byte
}
