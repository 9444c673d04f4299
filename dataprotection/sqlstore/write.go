package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/sqlserver"
)

// undoTimeout bounds what has to be done after a caller has stopped waiting.
const undoTimeout = 5 * time.Second

// A transaction is a connection in the middle of a write.
type transaction struct {
	ctx   context.Context
	conn  *sql.Conn
	store *Store
}

func (t transaction) exec(query string, args ...any) error {
	_, err := t.conn.ExecContext(t.ctx, query, args...)
	return err
}

func (t transaction) version(summary string) (dataprotection.Version, error) {
	return t.store.version(t.ctx, t.conn, summary)
}

// text returns the text that a query finds, or none.
func (t transaction) text(query string, args ...any) (string, error) {
	var text sql.NullString
	err := t.conn.QueryRowContext(t.ctx, query, args...).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return text.String, err
}

// write does work in a transaction that no other writer gets into, and makes the
// table if that is what it takes.
func (s *Store) write(ctx context.Context, op string, work func(transaction) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	try := func() error { return s.writeOnce(ctx, work) }
	err := sqlserver.Patiently(ctx, try)
	if err != nil && s.mayBeMade(err) {
		if err = sqlserver.Patiently(ctx, func() error { return s.makeTable(ctx) }); err == nil {
			err = sqlserver.Patiently(ctx, try)
		}
	}
	if err == nil || errors.Is(err, dataprotection.ErrConflict) {
		return err
	}
	return s.failed(op, err)
}

func (s *Store) makeTable(ctx context.Context) error {
	_, err := s.cfg.DB.ExecContext(ctx, s.sql.create)
	if sqlserver.IsThere(err) { // another instance was faster, which IF NOT EXISTS does not always see
		return nil
	}
	return err
}

// writeOnce runs a transaction by its statements rather than by sql.Tx, which
// cannot begin one as SQLite needs it and cannot keep a lock around it.
func (s *Store) writeOnce(ctx context.Context, work func(transaction) error) error {
	conn, err := s.cfg.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	t := transaction{ctx, conn, s}
	if err := t.lock(); err != nil {
		t.after(s.sql.unlock)
		return err
	}
	err = t.run(work)
	if err != nil {
		t.after("ROLLBACK")
	}
	t.after(s.sql.unlock)
	return err
}

// lock waits until this connection is the only one that writes, where that does
// not come with the transaction.
func (t transaction) lock() error {
	if t.store.sql.lock == "" {
		return nil
	}
	got, err := t.text(t.store.sql.lock)
	if err == nil && got != "1" {
		err = errBusy
	}
	return err
}

func (t transaction) run(work func(transaction) error) error {
	for _, statement := range t.store.sql.begin {
		if err := t.exec(statement); err != nil {
			return err
		}
	}
	if err := work(t); err != nil {
		return err
	}
	if t.store.sql.announce != "" {
		if err := t.exec(t.store.sql.announce); err != nil {
			return err
		}
	}
	return t.exec("COMMIT")
}

// after leaves the connection as it was found, even if nobody waits any more. One
// of which that cannot be said is closed, and the database does it.
func (t transaction) after(statement string) {
	if statement == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), undoTimeout)
	defer cancel()
	if _, err := t.conn.ExecContext(ctx, statement); err != nil {
		_ = t.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}
