// Redis is the program of the README with its keys in Redis: start as many
// instances as you like, on as many machines, and one login holds on all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/redisstore"
)

func main() {
	site, err := newSite(context.Background(), setting("REDIS_URL", "redis://localhost:6379/0"))
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
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	client := redis.NewClient(options)
	store, err := redisstore.New(redisstore.Config{Client: client})
	if err != nil {
		return nil, err
	}
	ring, err := dataprotection.Open(ctx, dataprotection.Config{Application: "shop", Store: store})
	if err != nil {
		return nil, errors.Join(err, client.Close())
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
		client.Close()
	}}, nil
}
