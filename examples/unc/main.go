// Unc is a web app for machines that share their keys by a UNC path. The keys are
// sealed with a certificate, so whoever reads the share, or a backup of it, has no use
// for them.
//
//	unc -keys \\files.example.com\keys\shop -certificate C:\shop\keys.pfx -password C:\shop\keys.password
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "address to listen on")
	keys := flag.String("keys", "", `directory of the keys on the share, such as \\server\share\directory`)
	certificate := flag.String("certificate", "", "PFX file that seals the keys")
	password := flag.String("password", "", "file with the password of the PFX file")
	provision := flag.Bool("provision", false, "prepare the directory, once, and end")
	flag.Parse()

	if *keys == "" || !*provision && (*certificate == "" || *password == "") {
		log.Fatal("-keys is needed, and -certificate and -password to serve; -help explains them")
	}
	if *provision {
		if err := filestore.Provision(*keys); err != nil {
			log.Fatal(err)
		}
		return
	}
	ring, err := openRing(context.Background(), *keys, *certificate, *password)
	if err != nil {
		log.Fatal(err)
	}
	defer ring.Close()
	site, err := newSite(ring)
	if err != nil {
		log.Fatal(err)
	}
	log.Print("serving http://", *addr)
	log.Print(http.ListenAndServe(*addr, site))
}

// openRing opens the ring of a share, which has to be mounted and provisioned.
func openRing(ctx context.Context, keys, certificate, passwordFile string) (*dataprotection.KeyRing, error) {
	password, err := os.ReadFile(passwordFile)
	if err != nil {
		return nil, err
	}
	cert, err := x509seal.LoadPFX(certificate, strings.TrimRight(string(password), "\r\n"))
	if err != nil {
		return nil, err
	}
	return dataprotection.Open(ctx, dataprotection.Config{
		Application: "shop", // the same on all machines
		Store:       filestore.Shared(keys),
		Sealer:      cert, // and the certificate too
	})
}

func newSite(ring *dataprotection.KeyRing) (http.Handler, error) {
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login"})
	if err != nil {
		return nil, err
	}
	machine, err := os.Hostname()
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
			http.Error(w, "please try again", http.StatusInternalServerError)
			return
		}
		if !auth.RedirectBack(w, r, "") { // to the page that asked for the login
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	})
	mux.Handle("GET /{$}", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s, from %s.", claims.FromContext(r.Context()).Name(), machine)
	})))
	return auth.Handler(mux), nil
}
