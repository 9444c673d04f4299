package cookieauth_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

func Example() {
	ring, err := dataprotection.Open(context.Background(), dataprotection.Config{
		Application: "shop",
		Store:       memstore.New(), // filestore.New("./keys") in a real program
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
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		// Check the password here.
		if err := auth.SignIn(w, r, claims.New("42", claims.Name("alice")), nil); err != nil {
			http.Error(w, "cannot sign you in now", http.StatusInternalServerError)
			return
		}
		if !auth.RedirectBack(w, r, "") {
			http.Redirect(w, r, "/account", http.StatusSeeOther)
		}
	})
	mux.Handle("GET /account", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello, %s.", auth.User(r).Name())
	})))
	site := auth.Handler(mux)

	visit := func(method, path, cookie string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.TLS = &tls.ConnectionState{}
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w.Result()
	}
	answer := visit("GET", "/account", "")
	fmt.Println(answer.StatusCode, answer.Header.Get("Location"))
	answer = visit("POST", "/login?ReturnUrl=%2Faccount", "")
	fmt.Println(answer.StatusCode, answer.Header.Get("Location"))
	cookie := answer.Cookies()[0]
	answer = visit("GET", "/account", cookie.Name+"="+cookie.Value)
	fmt.Println(answer.StatusCode, cookie.Name)
	// Output:
	// 302 /login?ReturnUrl=%2Faccount
	// 302 /account
	// 200 __Host-sealring
}

// The cookie is part of the response's header: once the body has begun, nobody
// can be signed in any more.
func ExampleAuthenticator_SignIn_incorrect() {
	var auth *cookieauth.Authenticator
	_ = func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "Welcome!") // sends the header
		if err := auth.SignIn(w, r, claims.New("42"), nil); err != nil {
			log.Print(err) // ErrHeaderSent, if the writer can tell
		}
	}
}

// Signing out ends the session on every instance, also for who has kept a copy of
// the cookie.
func ExampleOpenCutoffs() {
	quiet := slog.New(slog.DiscardHandler)
	store := memtickets.New(memtickets.Config{}) // several instances share one in Redis or SQL
	cutoffs, err := cookieauth.OpenCutoffs(context.Background(), cookieauth.CutoffsConfig{Store: store, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	defer cutoffs.Close()
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: dataprotection.Ephemeral("shop"), Cutoffs: cutoffs, Logger: quiet})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignIn(w, r, claims.New("42", claims.Name("Alice")), nil); err != nil {
			http.Error(w, "try again", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		if err := auth.SignOut(w, r); err != nil { // the store is out of reach: still signed in
			http.Error(w, "try again", http.StatusServiceUnavailable)
		}
	})
	mux.Handle("/account", auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})))
	site := auth.Handler(mux)
	visit := func(path string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequest("GET", "https://shop.example"+path, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		return w.Result()
	}
	stolen := visit("/login").Cookies()[0]
	fmt.Println(visit("/account", stolen).StatusCode)
	visit("/logout", stolen)
	fmt.Println(visit("/account", stolen).StatusCode)
	// Output:
	// 200
	// 401
}

// A stream ends when its user signs out elsewhere, provided that its handler heeds
// the context.
func ExampleAuthenticator_UntilLogout() {
	var auth *cookieauth.Authenticator
	news := make(chan string)
	events := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case text := <-news:
				fmt.Fprintf(w, "data: %s\n\n", text)
				http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return // context.Cause says why
			}
		}
	})
	_ = func(mux *http.ServeMux) {
		mux.Handle("GET /events", auth.RequireUser(auth.UntilLogout(events)))
	}
}
