package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/realtest"
)

// certificate makes a PFX file and the file of its password, as docs/certificates.md does.
func certificate(t *testing.T) (pfx, password string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return madeHere(t)
	}
	openssl := realtest.Program(t, "openssl", "openssl")
	dir := t.TempDir()
	pfx, password = filepath.Join(dir, "keys.pfx"), filepath.Join(dir, "keys.password")
	if err := os.WriteFile(password, []byte("a password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"req", "-x509", "-newkey", "rsa:2048", "-days", "30", "-noenc", "-subj", "/CN=shop keys", "-keyout", "keys.key", "-out", "keys.crt"},
		{"pkcs12", "-export", "-inkey", "keys.key", "-in", "keys.crt", "-out", "keys.pfx", "-passout", "file:keys.password"},
	} {
		cmd := exec.Command(openssl, args...)
		cmd.Dir = dir
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %q: %v\n%s", args, err, output)
		}
	}
	return pfx, password
}

// madeHere makes the same without openssl.
func madeHere(t *testing.T) (pfx, password string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shop keys"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 1, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	data, err := pkcs12.Modern.Encode(key, cert, nil, "a password")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pfx, password = filepath.Join(dir, "keys.pfx"), filepath.Join(dir, "keys.password")
	for file, content := range map[string][]byte{pfx: data, password: []byte("a password\r\n")} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return pfx, password
}

// share is where the keys are: the UNC path in SEALRING_UNC, if somebody has
// provided one, else a directory.
func share(t *testing.T) string {
	t.Helper()
	unc := os.Getenv("SEALRING_UNC")
	if unc == "" {
		return filepath.Join(t.TempDir(), "share", "shop")
	}
	keys := filepath.Join(unc, rand.Text())
	t.Logf("the keys are in %s", keys)
	t.Cleanup(func() { os.RemoveAll(keys) })
	return keys
}

// A login made on one machine holds on another, and the keys on the share are sealed.
func TestTwoMachines(t *testing.T) {
	pfx, password := certificate(t)
	keys := share(t)
	if _, err := openRing(t.Context(), keys, pfx, password); err == nil || !strings.Contains(err.Error(), "not mounted, or not provisioned") {
		t.Fatalf("a share that is not there: %v", err)
	}
	if err := filestore.Provision(keys); err != nil {
		t.Fatal(err)
	}
	var sites [2]http.Handler
	for i := range sites {
		ring, err := openRing(t.Context(), keys, pfx, password)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		if sites[i], err = newSite(ring); err != nil {
			t.Fatal(err)
		}
	}
	login := httptest.NewRecorder()
	sites[0].ServeHTTP(login, httptest.NewRequest("POST", "https://shop.example/login", nil))
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	for _, c := range login.Result().Cookies() {
		r.AddCookie(c)
	}
	page := httptest.NewRecorder()
	sites[1].ServeHTTP(page, r)
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Hello, Alice") {
		t.Errorf("the other machine answers %d %q", page.Code, page.Body)
	}
	files, err := filepath.Glob(filepath.Join(keys, "*.xml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the share holds %q, %v", files, err)
	}
	if text, err := os.ReadFile(files[0]); err != nil || !strings.Contains(string(text), "EncryptedData") {
		t.Errorf("the key is not sealed: %v", err)
	}
}
