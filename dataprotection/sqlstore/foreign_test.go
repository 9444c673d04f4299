package sqlstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

// Another program is in the middle of an INSERT when an instance compares and
// adds: the instance waits for it and then finds that the table has changed.
func testForeignWriters(t *testing.T, e engine) {
	for _, row := range []struct{ name, first string }{
		{"an empty table", ""},
		{"a table with rows", "<first />"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := e.store(t, row.name)
			add(t, s, "<made />")
			if err := s.Remove(t.Context(), load(t, s).Elements...); err != nil {
				t.Fatal(err)
			}
			if row.first != "" {
				add(t, s, row.first)
			}
			seen := load(t, s).Version

			foreign, err := e.open(t).Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer foreign.Close()
			insert := `INSERT INTO "` + row.name + `" ("Xml") VALUES ('<foreign />')`
			if e.dialect == sqlstore.MariaDB {
				insert = strings.ReplaceAll(insert, `"`, "`")
			}
			for _, statement := range []string{"BEGIN", insert} {
				if _, err := foreign.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			added := make(chan error, 1)
			go func() { added <- s.Add(t.Context(), element("<ours />"), seen) }()
			select {
			case err := <-added:
				t.Fatalf("Add did not wait: %v", err)
			case <-time.After(300 * time.Millisecond):
			}
			if _, err := foreign.ExecContext(t.Context(), "COMMIT"); err != nil {
				t.Fatal(err)
			}
			if err := <-added; !errors.Is(err, dataprotection.ErrConflict) {
				t.Errorf("got error %v, want %v", err, dataprotection.ErrConflict)
			}
			if got, want := texts(load(t, s)), strings.TrimPrefix(row.first+"|<foreign />", "|"); got != want {
				t.Errorf("the table holds %s, want %s", got, want)
			}
		})
	}
}
