//go:build linux

package shares_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/integration_test/shares/bed"
)

// exampleNFS runs examples/plain on both hosts as its unit says.
func exampleNFS(t *testing.T, w *world, s share) {
	unit := readUnit(t, "nfs", "login.service")
	if unit["RequiresMountsFor"] != s.mount.where || unit["User"] != bed.Account {
		t.Errorf("the unit of the service says %q, and the one of the mount %q", unit, s.mount.where)
	}
	program, args, _ := strings.Cut(unit["ExecStart"], " ")
	command := append([]string{build(t, filepath.Base(program))}, strings.Fields(args)...)
	dir := valueOf(command, "-keys")
	if output, err := w.A.RunAs(t, command...); err == nil || !strings.Contains(output, "not mounted, or not provisioned") {
		t.Errorf("before it is provisioned: %v, %s", err, output)
	}
	if output, err := w.A.RunRole(t, "provision", dir); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	loginHoldsOnBoth(t, w, command)
}

// exampleUNC runs examples/unc on both hosts, on Samba.
func exampleUNC(t *testing.T, w *world, s share) {
	pfx, password := certificate(t)
	dir := s.where + "/shop"
	unc := build(t, "unc")
	if output, err := w.A.RunAs(t, unc, "-provision", "-keys", dir); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	loginHoldsOnBoth(t, w, []string{unc, "-keys", dir, "-certificate", pfx, "-password", password})
}

// loginHoldsOnBoth starts the program on both hosts, logs in on one and visits the other.
func loginHoldsOnBoth(t *testing.T, w *world, command []string) {
	t.Helper()
	for _, h := range w.Hosts() {
		h.StartAs(t, command...)
	}
	cookie, err := w.A.RunRole(t, "visit", "POST", "http://localhost:8080/login", "")
	if err != nil {
		t.Fatalf("%v: %s", err, cookie)
	}
	for _, path := range []string{"/", "/account"} {
		page, err := w.B.RunRole(t, "visit", "GET", "http://localhost:8080"+path, strings.TrimSpace(cookie))
		if strings.Contains(strings.ToLower(page), "alice") {
			return
		}
		t.Logf("%s: %v %.300s", path, err, page)
	}
	t.Error("a login of one host does not hold on the other")
}

// visit requests a page, as a browser does on this host, once the program is up. It
// prints the cookies that the answer to a POST sets, or the page.
func visit(args []string) error {
	method, address, cookie := args[0], args[1], args[2]
	form := url.Values{"name": {"alice"}, "password": {"correct horse"}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	err := errors.New("not tried")
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var r *http.Request
		if r, err = http.NewRequest(method, address, strings.NewReader(form.Encode())); err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		var answer *http.Response
		if answer, err = client.Do(r); err == nil {
			return show(method, answer)
		}
	}
	return err
}

func show(method string, answer *http.Response) error {
	defer answer.Body.Close()
	var pairs []string
	for _, c := range answer.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	if method == http.MethodPost {
		fmt.Println(strings.Join(pairs, "; "))
		return nil
	}
	page, err := io.ReadAll(answer.Body)
	fmt.Printf("%s %s\n", answer.Status, page)
	return err
}

// build builds an example, for every account to run.
func build(t *testing.T, name string) string {
	t.Helper()
	dir := openDir(t)
	if output, err := exec.Command("go", "build", "-C", "../..", "-o", filepath.Join(dir, name), "./examples/"+name).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	return filepath.Join(dir, name)
}

// openDir is a temporary directory that every account can enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// certificate makes a PFX file and the file of its password, readable for the account.
func certificate(t *testing.T) (pfx, password string) {
	t.Helper()
	dir := openDir(t)
	script := `echo secret >keys.password
openssl req -x509 -newkey rsa:2048 -days 30 -noenc -subj "/CN=shop keys" -keyout keys.key -out keys.crt
openssl pkcs12 -export -inkey keys.key -in keys.crt -out keys.pfx -passout file:keys.password
chown ` + fmt.Sprint(bed.AccountID) + ` keys.pfx keys.password; chmod 600 keys.pfx keys.password`
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return filepath.Join(dir, "keys.pfx"), filepath.Join(dir, "keys.password")
}

// valueOf returns what follows a flag.
func valueOf(command []string, flag string) string {
	for i, arg := range command {
		if arg == flag && i+1 < len(command) {
			return command[i+1]
		}
	}
	return ""
}
