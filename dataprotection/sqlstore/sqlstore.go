package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/sqlserver"
)

// DefaultTable is the table of a DbContext that does not say otherwise.
const DefaultTable = "DataProtectionKeys"

// Channel is the PostgreSQL channel on which changes are announced. Several tables
// of a database share it; a notification too many costs a poll.
const Channel = "sealring"

// Config says where the table is. It is copied.
type Config struct {
	_ struct{}

	// DB reaches the database. Required. It must write, not to a standby.
	DB *sql.DB

	// Dialect is what the database speaks. Required.
	Dialect Dialect

	// Table is the table's name, with its case. The default is DefaultTable.
	Table string

	// Schema is the schema, or with MariaDB the database, that has the table. The
	// default is what the connection has.
	Schema string

	// CreateTable allows the first Add to make the table. Without it a missing
	// table is an error, and not an empty ring.
	CreateTable bool

	// Listen, for PostgreSQL, waits for notifications on a connection of its own:
	// it calls changed once when it has begun to listen and after each
	// notification, until ctx ends, and returns why it ended. The default is to
	// rely on polling. See the example.
	Listen func(ctx context.Context, channel string, changed func()) error
}

// A Store keeps a key ring in a table. It implements dataprotection.Store,
// Replacer, Remover and, with Config.Listen, Notifier. It is safe for concurrent use.
type Store struct {
	cfg Config
	sql statements
}

// New returns a store. It does not talk to the database.
func New(cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.DB == nil, "DB", "required")
	problems.Add(!cfg.Dialect.valid(), "Dialect", "required: PostgreSQL, MariaDB or SQLite")
	problems.Add(strings.ContainsRune(cfg.Table, 0), "Table", "contains a NUL")
	problems.Add(strings.ContainsRune(cfg.Schema, 0), "Schema", "contains a NUL")
	problems.Add(cfg.Listen != nil && cfg.Dialect != PostgreSQL, "Listen", "only PostgreSQL has notifications")
	if err := problems.Err("sqlstore"); err != nil {
		return nil, err
	}
	if cfg.Table == "" {
		cfg.Table = DefaultTable
	}
	return &Store{cfg: cfg, sql: cfg.statements()}, nil
}

// String names the kind of database and the table, for logs.
func (s *Store) String() string {
	name := s.cfg.Table
	if s.cfg.Schema != "" {
		name = s.cfg.Schema + "." + name
	}
	return fmt.Sprintf("%s table %s", s.cfg.Dialect, name)
}

// Schema returns the statement that makes the table, with the types that Entity
// Framework Core gives it.
func (s *Store) Schema() string { return s.sql.create }

// Load returns the rows that hold XML, by their ids. A table that is missing and
// may be made is empty.
func (s *Store) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if err := s.ready(ctx); err != nil {
		return dataprotection.Snapshot{}, err
	}
	var snap dataprotection.Snapshot
	err := sqlserver.Patiently(ctx, func() (err error) {
		snap, err = s.load(ctx, since)
		return err
	})
	switch {
	case errors.Is(err, dataprotection.ErrNotModified):
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	case err != nil:
		return dataprotection.Snapshot{}, s.failed("list", err)
	}
	return snap, nil
}

// Add inserts e, on one line. What is no well-formed element of at most 64 KiB is
// refused, as it would make every .NET reader of the table fail. Add never fails
// with fs.ErrExist.
func (s *Store) Add(ctx context.Context, e dataprotection.Element, ifVersion dataprotection.Version) error {
	line, err := keyxml.OneLine(e.XML)
	if err != nil {
		return fmt.Errorf("sqlstore: add: not an element: %w", err)
	}
	return s.write(ctx, "add", func(t transaction) error {
		if ifVersion != "" {
			version, err := t.version(s.sql.summaryLocked)
			if err != nil {
				return err
			}
			if version != ifVersion {
				return dataprotection.ErrConflict
			}
		}
		return t.exec(s.sql.insert, plain(e.Name), string(line))
	})
}

// Replace gives the row that old.Ref names the text of new, if it still has that of
// old. It keeps its name.
func (s *Store) Replace(ctx context.Context, old, new dataprotection.Element) error {
	id, err := idOf(old.Ref)
	if err != nil {
		return err
	}
	line, err := keyxml.OneLine(new.XML)
	if err != nil {
		return fmt.Errorf("sqlstore: replace: not an element: %w", err)
	}
	return s.write(ctx, "replace", func(t transaction) error {
		// It is compared here: databases take texts for equal that are not.
		present, err := t.text(s.sql.one, id)
		if err != nil {
			return err
		}
		if present != string(old.XML) {
			return dataprotection.ErrConflict
		}
		return t.exec(s.sql.update, string(line), id)
	})
}

// Remove deletes the rows that the elements' Ref names, in one transaction: all of
// them or none.
func (s *Store) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	ids := make([]int64, len(elements))
	for i, e := range elements {
		var err error
		if ids[i], err = idOf(e.Ref); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return s.ready(ctx)
	}
	return s.write(ctx, "remove", func(t transaction) error {
		for _, id := range ids {
			if err := t.exec(s.sql.remove, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Notify listens with Config.Listen. Without it the error Is errors.ErrUnsupported.
func (s *Store) Notify(ctx context.Context, changed func()) error {
	if s.cfg.Listen == nil {
		return fmt.Errorf("sqlstore: Config.Listen is not set: %w", errors.ErrUnsupported)
	}
	err := s.cfg.Listen(ctx, Channel, changed)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		err = errors.New("Config.Listen returned")
	}
	return s.failed("listen", err)
}

// ready reports what keeps a call from being made.
func (s *Store) ready(ctx context.Context) error {
	if s.cfg.DB == nil {
		return errors.New("sqlstore: a Store is made with New")
	}
	return ctx.Err()
}

const refPrefix = "row "

func refOf(id int64) string { return refPrefix + strconv.FormatInt(id, 10) }

// idOf returns the id in a Ref.
func idOf(ref string) (int64, error) {
	digits, ok := strings.CutPrefix(ref, refPrefix)
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil {
		return 0, errors.New("sqlstore: the element was not loaded from a table")
	}
	return id, nil
}

// plain returns a name without what a database refuses in a text.
func plain(name string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "")
}
