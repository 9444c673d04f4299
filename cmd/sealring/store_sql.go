package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

// openSQL takes URLs of PostgreSQL, MariaDB and SQLite, with the table as ?table=.
func openSQL(name string) (dataprotection.Store, error) {
	cfg, err := sqlConfig(name)
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("--store %s: %w", withoutPassword(name), err)
	}
	return store, nil
}

func sqlConfig(name string) (cfg sqlstore.Config, err error) {
	u, err := parseSQL(name)
	if err != nil {
		return cfg, err
	}
	q := u.Query()
	cfg = sqlstore.Config{Table: q.Get("table"), CreateTable: q.Has("create")}
	q.Del("table")
	q.Del("create")
	u.RawQuery = q.Encode()
	var driver, dsn string
	switch u.Scheme {
	case "postgres", "postgresql":
		cfg.Dialect, driver, dsn = sqlstore.PostgreSQL, "pgx", u.String()
	case "mysql", "mariadb":
		cfg.Dialect, driver, dsn = sqlstore.MariaDB, "mysql", mariaDSN(u)
	default:
		cfg.Dialect, driver, dsn = sqlstore.SQLite, "sqlite", strings.TrimPrefix(u.String(), "sqlite:")
	}
	if cfg.DB, err = sql.Open(driver, dsn); err != nil {
		return cfg, usagef("--store %s: %v", withoutPassword(name), err)
	}
	return cfg, nil
}

func parseSQL(name string) (*url.URL, error) {
	if !strings.HasPrefix(name, "sqlite:") {
		return parseURL(name, "postgres://USER:PASSWORD@HOST:PORT/DATABASE?table=TABLE")
	}
	u, err := url.Parse(name)
	if err != nil || u.Opaque+u.Path == "" {
		return nil, usagef("--store %s: it has the form sqlite:FILE", name)
	}
	return u, nil
}

// mariaDSN turns a URL into the form of the driver.
func mariaDSN(u *url.URL) string {
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	if u.Port() == "" {
		c.Addr += ":3306"
	}
	if u.User != nil {
		c.User = u.User.Username()
		c.Passwd, _ = u.User.Password()
	}
	c.Params = map[string]string{}
	for key, values := range u.Query() {
		c.Params[key] = values[0]
	}
	return c.FormatDSN()
}
