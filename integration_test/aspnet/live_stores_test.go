package aspnet_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
	"github.com/sealring/sealring/dataprotection/sqlstore"
	"github.com/sealring/sealring/internal/realtest"
)

// A liveStore is a store that the reference's own packages and ours both use.
type liveStore struct {
	name   string // as the reference takes it
	ours   dataprotection.Store
	stored func(t *testing.T) []string // what is there, as text
}

// liveStores are the kinds of them. Each call makes an empty one.
var liveStores = []struct {
	name string
	make func(t *testing.T) liveStore
}{
	{"Redis", liveRedis},
	{"PostgreSQL", livePostgreSQL},
	{"SQLite", liveSQLite},
}

func liveRedis(t *testing.T) liveStore {
	server := realtest.Redis(t, "--notify-keyspace-events", "Kl")
	client := redis.NewClient(&redis.Options{Addr: server.Address})
	t.Cleanup(func() { client.Close() })
	s, err := redisstore.New(redisstore.Config{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return liveStore{"redis:" + server.Address, s, func(t *testing.T) []string {
		items, err := client.LRange(t.Context(), "DataProtection-Keys", 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		return items
	}}
}

func livePostgreSQL(t *testing.T) liveStore {
	server := realtest.PostgreSQL(t)
	host, port, _ := net.SplitHostPort(server.Address)
	return liveTable(t, "pgx", server.DSN, sqlstore.PostgreSQL, fmt.Sprintf("postgres:Host=%s;Port=%s;Username=app;Database=postgres", host, port))
}

func liveSQLite(t *testing.T) liveStore {
	file := filepath.Join(t.TempDir(), "keys.db")
	return liveTable(t, "sqlite", file, sqlstore.SQLite, "sqlite:"+file)
}

func liveTable(t *testing.T, driver, dsn string, dialect sqlstore.Dialect, name string) liveStore {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: dialect, CreateTable: true})
	if err != nil {
		t.Fatal(err)
	}
	return liveStore{name, s, func(t *testing.T) []string {
		return column(t, db, `SELECT "Xml" FROM "DataProtectionKeys" ORDER BY "Id"`)
	}}
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

func (s liveStore) config() dataprotection.Config {
	return dataprotection.Config{Application: "vectors", Store: s.ours, PollInterval: pollInterval, Logger: slog.New(slog.DiscardHandler)}
}

func (s liveStore) open(t *testing.T) *dataprotection.KeyRing {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), s.config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

func TestLiveStores(t *testing.T) {
	for _, kind := range liveStores {
		t.Run(kind.name, func(t *testing.T) {
			t.Run("the reference makes the key", func(t *testing.T) {
				s := kind.make(t)
				app := serve(t, []string{s.name})()
				app.protect(t, "p", "makes a key")
				ring := s.open(t)
				bothWays(t, app, ring)
				revokeBothWays(t, s, app, ring)
			})
			t.Run("we make the key", func(t *testing.T) {
				s := kind.make(t)
				ring := s.open(t)
				app := serve(t, []string{s.name}, "ORACLE_READS_ONLY=1")()
				bothWays(t, app, ring)
				if n := len(app.keys(t)); n != 1 {
					t.Errorf("the reference sees %d keys, want 1", n)
				}
			})
		})
	}
}

// revokeBothWays has the reference revoke a key, then us, and compares what lies
// in the store afterwards.
func revokeBothWays(t *testing.T, s liveStore, app *liveApp, ring *dataprotection.KeyRing) {
	t.Helper()
	text, first := app.protect(t, "rev", "before"), ring.Status().SealingKey
	app.post(t, "/revoke?id="+first.String())
	refused := func() bool {
		_, err := ring.Protector("rev").UnprotectString(t.Context(), text)
		return errors.Is(err, dataprotection.ErrInvalidPayload)
	}
	within(t, 2*pollInterval, "what the reference has revoked is refused here", refused)
	within(t, 2*pollInterval, "another key seals", func() bool {
		key := ring.Status().SealingKey
		return key != first && key != dataprotection.KeyID{} // the revocation counts before the new key is made
	})
	bothWays(t, app, ring)

	text = app.protect(t, "rev", "later")
	m, err := dataprotection.NewManager(t.Context(), s.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Revoke(t.Context(), ring.Status().SealingKey, "lost <laptop>"); err != nil {
		t.Fatal(err)
	}
	within(t, 2*pollInterval, "what we have revoked is refused here", refused)
	app.stop() // it reads the revocations of others when it is started
	again := serve(t, []string{s.name})()
	if status, body := again.unprotect(t, "rev", text); status != http.StatusInternalServerError {
		t.Errorf("the reference answers %d %q to what we have revoked, want 500", status, body)
	}
	bothWays(t, again, ring)
	sameForm(t, s.stored(t))
}

// variable is what differs between two elements of one kind.
var variable = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[0-9:.]+Z|[A-Za-z0-9+/]{86}==|Version=[0-9.]+|<reason( />|>[^<]*</reason>)`)

// sameForm fails the test unless all keys are of one form and all revocations of
// another, whoever has written them.
func sameForm(t *testing.T, stored []string) {
	t.Helper()
	forms := map[string]int{}
	for _, text := range stored {
		forms[variable.ReplaceAllString(text, "*")]++
	}
	if len(forms) != 2 || len(stored) < 4 {
		t.Errorf("%d elements are of %d forms, want 2:", len(stored), len(forms))
		for form, n := range forms {
			t.Errorf("%d times %s", n, form)
		}
	}
}

// The table that Entity Framework Core makes is the one that we make.
func TestLiveTables(t *testing.T) {
	for _, row := range []struct {
		name, driver string
		make         func(t *testing.T) liveStore
		dialect      sqlstore.Dialect
		describe     string
	}{
		{"SQLite", "sqlite", liveSQLite, sqlstore.SQLite, `SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '%s'`},
		{"PostgreSQL", "pgx", livePostgreSQL, sqlstore.PostgreSQL, `SELECT concat_ws(' ', column_name, data_type, is_nullable, is_identity, identity_generation, column_default)
			FROM information_schema.columns WHERE table_name = '%s' ORDER BY ordinal_position`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := row.make(t)
			serve(t, []string{s.name})()
			_, dsn, _ := strings.Cut(s.name, ":")
			if row.dialect == sqlstore.PostgreSQL {
				dsn = postgresDSN(dsn)
			}
			db, err := sql.Open(row.driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			ours, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: row.dialect, Table: "OurOwnKeyTable"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), ours.Schema()); err != nil {
				t.Fatal(err)
			}
			describe := func(table string) string {
				text := strings.Join(column(t, db, fmt.Sprintf(row.describe, table)), "\n")
				return strings.Join(strings.Fields(strings.NewReplacer(table, "T", "(", " ( ", ")", " ) ").Replace(text)), " ")
			}
			if got, want := describe("OurOwnKeyTable"), describe("DataProtectionKeys"); got != want {
				t.Errorf("our table is\n%s\nthat of the reference\n%s", got, want)
			}
		})
	}
}
