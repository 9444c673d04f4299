package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sealring/sealring/antiforgery"
	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
	"github.com/sealring/sealring/internal/realtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sealring":    func() { os.Exit(run()) },
		"browser":     browser,
		"certificate": certificate,
		"cert-only":   certOnly,
	})
}

func TestScripts(t *testing.T) { runScripts(t, "testdata/script", "") }

func TestRedis(t *testing.T) {
	server := realtest.Redis(t, "--requirepass", "s3cret")
	runScripts(t, "testdata/redis", "redis://:s3cret@"+server.Address+"/0?key=shop-keys")
}

func TestSQL(t *testing.T) {
	t.Run("PostgreSQL", func(t *testing.T) {
		runScripts(t, "testdata/sql", realtest.PostgreSQL(t).DSN)
	})
	t.Run("MariaDB", func(t *testing.T) {
		runScripts(t, "testdata/sql", "mariadb://root@"+realtest.MariaDB(t).Address+"/mysql?table=shopKeys")
	})
	t.Run("SQLite", func(t *testing.T) {
		runScripts(t, "testdata/sql", "sqlite:"+filepath.ToSlash(filepath.Join(t.TempDir(), "shop.db")))
	})
}

func runScripts(t *testing.T, dir, store string) {
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SEALRING_STORE", store)
			env.Setenv("SEALRING_POLICY", "") // whatever holds on this machine
			env.Setenv("AND", map[bool]string{true: "&", false: "?"}[strings.Contains(store, "?")])
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
// in ./keys: "login", "expired", "long", "form", "other" for another application, "stored" and
// "cutoffs" for sessions on the server, "gorilla", "link" and "oldlink". A second argument is the certificate that opens the ring.
func browser() {
	kind, application, at := os.Args[1], "shop", time.Now()
	switch kind {
	case "other":
		application = "other"
	case "expired":
		at = at.Add(-20 * 24 * time.Hour)
	}
	cfg := dataprotection.Config{Application: application, Store: filestore.New("keys"), Logger: quiet()}
	if len(os.Args) > 2 {
		cert, err := x509seal.LoadPEM(os.Args[2], os.Args[2])
		exitIf(err)
		cfg.Sealer = cert
	}
	ring, err := dataprotection.Open(context.Background(), cfg)
	exitIf(err)
	defer ring.Close()
	site := cookieauth.Config{KeyRing: ring, Profile: cookieauth.ASPNETCore, Logger: quiet(), Now: func() time.Time { return at }}
	switch kind {
	case "stored":
		site.TicketStore = memtickets.New(memtickets.Config{})
	case "cutoffs":
		cutoffs, err := cookieauth.OpenCutoffs(context.Background(), cookieauth.CutoffsConfig{Store: memtickets.New(memtickets.Config{}), Logger: quiet()})
		exitIf(err)
		defer cutoffs.Close()
		site.Cutoffs = cutoffs
	case "gorilla":
		codec, err := gorilla.New(gorilla.Config{KeyRing: ring})
		exitIf(err)
		text, err := codec.Encode("basket", map[any]any{"tea": 2})
		exitIf(err)
		fmt.Println("Cookie: basket=" + text)
		return
	case "link", "oldlink":
		end := map[string]time.Duration{"link": time.Hour, "oldlink": -time.Hour}[kind]
		text, err := ring.Protector("link").TimeLimited().ProtectString("to somewhere", at.Add(end))
		exitIf(err)
		fmt.Println(text)
		return
	}
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

// certificate writes a certificate and its key to a file, with 1024 bits if there is
// a second argument.
func certificate() {
	bits := 2048
	if len(os.Args) > 2 {
		bits = 1024
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	exitIf(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: os.Args[1]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	exitIf(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	exitIf(err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	exitIf(os.WriteFile(os.Args[1], text, 0o600))
}

// certOnly copies a file without the private key in it.
func certOnly() {
	text, err := os.ReadFile(os.Args[1])
	exitIf(err)
	block, _ := pem.Decode(text)
	exitIf(os.WriteFile(os.Args[2], pem.EncodeToMemory(block), 0o600))
}

func exitIf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
