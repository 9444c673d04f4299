package x509seal_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/x509seal"
)

// TestDocs runs the commands of docs/certificates.md.
func TestDocs(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl")
	}
	_, commands, _ := strings.Cut(string(readFile(t, "../../docs/certificates.md")), "```sh\n")
	commands, _, _ = strings.Cut(commands, "```")
	dir := t.TempDir()
	shell := exec.Command("sh", "-e", "-c", commands)
	shell.Dir = dir
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	password := strings.TrimSpace(string(readFile(t, filepath.Join(dir, "keys.password"))))
	fromPFX, err := x509seal.LoadPFX(filepath.Join(dir, "keys.pfx"), password)
	if err != nil {
		t.Fatal(err)
	}
	fromPEM, err := x509seal.LoadPEM(filepath.Join(dir, "keys.crt"), filepath.Join(dir, "keys.key"))
	if err != nil {
		t.Fatal(err)
	}
	printed := strings.ReplaceAll(string(out), ":", "")
	if !strings.Contains(printed, fromPFX.Thumbprint()) || fromPFX.Thumbprint() != fromPEM.Thumbprint() {
		t.Errorf("the thumbprints are %s and %s, and printed is\n%s", fromPFX.Thumbprint(), fromPEM.Thumbprint(), out)
	}
	if got, err := fromPEM.Open(t.Context(), decryptorType, seal(t, fromPFX)); err != nil || string(got) != fragment {
		t.Errorf("got %q, %v, want %q", got, err, fragment)
	}
	if w := fromPFX.Warnings(time.Now()); len(w) > 0 {
		t.Errorf("warnings: %q", w)
	}
	t.Run("the reference takes the PFX", func(t *testing.T) {
		verify := reference(t, "verify")
		root := t.TempDir()
		write(t, filepath.Join(root, "docs"), readFile(t, filepath.Join(dir, "keys.pfx")), password)
		if out, err := exec.Command(verify.Args[0], append(verify.Args[1:], root)...).CombinedOutput(); err != nil || !strings.Contains(string(out), "6 passed, 0 failed") {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}
