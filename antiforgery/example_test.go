package antiforgery_test

import (
	"errors"
	"fmt"
	"html/template"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
)

func Example() {
	ring := dataprotection.Ephemeral("shop") // a real program opens one with a store
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	order := template.Must(template.New("").Parse(`<form method="post">{{.AntiforgeryField}}<input name="item"><button>Order</button></form>`))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /order", func(w http.ResponseWriter, r *http.Request) {
		tokens, err := csrf.Tokens(w, r)
		if err != nil {
			antiforgery.Refuse(w, r, err)
			return
		}
		_ = order.Execute(w, tokens)
	})
	mux.HandleFunc("POST /order", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "ordered")
	})
	site := csrf.Handler(mux) // behind auth.Handler, where there is one

	for _, word := range []string{"same-origin", "cross-site"} { // browsers add it to each request
		r := httptest.NewRequest("POST", "https://shop.example/order", nil)
		r.Header.Set("Sec-Fetch-Site", word)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		fmt.Println(word, w.Code)
	}
	// Output:
	// same-origin 200
	// cross-site 403
}

// A form that was opened before the visitor signed in, in another tab, is shown
// again with a fresh token and with what was typed, instead of an error page. It is
// what visitors with an old browser meet, and all with TokensOnly.
func ExampleConfig_refused() {
	form := template.Must(template.New("").Parse(`{{if .Again}}<p role="alert">You have signed in since. Please send this again.</p>
{{end}}<form method="post">{{.AntiforgeryField}}<textarea name="text">{{.Text}}</textarea><button>Send</button></form>
`))
	var csrf *antiforgery.Protection
	show := func(w http.ResponseWriter, r *http.Request, again bool) {
		tokens, err := csrf.Tokens(w, r)
		if err != nil {
			antiforgery.Refuse(w, r, err)
			return
		}
		if again {
			w.WriteHeader(http.StatusForbidden)
		}
		_ = form.Execute(w, struct {
			antiforgery.Tokens
			Again bool
			Text  string
		}{tokens, again, r.PostFormValue("text")}) // the body can still be read
	}
	csrf, err := antiforgery.New(antiforgery.Config{
		KeyRing: dataprotection.Ephemeral("shop"), Logger: slog.New(slog.DiscardHandler),
		Refused: func(w http.ResponseWriter, r *http.Request, err error) {
			var refusal *antiforgery.Error
			if errors.As(err, &refusal) && refusal.Reason == antiforgery.OtherUserID && r.URL.Path == "/comment" {
				show(w, r, true)
				return
			}
			antiforgery.Refuse(w, r, err)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /comment", func(w http.ResponseWriter, r *http.Request) { show(w, r, false) })
	mux.HandleFunc("POST /comment", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "posted:", r.PostFormValue("text")) })
	site := csrf.Handler(mux)

	// What a browser does. Behind an authenticator the request knows its user by itself.
	var cookie string
	send := func(method, body string, user *claims.Principal) string {
		r := httptest.NewRequest(method, "https://shop.example/comment", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r.WithContext(claims.NewContext(r.Context(), user)))
		if line := w.Header().Get("Set-Cookie"); line != "" {
			cookie, _, _ = strings.Cut(line, ";")
		}
		return w.Body.String()
	}
	token := regexp.MustCompile(`value="([^"]+)"`)
	alice := claims.New("42", claims.Name("alice"))

	page := send("GET", "", nil)
	page = send("POST", "__RequestVerificationToken="+token.FindStringSubmatch(page)[1]+"&text=Nice+%3Cshop%3E", alice)
	fmt.Print(token.ReplaceAllString(page, `value="…"`))
	page = send("POST", "__RequestVerificationToken="+token.FindStringSubmatch(page)[1]+"&text=Nice+%3Cshop%3E", alice)
	fmt.Print(page)
	// Output:
	// <p role="alert">You have signed in since. Please send this again.</p>
	// <form method="post"><input name="__RequestVerificationToken" type="hidden" value="…" /><textarea name="text">Nice &lt;shop&gt;</textarea><button>Send</button></form>
	// posted: Nice <shop>
}

// The tokens must be made before anything is written: their cookie goes out with
// the header. Made while a template is being executed, they come too late.
func ExampleProtection_Tokens_incorrect() {
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: dataprotection.Ephemeral("shop")})
	if err != nil {
		log.Fatal(err)
	}
	_ = func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<h1>Order</h1>")  // sends the header …
		tokens, err := csrf.Tokens(w, r) // … so that the new cookie is lost
		fmt.Fprintln(w, tokens.Request, err)
	}
}

func ExampleProtection_TokenEndpoint() {
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: dataprotection.Ephemeral("shop")})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /antiforgery", csrf.TokenEndpoint())
	_ = csrf.Handler(mux)
	// In the page:
	//
	//	const {token, header} = await (await fetch("/antiforgery")).json()
	//	await fetch("/orders", {method: "POST", headers: {[header]: token}, body: …})
}
