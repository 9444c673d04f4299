package middleware_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/rs/zerolog"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/middleware"
)

// A site with everything, on an http.ServeMux.
func Example() {
	ring, _ := dataprotection.Open(context.Background(), dataprotection.Config{Application: "shop", Store: memstore.New()})
	defer ring.Close()
	auth, _ := cookieauth.New(cookieauth.Config{KeyRing: ring, LoginPath: "/login"})
	csrf, _ := antiforgery.New(antiforgery.Config{KeyRing: ring})
	stack, err := middleware.Stack(middleware.Config{
		PublicOrigin:   middleware.OriginConfig{Origins: []string{"https://app.example"}}, // a proxy ends TLS
		Log:            middleware.LogConfig{Logger: zerolog.New(os.Stderr)},
		Authenticators: []middleware.Authenticator{auth},
		Antiforgery:    csrf,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Welcome.") })
	mux.Handle("GET /admin", middleware.Require(middleware.Role("admin"), auth)(http.NotFoundHandler()))
	site := stack(mux) // http.ListenAndServe(":8080", site)

	for _, path := range []string{"/", "/admin"} {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Code, w.Header().Get("Location"), w.Body)
	}
	// Output:
	// 200  Welcome.
	// 302 https://app.example/login?ReturnUrl=%2Fadmin
}

// On chi, the stack goes to Use and a requirement to With.
func ExampleStack_chi() {
	ring, _ := dataprotection.Open(context.Background(), dataprotection.Config{Application: "shop", Store: memstore.New()})
	defer ring.Close()
	auth, _ := cookieauth.New(cookieauth.Config{KeyRing: ring})
	csrf, _ := antiforgery.New(antiforgery.Config{KeyRing: ring})
	stack, _ := middleware.Stack(middleware.Config{Authenticators: []middleware.Authenticator{auth}, Antiforgery: csrf})

	r := chi.NewRouter()
	r.Use(stack)
	r.Get("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Welcome.") })
	r.With(middleware.Require(middleware.Role("admin"), auth)).Get("/admin", http.NotFound)

	for _, path := range []string{"/", "/admin"} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "https://app.example"+path, nil))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 Welcome.
	// 401 Unauthorized
}

// Proxies that append to X-Forwarded-For and replace or append to X-Forwarded-Proto.
func ExamplePublicOrigin() {
	behindProxy, err := middleware.PublicOrigin(middleware.OriginConfig{
		Proxies: []string{"10.1.0.0/16"},
		Headers: middleware.XForwarded,
		Hosts:   []string{"app.example"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = behindProxy // http.ListenAndServe(":8080", behindProxy(mux))

	_, err = middleware.PublicOrigin(middleware.OriginConfig{Origins: []string{"app.example"}})
	fmt.Println(err)
	// Output:
	// middleware: PublicOrigin: invalid configuration: Origins: "app.example" is no origin; one has scheme and host, such as https://app.example, and no path
}

// The mistake that this shows: the authenticator stands inside of the antiforgery
// Handler, which therefore takes every user for nobody. The first request says so
// in the log.
func ExampleRequestLog_incorrect() {
	ring, _ := dataprotection.Open(context.Background(), dataprotection.Config{Application: "shop", Store: memstore.New()})
	defer ring.Close()
	auth, _ := cookieauth.New(cookieauth.Config{KeyRing: ring})
	csrf, _ := antiforgery.New(antiforgery.Config{KeyRing: ring})
	console := zerolog.ConsoleWriter{Out: os.Stdout, NoColor: true, PartsOrder: []string{"message"}, FieldsExclude: []string{"request_id", "order", "mend"}}
	log := middleware.RequestLog(middleware.LogConfig{Logger: zerolog.New(console).Level(zerolog.ErrorLevel)})

	site := log(csrf.Handler(auth.Handler(http.NotFoundHandler()))) // csrf and auth are the wrong way round
	site.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "https://app.example/", nil))
	// Output:
	// middleware in the wrong order: the authenticator's Handler must stand outside of the antiforgery Handler, or else it takes every user for nobody
}

// Templates get the nonce that the policy names.
func ExampleNonce() {
	headers, _ := middleware.SecurityHeaders(middleware.HeadersConfig{})
	page := template.Must(template.New("page").Parse(`<script nonce="{{ .Nonce }}">start()</script>`))
	site := headers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = page.Execute(w, map[string]string{"Nonce": middleware.Nonce(r.Context())})
	}))
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(len(w.Body.String()))
	// Output: 55
}
