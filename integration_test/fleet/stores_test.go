package fleet_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/redisstore"
	"github.com/sealring/sealring/dataprotection/sqlstore"
	"github.com/sealring/sealring/internal/realtest"
)

// A medium is where a fleet keeps its ring. Its addresses are texts, so that a
// process can be told: "kind name dsn".
type medium struct {
	name    string
	server  *realtest.Server // nil where there is none
	address func(name string) string
}

// directory is a directory on this machine.
func directory(t *testing.T) medium {
	dir := t.TempDir()
	return medium{name: "directory", address: func(name string) string { return "directory " + filepath.Join(dir, name) + " -" }}
}

func sqliteFile(t *testing.T) medium {
	dir := t.TempDir()
	return medium{name: "SQLite", address: func(name string) string { return "sqlite keys " + filepath.Join(dir, name+".db") }}
}

func redisServer(t *testing.T) medium {
	atLength(t)
	return medium{name: "Redis"}.on("redis", realtest.Redis(t))
}

func postgreSQLServer(t *testing.T) medium {
	atLength(t)
	return medium{name: "PostgreSQL"}.on("postgres", realtest.PostgreSQL(t, "max_connections=200"))
}

func mariaDBServer(t *testing.T) medium {
	atLength(t)
	return medium{name: "MariaDB"}.on("mariadb", realtest.MariaDB(t))
}

// atLength skips what takes a server, whose start takes seconds.
func atLength(t *testing.T) {
	t.Helper()
	if !realtest.All() {
		t.Skip("only with SEALRING_REQUIRE=all")
	}
}

func (m medium) on(kind string, server *realtest.Server) medium {
	m.server = server
	m.address = func(name string) string { return kind + " " + name + " " + server.DSN }
	return m
}

// open returns the store at an address, and what closes its connections.
func open(address string) (dataprotection.Store, func() error, error) {
	fields := strings.SplitN(address, " ", 3)
	kind, name, dsn := fields[0], fields[1], fields[2]
	switch kind {
	case "directory":
		return filestore.New(name), func() error { return nil }, nil
	case "redis":
		options, err := redis.ParseURL(dsn)
		if err != nil {
			return nil, nil, err
		}
		redis.SetLogger(silent{})
		client := redis.NewClient(options)
		s, err := redisstore.New(redisstore.Config{Client: client, Key: name})
		return s, client.Close, err
	case "postgres":
		return openSQL("pgx", dsn, sqlstore.Config{Dialect: sqlstore.PostgreSQL, Table: name, Listen: listener(dsn)})
	case "mariadb":
		_ = mysql.SetLogger(&mysql.NopLogger{})
		return openSQL("mysql", dsn, sqlstore.Config{Dialect: sqlstore.MariaDB, Table: name})
	case "sqlite":
		return openSQL("sqlite", dsn, sqlstore.Config{Dialect: sqlstore.SQLite, Table: name})
	}
	return nil, nil, fmt.Errorf("unknown store %q", address)
}

func openSQL(driver, dsn string, cfg sqlstore.Config) (dataprotection.Store, func() error, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	cfg.DB, cfg.CreateTable = db, true
	s, err := sqlstore.New(cfg)
	return s, db.Close, err
}

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

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// openFor opens a store for as long as a test runs.
func openFor(t *testing.T, address string) dataprotection.Store {
	t.Helper()
	s, closeStore, err := open(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore() })
	return s
}
