package provision_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/registrystore"
	"github.com/sealring/sealring/internal/realtest"
)

// script runs the script as a careful administrator does, and returns what it printed
// and whether it succeeded.
func script(t *testing.T, args ...string) (printed string, ok bool) {
	t.Helper()
	sh := realtest.Program(t, "sh", "dash")
	out, err := exec.Command(sh, append([]string{"-c", `umask 077; exec "$0" provision.sh "$@"`, sh}, args...)...).CombinedOutput()
	return string(out), err == nil
}

func TestScript(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is for Unix")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "shop", "keys")
	if out, ok := script(t, "--shared", "--what-if", me.Username, dir); !ok || !strings.Contains(out, "mkdir -p -m 700 "+dir) {
		t.Fatalf("--what-if printed %s", out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Fatal("--what-if made the directory")
	}
	for range 2 { // it may be run again, and mends what has become too open
		if out, ok := script(t, "--shared", me.Username, dir); !ok {
			t.Fatal(out)
		}
		ring, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "shop", Store: filestore.Shared(dir)})
		if err != nil {
			t.Fatal(err)
		}
		ring.Close()
		entries, err := filepath.Glob(filepath.Join(dir, "*.xml"))
		if err != nil || len(entries) != 1 {
			t.Fatalf("keys are %q, %v", entries, err)
		}
		for path, want := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o700, entries[0]: 0o600, filepath.Join(dir, ".sealring-store"): 0o600} {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, %v; want %v", path, info.Mode(), err, want)
			}
			if err := os.Chmod(path, want|0o055); err != nil {
				t.Fatal(err)
			}
		}
	}
	site := filepath.Join(t.TempDir(), "site")
	if err := os.MkdirAll(filepath.Join(site, "htdocs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, me.Username, site); ok || !strings.Contains(out, "holds "+site+"/htdocs; name a directory for keys alone") {
		t.Errorf("for a directory of something else it printed %s", out)
	}
	if info, err := os.Stat(site); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("that directory has mode %v, %v; want 0755 as before", info.Mode(), err)
	}
	foreign := filepath.Join(dir, "photo.jpg")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, "--remove", me.Username, dir); ok || !strings.Contains(out, "photo.jpg is no key") {
		t.Errorf("--remove of a directory with something else in it printed %s", out)
	}
	if err := os.Remove(foreign); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, "--remove", me.Username, dir); !ok {
		t.Error(out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("--remove left the directory")
	}
}

// Whoever owns the directory must not have root write elsewhere, nor remove what a
// link leads to.
func TestScriptFollowsNoLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is for Unix")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(elsewhere, filepath.Join(dir, ".sealring-store")); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, "--shared", me.Username, dir); ok {
		t.Errorf("it went on: %s", out)
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("it wrote where the link leads")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{link, elsewhere} {
		if out, ok := script(t, "--remove", me.Username, gone); ok || !strings.Contains(out, "there is no directory "+gone) {
			t.Errorf("--remove printed %s", out)
		}
	}
}

// What the account has put into the directory must not have root change something else.
func TestScriptAmongPlantedLinks(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root changes what belongs to others")
	}
	const account = "nobody"
	if _, err := user.Lookup(account); err != nil {
		t.Skip(err)
	}
	dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	key, hidden := filepath.Join(dir, "key.xml"), filepath.Join(dir, "sub", "file")
	if err := os.Mkdir(filepath.Dir(hidden), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{victim, key, hidden} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(victim, filepath.Join(dir, "link.xml")); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("chown", "-R", "-h", account, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	is := func(path, want string) {
		t.Helper()
		out, err := exec.Command("stat", "-c", "%U %a", path).Output()
		if got := strings.TrimSpace(string(out)); got != want || err != nil {
			t.Errorf("%s belongs to, and has the mode, %q, %v; want %q", path, got, err, want)
		}
	}
	if out, ok := script(t, account, dir); !ok {
		t.Fatal(out)
	}
	is(victim, "root 644")
	is(hidden, account+" 644") // not in the directory itself
	is(key, account+" 600")
	is(dir, account+" 700")

	second := filepath.Join(dir, "second.xml")
	if err := os.Link(victim, second); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, account, dir); ok || !strings.Contains(out, "second.xml has another name elsewhere") {
		t.Errorf("a second name of another file: it printed %s", out)
	}
	is(victim, "root 644")
	is(dir, account+" 700") // the program goes on

	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if out, ok := script(t, account, link); ok || !strings.Contains(out, "is a link; name the directory") {
		t.Errorf("a directory that is a link: it printed %s", out)
	}
}

func TestScriptRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is for Unix")
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "usage: provision.sh"},
		{[]string{"--frobnicate", "a", "/b"}, "usage: provision.sh"},
		{[]string{"root", "keys"}, "no absolute path"},
		{[]string{"nobody-of-this-name", "/tmp/keys-of-nobody"}, "there is no account"},
	} {
		if out, ok := script(t, tt.args...); ok || !strings.Contains(out, tt.want) {
			t.Errorf("%q printed %q, want %q", tt.args, out, tt.want)
		}
	}
}

// TestScriptOfWindows holds the script to what the package reads: it cannot be run
// here, but it must ask for the same key with the same permissions.
func TestScriptOfWindows(t *testing.T) {
	text, err := os.ReadFile("Provision-AutoGenKeys.ps1")
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(registrystore.AutoGenKeysPath("$sid"), `HKLM\`)
	for _, want := range []string{`"` + path + `"`, `"D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GA;;;$sid)"`, "'Registry32', 'Registry64'"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the script does not have %s", want)
		}
	}
}

// TestMarker holds the script's marker to the one that Provision writes.
func TestMarker(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	if err := filestore.Provision(dir); err != nil {
		t.Fatal(err)
	}
	marker, err := os.ReadFile(filepath.Join(dir, ".sealring-store"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("provision.sh")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(marker)) {
		if !strings.Contains(string(text), "'"+strings.TrimSuffix(line, "\n")+"'") {
			t.Errorf("the script does not write %q", line)
		}
	}
}
