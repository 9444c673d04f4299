package sqltickets_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/sessiontest"
	"github.com/sealring/sealring/cookieauth/sqltickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

var (
	_ cookieauth.TicketStore  = (*sqltickets.Store)(nil)
	_ cookieauth.CutoffStore  = (*sqltickets.Store)(nil)
	_ dataprotection.Notifier = (*sqltickets.Store)(nil)
)

// TestEngines runs every test that takes a database with each kind of them. Those
// that hurt the server come last.
func TestEngines(t *testing.T) {
	for _, kind := range engines {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			e := kind.start(t)
			e.start = func() { e.server.Start(t) } // and it outlives a subtest
			for _, test := range []struct {
				name string
				run  func(t *testing.T, e engine)
			}{
				{"layout", testLayout},
				{"tables are made by many", testTablesMadeByMany},
				{"no tables", testNoTables},
				{"schemas", testSchemas},
				{"what has expired is removed", testSweep},
				{"long texts", testLongTexts},
				{"lost version", testLostVersion},
				{"permissions", testPermissions},
				{"strict isolation", testStrictIsolation},
				{"contract", testContract},
				{"server away", testServerAway},
			} {
				t.Run(test.name, func(t *testing.T) { test.run(t, e) })
			}
		})
	}
}

func testContract(t *testing.T, e engine) {
	if e.server != nil && !realtest.All() {
		t.Skip("it takes ten seconds: only with SEALRING_REQUIRE=all")
	}
	options, prefixes := sessiontest.Options{}, &prefixes{}
	if e.server != nil {
		options.Restart = func() {
			e.server.Stop()
			e.start()
		}
	}
	sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
		prefix := prefixes.next()
		e.store(t, prefix)
		return func() sessiontest.Store { return e.handle(t, prefix) }
	}, options)
}

func BenchmarkStore(b *testing.B) {
	for _, kind := range engines {
		b.Run(kind.name, func(b *testing.B) { sessiontest.Benchmark(b, kind.start(b).store(b, "")) })
	}
}

func TestConfig(t *testing.T) {
	_, err := sqltickets.New(sqltickets.Config{Prefix: "a\x00", Schema: "\x00", Listen: listener("")})
	want := "sqltickets: invalid configuration: DB: required; Dialect: required: PostgreSQL, MariaDB or SQLite; " +
		"Prefix: contains a NUL; Schema: contains a NUL; Listen: only PostgreSQL has notifications"
	if err == nil || err.Error() != want {
		t.Errorf("got error %v\nwant %s", err, want)
	}
	e := engine{sqltickets.SQLite, "sqlite", ":memory:", nil, nil}
	if _, err := sqltickets.New(sqltickets.Config{DB: e.open(t), Dialect: sqltickets.SQLite, Schema: "s"}); err == nil || !strings.Contains(err.Error(), "SQLite has none") {
		t.Errorf("got error %v", err)
	}
	s := newStore(t, sqltickets.Config{DB: e.open(t), Dialect: sqltickets.SQLite})
	if err := s.Notify(t.Context(), func() {}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Notify: got error %v", err)
	}
	for d, want := range map[sqltickets.Dialect]string{0: "unknown", sqltickets.MariaDB: "MariaDB", 9: "unknown"} {
		if got := d.String(); got != want {
			t.Errorf("dialect %d is called %s, want %s", d, got, want)
		}
	}
}

func testLayout(t *testing.T, e engine) {
	s := e.store(t, "")
	given := session("A", "alice")
	create(t, s, given)
	ended := cookieauth.Cutoff{Session: "B", Until: given.Expires}
	if err := s.AddCutoffs(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		fmt.Sprintf(`SELECT COUNT(*) FROM sealring_sessions WHERE id = 'A' AND user_id = 'alice' AND created = %d AND expires = %d`, given.Created.UnixMicro(), given.Expires.UnixMicro()): 1,
		fmt.Sprintf(`SELECT COUNT(*) FROM sealring_cutoffs WHERE session_id = 'B' AND user_id = '' AND except_id = '' AND until_time = %d`, ended.Until.UnixMicro()):                       1,
		`SELECT COUNT(*) FROM sealring_cutoffs_version WHERE id = 1 AND LENGTH(version) = 26`:                                                                                              1,
		`SELECT COUNT(*) FROM sealring_sessions`: 1,
		`SELECT COUNT(*) FROM sealring_cutoffs`:  1,
	} {
		if got := e.count(t, query); got != want {
			t.Errorf("%s: got %d, want %d", query, got, want)
		}
	}
	if want := e.dialect.String() + " tables sealring_*"; s.String() != want {
		t.Errorf("it is called %s, want %s", s, want)
	}
}

func testTablesMadeByMany(t *testing.T, e engine) {
	const n = 8
	errs := make(chan error, n)
	for range n {
		s := e.handle(t, "by many ")
		go func() { errs <- s.CreateTables(t.Context()) }()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	create(t, e.handle(t, "by many "), session("A", "u"))
}

// failing fails the test if err is not one that says that.
func failing(t *testing.T, what string, err error, text string) {
	t.Helper()
	if err == nil || errors.Is(err, cookieauth.ErrNoSession) || errors.Is(err, dataprotection.ErrNotModified) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want one that says %q", what, err, text)
	}
}

// allFail fails the test if there is a method that does not fail so.
func allFail(t *testing.T, s *sqltickets.Store, text string) {
	t.Helper()
	failing(t, "Create", s.Create(t.Context(), session("B", "u")), text)
	got, err := s.Load(t.Context(), "A")
	failing(t, "Load", err, text)
	if got != nil {
		t.Error("Load returned a session with an error")
	}
	failing(t, "Update", s.Update(t.Context(), session("A", "u")), text)
	failing(t, "End", s.End(t.Context(), "A", "B"), text)
	_, err = s.ByUser(t.Context(), "u")
	failing(t, "ByUser", err, text)
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs", err, text)
	failing(t, "AddCutoffs", s.AddCutoffs(t.Context(), cutoff("u")), text)
}

func testNoTables(t *testing.T, e engine) {
	allFail(t, e.handle(t, "there are none "), "make them once with CreateTables")
}

func testSchemas(t *testing.T, e engine) {
	if e.server == nil {
		t.Skip("SQLite has none")
	}
	e.exec(t, `CREATE SCHEMA "an ""other"`)
	name := `an "other`
	if e.dialect == sqltickets.MariaDB {
		name = "an `other"
	}
	s := newStore(t, sqltickets.Config{DB: e.open(t), Dialect: e.dialect, Prefix: "it's ", Schema: name})
	if err := s.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	create(t, s, session("A", "u"))
	if err := s.AddCutoffs(t.Context(), cutoff("u"), cutoff("u")); err != nil {
		t.Error(err)
	}
	if want := e.dialect.String() + " tables " + name + ".it's *"; s.String() != want {
		t.Errorf("it is called %s, want %s", s, want)
	}
}

// Sessions that have expired go as others come; an hour is left for other clocks.
func testSweep(t *testing.T, e engine) {
	s := e.store(t, "sweep")
	for i, ago := range []time.Duration{90 * time.Minute, 61 * time.Minute, 59 * time.Minute, -time.Minute} {
		old := session(fmt.Sprint("OLD", i), "u")
		old.Expires = time.Now().Add(-ago)
		create(t, s, old)
	}
	for i := range 10 {
		create(t, s, session(fmt.Sprint("NEW", i), "u"))
	}
	if got := e.count(t, `SELECT COUNT(*) FROM sweepsessions`); got != 12 {
		t.Errorf("%d sessions are left, want 12", got)
	}
	past := cutoff("past")
	past.Until = time.Now().Add(-61 * time.Minute)
	for _, c := range []cookieauth.Cutoff{past, cutoff("u")} {
		if err := s.AddCutoffs(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.count(t, `SELECT COUNT(*) FROM sweepcutoffs`); got != 1 {
		t.Errorf("%d cut-offs are left, want 1", got)
	}
}

func testLongTexts(t *testing.T, e engine) {
	s := e.store(t, "long")
	given := session("A", "u")
	create(t, s, given)
	given.Scheme = strings.Repeat("s", 513)
	failing(t, "Update", s.Update(t.Context(), given), "a text of 513 bytes")
	given.ID, given.Scheme, given.User = "B", "s", strings.Repeat("u", 513)
	failing(t, "Create", s.Create(t.Context(), given), "a text of 513 bytes")
}

// Without the row that has the version the list is whole all the same.
func testLostVersion(t *testing.T, e engine) {
	s := e.store(t, "lost")
	_, first, err := s.LoadCutoffs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	given := cutoff("u")
	if err := s.AddCutoffs(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	_, second, err := s.LoadCutoffs(t.Context(), first)
	if err != nil || second == first {
		t.Fatalf("got version %q and error %v", second, err)
	}
	e.exec(t, `DELETE FROM "lostcutoffs_version"`)
	for _, since := range []dataprotection.Version{"", first, second} {
		list, _, err := s.LoadCutoffs(t.Context(), since)
		if err != nil || len(list) != 1 || list[0] != given {
			t.Errorf("since %q: got %v and error %v", since, list, err)
		}
	}
}

// The permissions that docs/sessions.md names are enough.
func testPermissions(t *testing.T, e engine) {
	if e.server == nil {
		t.Skip("SQLite has the file's permissions")
	}
	e.store(t, "granted ")
	user, login := `app2@'%'`, strings.Replace(e.dsn, "root@", "app2@", 1)
	if e.dialect == sqltickets.PostgreSQL {
		user, login = "app2", strings.Replace(e.dsn, "app@", "app2@", 1)
	}
	e.exec(t, `CREATE USER `+user)
	restricted := e
	restricted.dsn = login
	allFail(t, restricted.handle(t, "granted "), "docs/sessions.md lists the permissions")
	for _, table := range []string{"sessions", "cutoffs", "cutoffs_version"} {
		e.exec(t, `GRANT SELECT, INSERT, UPDATE, DELETE ON "granted `+table+`" TO `+user)
	}
	s := restricted.handle(t, "granted ")
	for i := range 10 {
		create(t, s, session(fmt.Sprint(i), "u"))
	}
	list, err := s.ByUser(t.Context(), "u")
	if err != nil || len(list) != 10 {
		t.Errorf("got %d sessions and error %v", len(list), err)
	}
	if err := errors.Join(s.Update(t.Context(), session("1", "u")), s.End(t.Context(), "1", "2"), s.AddCutoffs(t.Context(), cutoff("u"))); err != nil {
		t.Error(err)
	}
	if err := s.Update(t.Context(), session("1", "u")); !errors.Is(err, cookieauth.ErrNoSession) {
		t.Errorf("got error %v", err)
	}
	if list, _, err := s.LoadCutoffs(t.Context(), ""); err != nil || len(list) != 1 {
		t.Errorf("got %d cut-offs and error %v", len(list), err)
	}
}

// Where transactions are refused that cannot be put into an order, they are tried again.
func testStrictIsolation(t *testing.T, e engine) {
	switch e.dialect {
	case sqltickets.PostgreSQL:
		e.exec(t, `ALTER ROLE app SET default_transaction_isolation = 'serializable'`)
		defer e.exec(t, `ALTER ROLE app RESET default_transaction_isolation`)
	case sqltickets.MariaDB:
		e.exec(t, `SET GLOBAL tx_isolation = 'SERIALIZABLE'`)
		defer e.exec(t, `SET GLOBAL tx_isolation = 'REPEATABLE-READ'`)
	}
	e.store(t, "strict")
	const n = 6
	errs := make(chan error, n)
	for i := range n {
		s := e.handle(t, "strict")
		go func() {
			var failed []error
			for j := range 20 {
				given := session(fmt.Sprintf("%d-%d", i, j), "u")
				_, _, loadErr := s.LoadCutoffs(t.Context(), "")
				failed = append(failed, loadErr, s.AddCutoffs(t.Context(), cutoff(given.ID)), s.Create(t.Context(), given), s.Update(t.Context(), given))
				if j%2 == 0 {
					failed = append(failed, s.End(t.Context(), given.ID))
				}
			}
			errs <- errors.Join(failed...)
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := e.count(t, `SELECT COUNT(*) FROM strictsessions`); got != n*10 {
		t.Errorf("%d sessions are left, want %d", got, n*10)
	}
	if got := e.count(t, `SELECT COUNT(*) FROM strictcutoffs`); got != n*20 {
		t.Errorf("there are %d cut-offs, want %d", got, n*20)
	}
}

func testServerAway(t *testing.T, e engine) {
	if e.server == nil {
		t.Skip("there is no server")
	}
	s := e.store(t, "away")
	create(t, s, session("A", "u"))
	e.server.Stop()
	_, _ = s.Load(t.Context(), "A") // which finds out that its connection is dead
	allFail(t, s, "refused")
	e.start()
	if err := s.Update(t.Context(), session("A", "u")); err != nil {
		t.Errorf("after the restart: %v", err)
	}
}

func TestNotADatabase(t *testing.T) {
	e := engine{sqltickets.SQLite, "sqlite", t.TempDir(), nil, nil}
	s := newStore(t, sqltickets.Config{DB: e.open(t), Dialect: sqltickets.SQLite})
	allFail(t, s, "unable to open database file")
	failing(t, "CreateTables", s.CreateTables(t.Context()), "unable to open database file")
}
