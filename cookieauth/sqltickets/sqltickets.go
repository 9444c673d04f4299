package sqltickets

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/sqlserver"
)

// DefaultPrefix is what the names of tables begin with if nothing else is said.
const DefaultPrefix = "sealring_"

// Channel is the PostgreSQL channel on which changes of cut-offs are announced.
// Several applications in a database share it; a notification too many costs a poll.
const Channel = "sealring_cutoffs"

// Config says where sessions and cut-offs are. It is copied.
type Config struct {
	_ struct{}

	// DB reaches the database. Required. It must be the primary, not a standby.
	DB *sql.DB

	// Dialect is what the database speaks. Required.
	Dialect Dialect

	// Prefix is what the names of the three tables begin with. Several applications
	// in one database need one each: with the same, they would share their sessions.
	// The default is DefaultPrefix.
	Prefix string

	// Schema is the schema, or with MariaDB the database, that has the tables. The
	// default is what the connection has. Not for SQLite.
	Schema string

	// Listen, for PostgreSQL, waits for notifications on a connection of its own:
	// it calls changed once when it has begun to listen and after each
	// notification, until ctx ends, and returns why it ended. The default is to
	// rely on polling. See the example.
	Listen func(ctx context.Context, channel string, changed func()) error

	// Now is the time by which what has expired is removed. If it is nil, it is
	// time.Now. It should be that of the Authenticator.
	Now func() time.Time
}

// A Store keeps sessions and cut-offs in tables. It implements
// cookieauth.TicketStore, cookieauth.CutoffStore and, with Config.Listen,
// dataprotection.Notifier. It is safe for concurrent use.
type Store struct {
	cfg     Config
	sql     statements
	creates atomic.Uint64
}

// New returns a store. It does not talk to the database.
func New(cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.DB == nil, "DB", "required")
	problems.Add(!cfg.Dialect.valid(), "Dialect", "required: PostgreSQL, MariaDB or SQLite")
	problems.Add(strings.ContainsRune(cfg.Prefix, 0), "Prefix", "contains a NUL")
	problems.Add(strings.ContainsRune(cfg.Schema, 0), "Schema", "contains a NUL")
	problems.Add(cfg.Schema != "" && cfg.Dialect == SQLite, "Schema", "SQLite has none")
	problems.Add(cfg.Listen != nil && cfg.Dialect != PostgreSQL, "Listen", "only PostgreSQL has notifications")
	if err := problems.Err("sqltickets"); err != nil {
		return nil, err
	}
	if cfg.Prefix == "" {
		cfg.Prefix = DefaultPrefix
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{cfg: cfg, sql: cfg.statements()}, nil
}

// String names the kind of database and the tables, for logs.
func (s *Store) String() string {
	name := s.cfg.Prefix + "*"
	if s.cfg.Schema != "" {
		name = s.cfg.Schema + "." + name
	}
	return fmt.Sprintf("%s tables %s", s.cfg.Dialect, name)
}

// Schema returns the statements that make the tables and their indexes, each of
// which does nothing if they are there.
func (s *Store) Schema() []string { return slices.Clone(s.sql.schema) }

// CreateTables runs the statements of Schema. Several instances may do so at the
// same time.
func (s *Store) CreateTables(ctx context.Context) error {
	for _, statement := range s.sql.schema {
		err := s.patiently(ctx, "create tables", func() error {
			_, err := s.cfg.DB.ExecContext(ctx, statement)
			if sqlserver.IsThere(err) { // another was faster, which IF NOT EXISTS does not always see
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	// sweepEvery is how many sessions are created for each time that some are removed
	// that have expired, which takes five times as many.
	sweepEvery = 10
	// slack is how much longer what has expired is kept, since clocks differ.
	slack = time.Hour
)

// Create inserts a row.
func (s *Store) Create(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := check(session); err != nil {
		return err
	}
	created := int64(0)
	err := s.patiently(ctx, "create", func() error {
		result, err := s.cfg.DB.ExecContext(ctx, s.sql.create,
			session.ID, session.Scheme, session.User, record.Micros(session.Created), record.Micros(session.LastSeen), record.Micros(session.Expires),
			session.Address, session.UserAgent, ticket(session))
		if sqlserver.IsDuplicate(err) {
			return nil
		}
		if err == nil {
			created, err = result.RowsAffected()
		}
		return err
	})
	if err != nil {
		return err
	}
	if created == 0 {
		return fmt.Errorf("sqltickets: session %s: %w", session.ID, fs.ErrExist)
	}
	if s.creates.Add(1)%sweepEvery == 0 {
		// That this fails is no reason to refuse a sign-in; the next one tries again.
		_, _ = s.cfg.DB.ExecContext(ctx, s.sql.sweep, record.Micros(s.cfg.Now().Add(-slack)))
	}
	return nil
}

// maxText is what the columns of some databases hold.
const maxText = 512

// check refuses what a database would cut, if it is set to do so.
func check(session *cookieauth.StoredSession) error {
	for _, text := range []string{session.Scheme, session.User, session.Address, session.UserAgent} {
		if len(text) > maxText {
			return fmt.Errorf("sqltickets: session %s has a text of %d bytes, of which %d can be kept", session.ID, len(text), maxText)
		}
	}
	return nil
}

// ticket is never nil, which would be NULL.
func ticket(session *cookieauth.StoredSession) []byte {
	if session.Ticket == nil {
		return []byte{}
	}
	return session.Ticket
}

// Load selects a row.
func (s *Store) Load(ctx context.Context, id string) (*cookieauth.StoredSession, error) {
	sessions, err := s.query(ctx, "load", s.sql.load, id)
	if err == nil && len(sessions) == 0 {
		err = cookieauth.ErrNoSession
	}
	if err != nil {
		return nil, err
	}
	return sessions[0], nil
}

// Update updates a row.
func (s *Store) Update(ctx context.Context, session *cookieauth.StoredSession) error {
	if err := check(session); err != nil {
		return err
	}
	there := int64(0)
	err := s.patiently(ctx, "update", func() error {
		result, err := s.cfg.DB.ExecContext(ctx, s.sql.update,
			session.Scheme, record.Micros(session.LastSeen), record.Micros(session.Expires),
			session.Address, session.UserAgent, ticket(session), session.ID)
		if err != nil {
			return err
		}
		if there, err = result.RowsAffected(); err != nil || there > 0 || s.cfg.Dialect != MariaDB {
			return err
		}
		// A row that is what it should be counts as none there.
		return s.cfg.DB.QueryRowContext(ctx, s.sql.exists, session.ID).Scan(&there)
	})
	if err == nil && there == 0 {
		return cookieauth.ErrNoSession
	}
	return err
}

// atOnce is how many sessions one statement removes.
const atOnce = 200

// End deletes rows, some hundreds with each statement.
func (s *Store) End(ctx context.Context, ids ...string) error {
	ids = slices.Sorted(slices.Values(ids)) // in one order for all, so that none wait for each other
	for some := range slices.Chunk(ids, atOnce) {
		query, args := s.sql.end, make([]any, len(some))
		for i, id := range some {
			args[i] = id
			if i > 0 {
				query += s.next(i + 1)
			}
		}
		err := s.patiently(ctx, "end", func() error {
			_, err := s.cfg.DB.ExecContext(ctx, query+")", args...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// next is one more argument in a list.
func (s *Store) next(n int) string {
	if s.cfg.Dialect == PostgreSQL {
		return fmt.Sprint(", $", n)
	}
	return ", ?"
}

// ByUser selects rows by the index on users.
func (s *Store) ByUser(ctx context.Context, user string) ([]*cookieauth.StoredSession, error) {
	return s.query(ctx, "list", s.sql.byUser, user)
}

func (s *Store) query(ctx context.Context, op, query, arg string) (sessions []*cookieauth.StoredSession, err error) {
	err = s.patiently(ctx, op, func() error {
		sessions = nil
		return scan(ctx, s.cfg.DB, query, []any{arg}, func(rows *sql.Rows) error {
			var n cookieauth.StoredSession
			var created, seen, expires int64
			err := rows.Scan(&n.ID, &n.Scheme, &n.User, &created, &seen, &expires, &n.Address, &n.UserAgent, &n.Ticket)
			n.Created, n.LastSeen, n.Expires = record.Time(created), record.Time(seen), record.Time(expires)
			sessions = append(sessions, &n)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return sessions, nil
}

// scan runs a query and hands each row on.
func scan(ctx context.Context, db *sql.DB, query string, args []any, each func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// patiently repeats an operation that got in another's way, and says what failed.
// An end of the context is the caller's own doing and stays as it is.
func (s *Store) patiently(ctx context.Context, op string, operation func() error) error {
	err := ctx.Err()
	if err == nil {
		err = sqlserver.Patiently(ctx, operation)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("sqltickets: %s: %s: %w", op, s, sqlserver.Explain(err, "make them once with CreateTables, or with the statements of Schema", "docs/sessions.md"))
}
