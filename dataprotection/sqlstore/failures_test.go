package sqlstore_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

func testServerAway(t *testing.T, e engine) {
	if e.server == nil {
		t.Skip("there is no server")
	}
	s := e.store(t, "")
	add(t, s, "<a />")
	snap := load(t, s)
	e.server.Kill()
	_, err := s.Load(t.Context(), "")
	outage(t, "Load", err, "list: "+s.String())
	_, err = s.Load(t.Context(), snap.Version)
	outage(t, "Load since", err, "refused")
	outage(t, "Add", s.Add(t.Context(), element("<b />"), snap.Version), "refused")
	outage(t, "Replace", s.Replace(t.Context(), snap.Elements[0], element("<b />")), "refused")
	outage(t, "Remove", s.Remove(t.Context(), snap.Elements...), "refused")
	e.server.Start(t)
	within(t, patience, "nothing is new after the restart", func() bool {
		_, err := s.Load(t.Context(), snap.Version)
		return errors.Is(err, dataprotection.ErrNotModified)
	})
	if err := s.Add(t.Context(), element("<b />"), snap.Version); err != nil {
		t.Errorf("Add after the restart: %v", err)
	}
}

// name is that of the engine's database.
func (e engine) name() string {
	name, _, _ := strings.Cut(e.dsn[strings.LastIndex(e.dsn, "/")+1:], "?")
	return name
}

// asUser returns the engine with the login of a user app2.
func (e engine) asUser() engine {
	if e.dialect == sqlstore.PostgreSQL {
		u, _ := url.Parse(e.dsn)
		u.User = url.User("app2")
		e.dsn = u.String()
	} else {
		e.dsn = strings.Replace(e.dsn, "root@", "app2@", 1)
	}
	return e
}

// permissions are those of docs/load-balancing.md.
var permissions = map[sqlstore.Dialect][]string{
	sqlstore.PostgreSQL: {`CREATE USER app2`, `GRANT SELECT, INSERT, UPDATE, DELETE ON "DataProtectionKeys" TO app2`},
	sqlstore.MariaDB:    {`CREATE USER app2@'%'`, `GRANT SELECT, INSERT, UPDATE, DELETE ON "DataProtectionKeys" TO app2@'%'`},
}

func testPermissions(t *testing.T, e engine) {
	if e.server == nil {
		t.Skip("SQLite has the file's permissions")
	}
	e.exec(t, e.store(t, "").Schema())
	e.exec(t, permissions[e.dialect]...)
	s := e.asUser().store(t, "")
	snap := load(t, s)
	if err := s.Add(t.Context(), element("<a />"), snap.Version); err != nil {
		t.Fatal(err)
	}
	if err := s.Replace(t.Context(), load(t, s).Elements[0], element("<b />")); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(t.Context(), load(t, s).Elements...); err != nil {
		t.Fatal(err)
	}

	revoke := map[sqlstore.Dialect]string{
		sqlstore.PostgreSQL: `REVOKE INSERT, UPDATE, DELETE ON "DataProtectionKeys" FROM app2`,
		sqlstore.MariaDB:    `REVOKE INSERT, UPDATE, DELETE ON "DataProtectionKeys" FROM app2@'%'`,
	}
	e.exec(t, revoke[e.dialect])
	load(t, s)
	outage(t, "Add without permission", s.Add(t.Context(), element("<a />"), ""), "lists the permissions")
	other := e.asUser().store(t, "made by nobody")
	outage(t, "Add without permission to make the table", other.Add(t.Context(), element("<a />"), ""), "lists the permissions")
}

func testReadOnlyDatabase(t *testing.T, e engine) {
	s := e.store(t, "")
	add(t, s, "<a />")
	switch e.dialect {
	case sqlstore.PostgreSQL:
		e.exec(t, `ALTER ROLE app IN DATABASE `+e.name()+` SET default_transaction_read_only = on`)
		s = e.store(t, "")
	case sqlstore.MariaDB:
		e.exec(t, `SET GLOBAL read_only = ON`, `GRANT ALL ON `+e.name()+`.* TO app2@'%'`)
		defer e.exec(t, `SET GLOBAL read_only = OFF`)
		s = e.asUser().store(t, "")
	case sqlstore.SQLite:
		e.dsn = "file:" + e.dsn + "?mode=ro"
		s = e.store(t, "")
	}
	if got := texts(load(t, s)); got != "<a />" {
		t.Errorf("got %s", got)
	}
	outage(t, "Add", s.Add(t.Context(), element("<b />"), ""), "connect to the primary")
}

func TestNotADatabase(t *testing.T) {
	e := sqlite(t)
	if err := os.WriteFile(e.dsn, []byte(strings.Repeat("this is something else. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := e.store(t, "")
	_, err := s.Load(t.Context(), "")
	outage(t, "Load", err, "not a database")
	outage(t, "Add", s.Add(t.Context(), element("<a />"), ""), "not a database")
}
