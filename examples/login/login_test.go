package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary the app itself when it is told so.
func TestMain(m *testing.M) {
	if os.Getenv("LOGIN_EXAMPLE") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// An instance is a real process on a real port.
type instance struct {
	url string
	cmd *exec.Cmd
}

var listening = regexp.MustCompile(`open (http://[^ ]+)`)

func start(t *testing.T, keys string) *instance {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-addr", "localhost:0", "-keys", keys)
	cmd.Env = append(os.Environ(), "LOGIN_EXAMPLE=1", "NO_COLOR=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, stderr)
			return &instance{m[1], cmd}
		}
	}
	t.Fatal("the app did not start")
	return nil
}

// A visitor is a browser as far as cookies and redirects go.
type visitor struct {
	t      *testing.T
	client http.Client
}

func newVisitor(t *testing.T) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{t, http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func (v *visitor) read(res *http.Response, err error) (status int, path, body string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.RequestURI(), string(text)
}

func (v *visitor) get(i *instance, path string) (int, string, string) {
	v.t.Helper()
	return v.read(v.client.Get(i.url + path))
}

// post fills in a form that it has fetched, as a browser does that says nothing
// of where a request comes from.
func (v *visitor) post(i *instance, page, action string, form url.Values) (int, string, string) {
	v.t.Helper()
	_, _, body := v.get(i, page)
	field := hiddenField.FindStringSubmatch(body)
	if field == nil {
		v.t.Fatalf("%s has no form with a token:\n%s", page, body)
	}
	filled := url.Values{field[1]: {field[2]}}
	maps.Copy(filled, form)
	return v.read(v.client.PostForm(i.url+action, filled))
}

var hiddenField = regexp.MustCompile(`<input name="([^"]+)" type="hidden" value="([^"]+)"`)

func (v *visitor) wantAccount(i *instance, when string) {
	v.t.Helper()
	if status, path, body := v.get(i, "/account"); status != 200 || path != "/account" || !strings.Contains(body, "Only you can see this page, alice") {
		v.t.Fatalf("%s: %d %s, want alice's account:\n%s", when, status, path, body)
	}
}

var alice = url.Values{"name": {"alice"}, "password": {"correct horse"}}

// One login holds on two instances of one directory, and over the death of both.
func TestLoginHoldsOnAllInstancesAndOverRestarts(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	a, b := start(t, keys), start(t, keys)
	v := newVisitor(t)
	if status, path, _ := v.get(a, "/account"); status != 200 || path != "/login?ReturnUrl=%2Faccount" {
		t.Fatalf("a stranger got %d %s, want the login page", status, path)
	}
	if status, path, body := v.post(a, "/account", "/login?ReturnUrl=%2Faccount", alice); status != 200 || path != "/account" {
		t.Fatalf("after the login: %d %s\n%s", status, path, body)
	}
	v.wantAccount(a, "where the login was made")
	v.wantAccount(b, "on the other instance")
	for _, i := range []*instance{a, b} {
		i.cmd.Process.Kill()
		i.cmd.Wait()
	}
	c := start(t, keys)
	v.wantAccount(c, "after all were killed and one was started again")

	if _, path, body := v.post(c, "/account", "/logout", nil); path != "/" || strings.Contains(body, "alice") {
		t.Errorf("after the logout: %s\n%s", path, body)
	}
	if _, path, _ := v.get(c, "/account"); path != "/login?ReturnUrl=%2Faccount" {
		t.Errorf("the account is shown after the logout: %s", path)
	}
}

func TestWrongPasswords(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "keys"))
	v := newVisitor(t)
	for _, form := range []url.Values{
		{"name": {"alice"}, "password": {"wrong"}},
		{"name": {"mallory"}, "password": {"correct horse"}},
		{"name": {""}, "password": {""}},
		{},
	} {
		t.Run(fmt.Sprint(form), func(t *testing.T) {
			if status, _, body := v.post(i, "/login", "/login", form); status != 401 || !strings.Contains(body, "do not belong together") {
				t.Errorf("%d\n%s", status, body)
			}
		})
	}
	if _, path, _ := v.get(i, "/account"); path != "/login?ReturnUrl=%2Faccount" {
		t.Errorf("logged in after all: %s", path)
	}
}

// What a person gets who points the app at a directory that cannot be used.
func TestUnusableKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-addr", "localhost:0", "-keys", file)
	cmd.Env = append(os.Environ(), "LOGIN_EXAMPLE=1", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), file) {
		t.Errorf("%v; want an error that names %s:\n%s", err, file, out)
	}
}

func TestForgedPosts(t *testing.T) {
	i := start(t, filepath.Join(t.TempDir(), "keys"))
	for name, headers := range map[string]http.Header{
		"from another site": {"Sec-Fetch-Site": {"cross-site"}},
		"without a token":   {},
	} {
		t.Run(name, func(t *testing.T) {
			req, _ := http.NewRequest("POST", i.url+"/login", strings.NewReader(alice.Encode()))
			req.Header = headers
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			v := newVisitor(t)
			if status, _, body := v.read(v.client.Do(req)); status != http.StatusForbidden {
				t.Errorf("%d, want 403\n%s", status, body)
			}
		})
	}
}
