// Package sqltickets keeps sessions and cut-offs in tables of a database. It
// speaks PostgreSQL, MariaDB and MySQL, and SQLite.
//
//	db, err := sql.Open("pgx", "postgres://app@localhost/shop")
//	store, err := sqltickets.New(sqltickets.Config{DB: db, Dialect: sqltickets.PostgreSQL})
//	err = store.CreateTables(ctx)
//
// The *sql.DB is the caller's: its driver, its limits and its Close. This package
// imports no driver.
//
// # Tables
//
// sealring_sessions has a row for each session, with the primary key id and indexes
// on user_id and expires; sealring_cutoffs one for each cut-off, with an index on until_time;
// sealring_cutoffs_version has one row, whose text is random and new with each
// change. Times are whole numbers of microseconds since 1970, which every driver
// and time zone leaves alone. Texts are compared byte by byte. CreateTables makes
// what is missing, and Schema returns the statements for who prefers to run them;
// a table that is there is never altered, and nothing else is touched.
//
// Every tenth session that is created takes up to 50 with it whose end is more than
// an hour ago. Cut-offs are removed by those that come, an hour after their Until.
//
// # What holds
//
// A request costs one SELECT by the primary key. An update is an UPDATE, which
// inserts nothing. Cut-offs are added in a transaction that first writes the
// version, so that those who add wait for each other and never meet in a deadlock,
// and that all see both or neither. Deadlocks, failed serializations and busy
// databases are tried again for a few seconds.
//
// All of this needs the primary: on a standby that lags behind, an ended session
// is still alive. A failover to a standby that had not yet received the last
// changes undoes them.
//
// # News
//
// With PostgreSQL each change of the cut-offs is announced on the channel that is
// called [Channel], within the transaction. Listening takes a connection that only
// the driver can give: Config.Listen is where it comes from, and its example has
// the ten lines for pgx. MariaDB and SQLite have no such thing and are polled; a
// poll that finds nothing new is one SELECT of one row.
package sqltickets
