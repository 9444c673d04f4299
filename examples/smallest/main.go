// Smallest is the program in the README.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

func main() {
	ring, err := dataprotection.Open(context.Background(), dataprotection.Config{
		Application: "shop",                  // the same name on all instances
		Store:       filestore.New("./keys"), // the same directory for all instances
	})
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login"})
	if err != nil {
		log.Fatal(err)
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
	log.Fatal(http.ListenAndServe("localhost:8080", auth.Handler(mux)))
}
