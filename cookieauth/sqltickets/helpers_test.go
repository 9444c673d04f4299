package sqltickets_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/sqltickets"
	"github.com/sealring/sealring/internal/realtest"
)

// TestMain keeps the driver's own log of lost connections out of the output.
func TestMain(m *testing.M) {
	_ = mysql.SetLogger(&mysql.NopLogger{})
	m.Run()
}

// An engine is a database to test with.
type engine struct {
	dialect     sqltickets.Dialect
	driver, dsn string
	server      *realtest.Server // nil for SQLite
	start       func()           // starts the server after it was stopped
}

var engines = []struct {
	name  string
	start func(t testing.TB) engine
}{
	{"PostgreSQL", func(t testing.TB) engine {
		server := realtest.PostgreSQL(t)
		return engine{sqltickets.PostgreSQL, "pgx", server.DSN, server, nil}
	}},
	{"MariaDB", func(t testing.TB) engine {
		server := realtest.MariaDB(t)
		return engine{sqltickets.MariaDB, "mysql", server.DSN, server, nil}
	}},
	{"SQLite", func(t testing.TB) engine {
		return engine{sqltickets.SQLite, "sqlite", filepath.Join(t.TempDir(), "sessions.db") + "?_pragma=busy_timeout(2000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)", nil, nil}
	}},
}

// open connects, with few connections, of which one has to be enough.
func (e engine) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(e.driver, e.dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// handle returns a store with a prefix, on connections of its own.
func (e engine) handle(t testing.TB, prefix string) *sqltickets.Store {
	t.Helper()
	cfg := sqltickets.Config{DB: e.open(t), Dialect: e.dialect, Prefix: prefix}
	if e.dialect == sqltickets.PostgreSQL {
		cfg.Listen = listener(e.dsn)
	}
	return newStore(t, cfg)
}

// store returns one whose tables are there.
func (e engine) store(t testing.TB, prefix string) *sqltickets.Store {
	t.Helper()
	s := e.handle(t, prefix)
	if err := s.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func newStore(t testing.TB, cfg sqltickets.Config) *sqltickets.Store {
	t.Helper()
	s, err := sqltickets.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exec runs statements of a test. Identifiers in them are in double quotes.
func (e engine) exec(t testing.TB, statements ...string) {
	t.Helper()
	db := e.open(t)
	defer db.Close()
	for _, statement := range statements {
		if e.dialect == sqltickets.MariaDB {
			statement = strings.ReplaceAll(statement, `"`, "`")
		}
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// count is what a query of one number says.
func (e engine) count(t testing.TB, query string) (n int) {
	t.Helper()
	if err := e.open(t).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// listener is what the documentation shows.
func listener(url string) func(ctx context.Context, channel string, changed func()) error {
	return func(ctx context.Context, channel string, changed func()) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(context.WithoutCancel(ctx))
		_, err = conn.Exec(ctx, "listen "+channel)
		for err == nil {
			changed()
			_, err = conn.WaitForNotification(ctx)
		}
		return err
	}
}

// prefixes gives each caller one of its own, which needs its quotes.
type prefixes struct{ made atomic.Int64 }

func (p *prefixes) next() string { return fmt.Sprintf("Test %d ", p.made.Add(1)) }

// session returns a session that lives for an hour.
func session(id, user string) *cookieauth.StoredSession {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &cookieauth.StoredSession{ID: id, User: user, Created: now, LastSeen: now, Expires: now.Add(time.Hour), Ticket: []byte{1}}
}

func cutoff(user string) cookieauth.Cutoff {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return cookieauth.Cutoff{User: user, Before: now, Until: now.Add(time.Hour)}
}

// create stores sessions and fails the test if that does not work.
func create(t testing.TB, s *sqltickets.Store, sessions ...*cookieauth.StoredSession) {
	t.Helper()
	for _, n := range sessions {
		if err := s.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}
