//go:build linux

package shares_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mountUnit is what the [Mount] section of a systemd unit says.
type mountUnit struct {
	what, kind, options string
}

// readMountUnit reads the unit of an example and puts in the address of a server of ours.
func readMountUnit(t *testing.T, example, server string) mountUnit {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", example, "mnt-keys.mount"))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			settings[name] = value
		}
	}
	u := mountUnit{what: strings.Replace(settings["What"], "files.example.com", server, 1), kind: settings["Type"], options: settings["Options"]}
	if u.what == settings["What"] || u.kind == "" || u.options == "" {
		t.Fatalf("the unit of examples/%s says %q", example, settings)
	}
	return u
}
