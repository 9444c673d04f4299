// Postgres is the program of the README with its keys in PostgreSQL: start as many
// instances as you like, on as many machines, and one login holds on all of them.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/sqlstore"
)

func main() {
	site, err := newSite(context.Background(), setting("DATABASE_URL", "postgres://localhost:5432/postgres"))
	if err != nil {
		log.Fatal(err)
	}
	defer site.close()
	log.Fatal(http.ListenAndServe(setting("ADDRESS", "localhost:8080"), site))
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// A site is one instance.
type site struct {
	http.Handler
	close func()
}

func newSite(ctx context.Context, url string) (*site, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, CreateTable: true, Listen: listen(url)})
	if err != nil {
		return nil, err
	}
	ring, err := dataprotection.Open(ctx, dataprotection.Config{Application: "shop", Store: store})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login"})
	if err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html><form method="post"><button>Log in as Alice</button></form>`)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		// Check a password here.
		if err := auth.SignIn(w, r, claims.New("42", claims.Name("Alice")), nil); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if !auth.RedirectBack(w, r, "") { // to the page that asked for the login
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	})
	mux.Handle("GET /{$}", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s.", claims.FromContext(r.Context()).Name())
	})))
	return &site{auth.Handler(mux), func() {
		ring.Close()
		db.Close()
	}}, nil
}

// listen waits for news of the other instances, on a connection of its own.
func listen(url string) func(ctx context.Context, channel string, changed func()) error {
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
