package x509seal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/x509seal"
	"github.com/sealring/sealring/internal/realtest"
)

// reference returns the command of the reference system in SEALRING_ASPNET, or skips
// the test where there is none; with SEALRING_REQUIRE=all it fails instead.
func reference(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := strings.Fields(os.Getenv("SEALRING_ASPNET"))
	if len(command) == 0 {
		realtest.Missing(t, "SEALRING_ASPNET does not name the reference system")
	}
	return exec.Command(command[0], append(command[1:], args...)...)
}

// TestReadByReference has ASP.NET Core open what we have sealed.
func TestReadByReference(t *testing.T) {
	verify := reference(t, "verify")
	root, items := t.TempDir(), 0
	for _, bits := range []int{2048, 3072, 4096} {
		dir := fmt.Sprintf("testdata/reference/x509-rsa%d", bits)
		items += write(t, filepath.Join(root, filepath.Base(dir)), readFile(t, dir+"/cert.pfx"), "correct horse")
	}
	for name, from := range map[string]string{"expired": "2001-01-01", "not-yet-valid": "2099-01-01"} {
		key := newKey(2048)
		items += write(t, filepath.Join(root, name), pfx(t, pkcs12.Modern, key, issue(t, name, key, from)), "secret")
	}
	verify.Args = append(verify.Args, root)
	out, err := verify.CombinedOutput()
	if want := fmt.Sprintf("%d passed, 0 failed", items); err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v, want %q:\n%s", err, want, out)
	}
}

// write makes a ring sealed with a certificate, and payloads of it, in the form of
// the reference's cases. It returns how many.
func write(t *testing.T, dir string, pfx []byte, password string) int {
	t.Helper()
	c, err := x509seal.ParsePFX(pfx, password)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{Kind: "x509", ApplicationName: "vectors", PFXPassword: password, Thumbprint: c.Thumbprint()}
	ring := open(t, dataprotection.Config{Application: v.ApplicationName, Store: filestore.New(filepath.Join(dir, "keys")), Sealer: c, Logger: quiet})
	for _, n := range []int{0, 1, 15, 16, 17, 1000} {
		i := vectorItem{Name: fmt.Sprint(n, " bytes"), Purposes: []string{"Contoso.Example", "v1"}, Plaintext: random(n)}
		sealed, err := ring.Protector(i.Purposes...).Protect(i.Plaintext)
		if err != nil {
			t.Fatal(err)
		}
		i.Protected = base64.RawURLEncoding.EncodeToString(sealed)
		v.Items = append(v.Items, i)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"case.json": text, "cert.pfx": pfx} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return len(v.Items)
}
