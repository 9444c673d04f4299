package sqltickets

import (
	"fmt"
	"strings"

	"github.com/sealring/sealring/internal/sqlserver"
)

// A Dialect is what a database speaks.
type Dialect int

// The dialects. There is no default.
const (
	_          Dialect = iota
	PostgreSQL         // 11 and newer
	MariaDB            // and MySQL 5.7 and newer, with InnoDB
	SQLite             // 3.24 and newer
)

func (d Dialect) valid() bool { return d >= PostgreSQL && d <= SQLite }

// String is the name of the database.
func (d Dialect) String() string {
	if !d.valid() {
		return "unknown"
	}
	return [...]string{PostgreSQL: "PostgreSQL", MariaDB: "MariaDB", SQLite: "SQLite"}[d]
}

// statements are the texts of one store. The arguments of each stand in the order
// in which the text has them.
type statements struct {
	schema []string

	load   string // columns by id
	byUser string // columns by user
	create string // the columns; none is inserted, or it fails, if there is one with that id
	update string // scheme, seen, expires, address, agent, ticket; id
	exists string // by id
	end    string // an id, to which more and a parenthesis are added
	sweep  string // those that have expired before that time

	version    string // the version
	setVersion string // the version
	cutoffs    string // all of them
	addCutoff  string // session, user, before, except, until
	forget     string // before that Until
	announce   string // or none
}

const (
	columns       = "id, scheme, user_id, created, seen, expires, address, agent, ticket"
	cutoffColumns = "session_id, user_id, before_time, except_id, until_time"
)

// statements makes the texts from one form, in which @ stands for an argument,
// [name] for a table and <name> for an index.
func (c Config) statements() statements {
	s := statements{
		load:      "SELECT " + columns + " FROM [sessions] WHERE id = @",
		byUser:    "SELECT " + columns + " FROM [sessions] WHERE user_id = @",
		create:    "INSERT INTO [sessions] (" + columns + ") VALUES (@, @, @, @, @, @, @, @, @)",
		update:    "UPDATE [sessions] SET scheme = @, seen = @, expires = @, address = @, agent = @, ticket = @ WHERE id = @",
		exists:    "SELECT COUNT(*) FROM [sessions] WHERE id = @",
		end:       "DELETE FROM [sessions] WHERE id IN (@",
		sweep:     "DELETE FROM [sessions] WHERE id IN (SELECT id FROM [sessions] WHERE expires < @ ORDER BY expires LIMIT 50)",
		version:   "SELECT version FROM [cutoffs_version] WHERE id = 1",
		cutoffs:   "SELECT " + cutoffColumns + " FROM [cutoffs]",
		forget:    "DELETE FROM [cutoffs] WHERE until_time < @",
		addCutoff: "INSERT INTO [cutoffs] AS had (" + cutoffColumns + ") VALUES (@, @, @, @, @) ON CONFLICT (session_id, user_id, before_time, except_id) DO UPDATE SET until_time = excluded.until_time WHERE excluded.until_time > had.until_time",

		setVersion: "INSERT INTO [cutoffs_version] (id, version) VALUES (1, @) ON CONFLICT (id) DO UPDATE SET version = excluded.version",
	}
	switch c.Dialect {
	case PostgreSQL:
		s.schema = append(tables(`text COLLATE "C"`, `text COLLATE "C"`, "bytea", "bigint", ""), indexes...)
		s.create += " ON CONFLICT (id) DO NOTHING"
		s.sweep = strings.Replace(s.sweep, "LIMIT 50", "LIMIT 50 FOR UPDATE SKIP LOCKED", 1)
		s.announce = "SELECT pg_notify('" + Channel + "', '')"
	case SQLite:
		s.schema = append(tables("text", "text", "blob", "integer", ""), indexes...)
		s.create += " ON CONFLICT (id) DO NOTHING"
	case MariaDB:
		// Its types of text go by collations, which take letters for one another; a key
		// has at most 3072 bytes; MySQL makes no index that may be there already.
		s.schema = tables("varbinary(128)", "varbinary(512)", "longblob", "bigint", " ENGINE=InnoDB")
		s.schema[0] = strings.Replace(s.schema[0], ") ENGINE", ", KEY <sessions_user> (user_id), KEY <sessions_expires> (expires)) ENGINE", 1)
		s.schema[1] = strings.Replace(s.schema[1], ") ENGINE", ", KEY <cutoffs_until> (until_time)) ENGINE", 1)
		s.sweep = "DELETE FROM [sessions] WHERE expires < @ ORDER BY expires LIMIT 50"
		s.addCutoff = "INSERT INTO [cutoffs] (" + cutoffColumns + ") VALUES (@, @, @, @, @) ON DUPLICATE KEY UPDATE until_time = GREATEST(until_time, VALUES(until_time))"
		s.setVersion = "INSERT INTO [cutoffs_version] (id, version) VALUES (1, @) ON DUPLICATE KEY UPDATE version = VALUES(version)"
	}
	s.each(c.spell)
	return s
}

// tables are the statements that make the tables, with the types of a name, a
// longer text, bytes and a number.
func tables(name, text, bytes, number, options string) []string {
	types := strings.NewReplacer("NAME", name+" NOT NULL", "TEXT", text+" NOT NULL", "BYTES", bytes+" NOT NULL", "NUMBER", number+" NOT NULL")
	return []string{
		types.Replace("CREATE TABLE IF NOT EXISTS [sessions] (id NAME PRIMARY KEY, scheme TEXT, user_id TEXT, "+
			"created NUMBER, seen NUMBER, expires NUMBER, address TEXT, agent TEXT, ticket BYTES)") + options,
		types.Replace("CREATE TABLE IF NOT EXISTS [cutoffs] (session_id NAME, user_id TEXT, before_time NUMBER, except_id NAME, "+
			"until_time NUMBER, PRIMARY KEY (session_id, user_id, before_time, except_id))") + options,
		types.Replace("CREATE TABLE IF NOT EXISTS [cutoffs_version] (id NUMBER PRIMARY KEY, version TEXT)") + options,
	}
}

var indexes = []string{
	"CREATE INDEX IF NOT EXISTS <sessions_user> ON [sessions] (user_id)",
	"CREATE INDEX IF NOT EXISTS <sessions_expires> ON [sessions] (expires)",
	"CREATE INDEX IF NOT EXISTS <cutoffs_until> ON [cutoffs] (until_time)",
}

// each changes every text.
func (s *statements) each(change func(string) string) {
	for i := range s.schema {
		s.schema[i] = change(s.schema[i])
	}
	for _, text := range []*string{
		&s.load, &s.byUser, &s.create, &s.update, &s.exists, &s.end, &s.sweep,
		&s.version, &s.setVersion, &s.cutoffs, &s.addCutoff, &s.forget,
	} {
		*text = change(*text)
	}
}

// spell writes a text in the dialect, with the names that were chosen.
func (c Config) spell(text string) string {
	mark := `"`
	if c.Dialect == MariaDB {
		mark = "`"
	}
	schema := ""
	if c.Schema != "" {
		schema = sqlserver.Quote(mark, c.Schema) + "."
	}
	var names []string
	for _, name := range []string{"sessions", "cutoffs", "cutoffs_version", "sessions_user", "sessions_expires", "cutoffs_until"} {
		quoted := sqlserver.Quote(mark, c.Prefix+name)
		names = append(names, "["+name+"]", schema+quoted, "<"+name+">", quoted)
	}
	if c.Dialect != PostgreSQL {
		return strings.NewReplacer(append(names, "@", "?")...).Replace(text)
	}
	for n := 1; strings.Contains(text, "@"); n++ {
		text = strings.Replace(text, "@", fmt.Sprint("$", n), 1)
	}
	return strings.NewReplacer(names...).Replace(text)
}
