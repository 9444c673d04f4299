package sqlstore_test

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

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
	"github.com/sealring/sealring/internal/realtest"
)

const patience = 30 * time.Second

// TestMain keeps the driver's own log of lost connections out of the output.
func TestMain(m *testing.M) {
	_ = mysql.SetLogger(&mysql.NopLogger{})
	m.Run()
}

// An engine is a database to test with.
type engine struct {
	dialect     sqlstore.Dialect
	driver, dsn string
	server      *realtest.Server // nil for SQLite
}

// TestEngines runs every test that takes a database with each kind of them, and
// with a database of its own. Those that hurt the server come last.
func TestEngines(t *testing.T) {
	for _, kind := range []struct {
		name  string
		start func(t *testing.T) engine
	}{
		{"PostgreSQL", postgreSQL},
		{"MariaDB", mariaDB},
		{"SQLite", sqlite},
	} {
		t.Run(kind.name, func(t *testing.T) {
			e := kind.start(t)
			for i, test := range []struct {
				name string
				run  func(t *testing.T, e engine)
			}{
				{"contract", testContract},
				{"layout", testLayout},
				{"missing table", testMissingTable},
				{"table made by many", testTableMadeByMany},
				{"schemas", testSchemas},
				{"connections are left clean", testConnectionsAreLeftClean},
				{"foreign writers", testForeignWriters},
				{"notify", testNotify},
				{"permissions", testPermissions},
				{"read-only database", testReadOnlyDatabase},
				{"server away", testServerAway},
			} {
				t.Run(test.name, func(t *testing.T) { test.run(t, e.database(t, i)) })
			}
		})
	}
}

func postgreSQL(t *testing.T) engine {
	server := realtest.PostgreSQL(t)
	return engine{sqlstore.PostgreSQL, "pgx", server.DSN, server}
}

func mariaDB(t *testing.T) engine {
	server := realtest.MariaDB(t)
	return engine{sqlstore.MariaDB, "mysql", server.DSN, server}
}

func sqlite(t *testing.T) engine {
	return engine{sqlstore.SQLite, "sqlite", filepath.Join(t.TempDir(), "keys.db"), nil}
}

// database makes a database in the server.
func (e engine) database(t *testing.T, number int) engine {
	t.Helper()
	if e.server == nil {
		return sqlite(t)
	}
	name := fmt.Sprint("test", number)
	e.exec(t, "CREATE DATABASE "+name)
	e.dsn = strings.NewReplacer("/postgres?", "/"+name+"?", ")/app", ")/"+name).Replace(e.dsn)
	return e
}

// open connects, with one connection, which has to be enough.
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

// config is that of a store of its own connection which may make its table.
func (e engine) config(t testing.TB, table string) sqlstore.Config {
	cfg := sqlstore.Config{DB: e.open(t), Dialect: e.dialect, Table: table, CreateTable: true}
	if e.dialect == sqlstore.PostgreSQL {
		cfg.Listen = listener(e.dsn)
	}
	return cfg
}

func (e engine) store(t testing.TB, table string) *sqlstore.Store {
	t.Helper()
	return newStore(t, e.config(t, table))
}

func newStore(t testing.TB, cfg sqlstore.Config) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(cfg)
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
		if e.dialect == sqlstore.MariaDB {
			statement = strings.ReplaceAll(statement, `"`, "`")
		}
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
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

// tables gives each caller a table of its own, with a name that needs its quotes.
type tables struct{ made atomic.Int64 }

func (l *tables) next() string { return fmt.Sprintf("Keys of test %d", l.made.Add(1)) }

func element(text string) dataprotection.Element {
	return dataprotection.Element{Name: "an element", XML: []byte(text)}
}

func load(t testing.TB, s dataprotection.Store) dataprotection.Snapshot {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func add(t testing.TB, s dataprotection.Store, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := s.Add(t.Context(), element(text), ""); err != nil {
			t.Fatal(err)
		}
	}
}

func texts(snap dataprotection.Snapshot) string {
	var all []string
	for _, e := range snap.Elements {
		all = append(all, string(e.XML))
	}
	return strings.Join(all, "|")
}

// within waits until yes holds.
func within(t testing.TB, limit time.Duration, what string, yes func() bool) {
	t.Helper()
	for start := time.Now(); !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > limit {
			t.Fatalf("%s: not after %v", what, limit)
		}
	}
}
