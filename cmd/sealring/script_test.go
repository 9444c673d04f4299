package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sealring": func() { os.Exit(run()) },
		"browser":  browser,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SEALRING_STORE", "")
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// try runs a command whatever its exit status, as where a container adds a finding.
			"try": func(ts *testscript.TestScript, _ bool, args []string) { _ = ts.Exec(args[0], args[1:]...) },
		},
	})
}

// browser prints what a browser would send to the application "shop" on the ring
// in ./keys: "login", "expired", "long", "form" and "other" for another application.
func browser() {
	kind, application, at := os.Args[1], "shop", time.Now()
	switch kind {
	case "other":
		application = "other"
	case "expired":
		at = at.Add(-20 * 24 * time.Hour)
	}
	ring, err := dataprotection.Open(context.Background(), dataprotection.Config{Application: application, Store: filestore.New("keys"), Logger: quiet()})
	exitIf(err)
	defer ring.Close()
	site := cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Logger: quiet(), Now: func() time.Time { return at }}
	auth, err := cookieauth.New(site)
	exitIf(err)
	csrf, err := antiforgery.New(antiforgery.Config{KeyRing: ring, Profile: antiforgery.ASPNETCore, Logger: quiet()})
	exitIf(err)

	r := httptest.NewRequest(http.MethodGet, "https://shop.test/", nil)
	w := httptest.NewRecorder()
	name := "Alice"
	if kind == "long" {
		name = strings.Repeat("Alice", 1500)
	}
	if kind == "form" {
		csrf.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := csrf.Token(w, r)
			exitIf(err)
			fmt.Println(text)
		})).ServeHTTP(w, r)
		return
	}
	exitIf(auth.SignIn(w, r, claims.New("42", claims.Name(name)), nil))
	var pairs []string
	for _, c := range w.Result().Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	fmt.Println("Cookie: theme=dark; " + strings.Join(pairs, "; "))
}

func exitIf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
