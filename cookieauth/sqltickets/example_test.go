package sqltickets_test

import (
	"context"
	"database/sql"
	"log"

	"github.com/jackc/pgx/v5"

	"github.com/sealring/sealring/cookieauth/sqltickets"
)

// PostgreSQL by pgx, with notifications.
func ExampleNew() {
	const url = "postgres://app@localhost/shop"
	db, err := sql.Open("pgx", url)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store, err := sqltickets.New(sqltickets.Config{
		DB:      db,
		Dialect: sqltickets.PostgreSQL,
		Listen: func(ctx context.Context, channel string, changed func()) error {
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
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.CreateTables(context.Background()); err != nil {
		log.Fatal(err)
	}
}
