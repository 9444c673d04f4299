// Package sqlstore keeps a key ring in a table of a database, in the layout of
// ASP.NET Core's store for Entity Framework Core, whose programs may use the same
// table. It speaks PostgreSQL, MariaDB and MySQL, and SQLite.
//
//	db, err := sql.Open("pgx", "postgres://app@localhost/shop")
//	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, CreateTable: true})
//
// The *sql.DB is the caller's: its driver, its limits and its Close. One
// connection is enough. This package imports no driver.
//
// # The table
//
// "DataProtectionKeys" with the columns "Id", "FriendlyName" and "Xml", named and
// quoted as Entity Framework Core does. Each row with XML is an element; in it the
// element stands on one line, without byte order mark or declaration, and is
// brought into that form when it is added. Names are kept and need not be unique.
// The table is made only if Config.CreateTable allows it, by the first Add; Schema
// returns the statement for who prefers to run it. Nothing else of the database is
// touched, and a table that is there is never altered.
//
// # Compare and append
//
// A write is one transaction that compares what the table holds with the version
// and then writes. Nobody can write in between, .NET programs included:
//
//   - PostgreSQL: LOCK TABLE in SHARE ROW EXCLUSIVE mode, which readers do not notice.
//   - MariaDB, MySQL: a locking read of the whole table, which with InnoDB holds up
//     every insertion; GET_LOCK before it, so that instances queue and do not run
//     into deadlocks. Tables of other engines, and clusters in which several nodes
//     take writes (Galera), do not honour the former across programs or nodes.
//   - SQLite: BEGIN IMMEDIATE.
//
// Deadlocks, failed serializations and busy databases are tried again for a few seconds.
//
// # News
//
// With PostgreSQL each change is announced on the channel that is called [Channel],
// within the transaction. Listening takes a connection that only the driver can
// give: Config.Listen is where it comes from, and its example has the ten lines for
// pgx. What .NET programs insert is announced by a trigger, if you make one
// (docs/load-balancing.md), else polling sees it. MariaDB and SQLite have no such
// thing and are polled; a poll that finds nothing new carries ids and hashes.
package sqlstore
