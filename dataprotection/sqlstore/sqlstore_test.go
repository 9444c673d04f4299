package sqlstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/sqlstore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

var (
	_ dataprotection.Store    = (*sqlstore.Store)(nil)
	_ dataprotection.Replacer = (*sqlstore.Store)(nil)
	_ dataprotection.Remover  = (*sqlstore.Store)(nil)
	_ dataprotection.Notifier = (*sqlstore.Store)(nil)
)

func testContract(t *testing.T, e engine) {
	names := &tables{}
	storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
		table := names.next()
		return func() dataprotection.Store { return e.store(t, table) }
	}, storetest.Options{RepeatedNames: true, Form: keyxml.OneLine})
}

func testLayout(t *testing.T, e engine) {
	s := e.store(t, "")
	t.Run("SQL-6 one row, name and text as given, on one line", func(t *testing.T) {
		err := s.Add(t.Context(), dataprotection.Element{Name: "key-1", XML: []byte("\ufeff<?xml version=\"1.0\"?>\n<Element1>\n  <a/>\n</Element1>")}, "")
		if err != nil {
			t.Fatal(err)
		}
		var name, text string
		query := `SELECT "FriendlyName", "Xml" FROM "DataProtectionKeys" WHERE "Id" = 1`
		if e.dialect == sqlstore.MariaDB {
			query = strings.ReplaceAll(query, `"`, "`")
		}
		if err := e.open(t).QueryRowContext(t.Context(), query).Scan(&name, &text); err != nil || name != "key-1" || text != "<Element1><a /></Element1>" {
			t.Errorf("the row holds %q, %q, %v", name, text, err)
		}
	})
	t.Run("SQL-7 two written, two read by another connection", func(t *testing.T) {
		add(t, s, "<Element2 />")
		if got, want := texts(load(t, e.store(t, ""))), "<Element1><a /></Element1>|<Element2 />"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	t.Run("rows without XML are passed over, without a name are read", func(t *testing.T) {
		before := load(t, s)
		e.exec(t,
			`INSERT INTO "DataProtectionKeys" ("FriendlyName", "Xml") VALUES ('x', NULL)`,
			`INSERT INTO "DataProtectionKeys" ("FriendlyName", "Xml") VALUES ('x', '')`)
		if _, err := s.Load(t.Context(), before.Version); !errors.Is(err, dataprotection.ErrNotModified) {
			t.Errorf("after rows without XML: %v, want %v", err, dataprotection.ErrNotModified)
		}
		e.exec(t, `INSERT INTO "DataProtectionKeys" ("FriendlyName", "Xml") VALUES (NULL, '<Element3/>')`)
		last := load(t, s).Elements[2]
		if last.Name != "" || last.Ref != "row 5" || string(last.XML) != "<Element3/>" {
			t.Errorf("got %q, %q, %s", last.Name, last.Ref, last.XML)
		}
	})
	t.Run("blank and malformed text is given out, and the ring refuses it", func(t *testing.T) {
		e.exec(t, `INSERT INTO "DataProtectionKeys" ("FriendlyName", "Xml") VALUES (NULL, '  ')`)
		if got := load(t, s).Elements; len(got) != 4 || string(got[3].XML) != "  " {
			t.Errorf("got %d elements, want 4, the last of them blank", len(got))
		}
		_, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "a", Store: s})
		if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "parse row 6") {
			t.Errorf("Open: got error %v, want one that names row 6", err)
		}
	})
	t.Run("what is no element is not stored", func(t *testing.T) {
		before := load(t, s)
		for _, text := range []string{"", " ", "<a", "<a/><b/>", "text", "<a>" + strings.Repeat("x", 64<<10) + "</a>"} {
			if err := s.Add(t.Context(), element(text), ""); err == nil {
				t.Errorf("Add of %.20q succeeded", text)
			}
			if err := s.Replace(t.Context(), before.Elements[0], element(text)); err == nil {
				t.Errorf("Replace by %.20q succeeded", text)
			}
		}
		if _, err := s.Load(t.Context(), before.Version); !errors.Is(err, dataprotection.ErrNotModified) {
			t.Errorf("the table has changed: %v", err)
		}
	})
}

// What ASP.NET Core has written opens from a table as its own package fills one,
// and from one that somebody filled from files.
func TestReferenceKeys(t *testing.T) {
	files, err := filepath.Glob("../internal/keyxml/testdata/reference/*/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	e := sqlite(t)
	s := e.store(t, "")
	add(t, s, "<a />")
	db := e.open(t)
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		line, err := keyxml.OneLine(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{line, file, bytes.Join([][]byte{line, []byte("\r\n ")}, nil)} {
			if _, err := db.ExecContext(t.Context(), `INSERT INTO "DataProtectionKeys" ("FriendlyName", "Xml") VALUES (NULL, ?)`, string(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	loaded := load(t, s).Elements
	if want := 1 + 3*len(files); len(loaded) != want {
		t.Errorf("got %d elements, want %d", len(loaded), want)
	}
	for _, e := range loaded {
		if _, err := keyxml.Parse(e.XML); err != nil {
			t.Errorf("%s: %v", e.Ref, err)
		}
	}
}

func TestConfig(t *testing.T) {
	e := sqlite(t)
	for _, row := range []struct {
		name string
		cfg  sqlstore.Config
		want []string
	}{
		{"nothing", sqlstore.Config{}, []string{"DB: required", "Dialect: required"}},
		{"unknown dialect", sqlstore.Config{DB: e.open(t), Dialect: 4}, []string{"Dialect: required"}},
		{"NULs", sqlstore.Config{DB: e.open(t), Dialect: sqlstore.SQLite, Table: "a\x00", Schema: "\x00"}, []string{"Table: contains", "Schema: contains"}},
		{"news without PostgreSQL", sqlstore.Config{DB: e.open(t), Dialect: sqlstore.MariaDB, Listen: listener("")}, []string{"Listen: only PostgreSQL"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := sqlstore.New(row.cfg)
			for _, want := range row.want {
				if s != nil || err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, %v, want an error with %q", s, err, want)
				}
			}
		})
	}
	for _, row := range []struct {
		cfg  sqlstore.Config
		want string
	}{
		{sqlstore.Config{DB: e.open(t), Dialect: sqlstore.SQLite}, "SQLite table DataProtectionKeys"},
		{sqlstore.Config{DB: e.open(t), Dialect: sqlstore.PostgreSQL, Schema: "auth", Table: "keys"}, "PostgreSQL table auth.keys"},
		{sqlstore.Config{DB: e.open(t), Dialect: sqlstore.MariaDB}, "MariaDB table DataProtectionKeys"},
	} {
		if got := newStore(t, row.cfg).String(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
	if got := sqlstore.Dialect(0).String(); got != "unknown" {
		t.Errorf("got %q", got)
	}
}

func TestZeroStore(t *testing.T) {
	var s sqlstore.Store
	_, loadErr := s.Load(t.Context(), "")
	for what, err := range map[string]error{
		"Load":              loadErr,
		"Add":               s.Add(t.Context(), element("<a />"), ""),
		"Remove of nothing": s.Remove(t.Context()),
		"Remove":            s.Remove(t.Context(), dataprotection.Element{Ref: "row 1"}),
	} {
		if err == nil || !strings.Contains(err.Error(), "made with New") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Notify(t.Context(), func() {}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Notify: %v", err)
	}
}

func TestForeignRefs(t *testing.T) {
	s := sqlite(t).store(t, "")
	for _, ref := range []string{"", "1", "key-1.xml", "row ", "row x"} {
		e := dataprotection.Element{Ref: ref, XML: []byte("<a />")}
		if err := s.Remove(t.Context(), e); err == nil || errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("Remove %q: %v", ref, err)
		}
		if err := s.Replace(t.Context(), e, e); err == nil || errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("Replace %q: %v", ref, err)
		}
	}
}
