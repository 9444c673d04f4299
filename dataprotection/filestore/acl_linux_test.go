package filestore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/realtest"
)

// An access control list is named in the warning, and the command in the warning ends it.
func TestACLWarning(t *testing.T) {
	setfacl := realtest.Program(t, "setfacl", "acl")
	dir := t.TempDir()
	os.Chmod(dir, 0o700)
	s := filestore.OnHost(filestore.New(dir))
	add(t, s, "a", "<a />")
	for _, args := range [][]string{{"-m", "u:1234:rx,g:4321:r", dir}, {"-m", "u:1234:r", filepath.Join(dir, "a.xml")}} {
		if output, err := exec.Command(setfacl, args...).CombinedOutput(); err != nil {
			if strings.Contains(string(output), "not supported") {
				t.Skipf("the file system of %s has no access control lists", dir)
			}
			t.Fatalf("%v: %s", err, output)
		}
	}
	warnings := load(t, s).Warnings
	if len(warnings) != 2 || !strings.Contains(warnings[0], "to user 1234, group 4321; run: setfacl -b "+dir) || !strings.Contains(warnings[1], "a.xml has mode 0640 and is open to others than its owner, by an access control list to user 1234;") {
		t.Fatalf("got %q, want the accounts of both lists", warnings)
	}
	for _, w := range warnings {
		_, command, _ := strings.Cut(w, "; run: ")
		if output, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, output)
		}
	}
	if warnings := load(t, s).Warnings; len(warnings) > 0 {
		t.Errorf("after the commands of the warnings: %q", warnings)
	}
}

func TestParseACL(t *testing.T) {
	entry := func(kind, permissions byte, id byte) string {
		return string([]byte{kind, 0, permissions, 0, id, 0, 0, 0})
	}
	const version = "\x02\x00\x00\x00"
	for _, tc := range []struct{ name, attribute, want string }{
		{"nothing", "", ""},
		{"another version", "\x03\x00\x00\x00" + entry(2, 4, 7), ""},
		{"owner, group, mask and others", version + entry(1, 7, 255) + entry(4, 7, 255) + entry(16, 7, 255) + entry(32, 7, 255), ""},
		{"users and a group", version + entry(2, 4, 7) + entry(2, 1, 8) + entry(8, 2, 9), "user 7, user 8, group 9"},
		{"without permissions", version + entry(2, 0, 7), ""},
		{"cut", version + entry(2, 4, 7) + "\x02\x00\x04", "user 7"},
	} {
		if got := strings.Join(filestore.ParseACL([]byte(tc.attribute)), ", "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

// What belongs to another account is open to that account.
func TestOwnerWarning(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o700)
	s := filestore.OnHost(filestore.New(dir))
	add(t, s, "a", "<a />")
	if err := os.Chown(filepath.Join(dir, "a.xml"), 1234, -1); err != nil {
		t.Fatal(err)
	}
	warnings := load(t, s).Warnings
	if len(warnings) != 1 || !strings.HasSuffix(warnings[0], "the file a.xml belongs to user 1234 while this program runs as user 0; run: chown 0 "+filepath.Join(dir, "a.xml")) {
		t.Errorf("got %q, want one that names the owner", warnings)
	}
}
