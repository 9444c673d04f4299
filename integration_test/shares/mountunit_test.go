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
	what, where, kind, options string
}

// readMountUnit reads the unit of an example and puts in the address of a server of ours.
func readMountUnit(t *testing.T, dir, server string) mountUnit {
	t.Helper()
	settings := readUnit(t, dir, "mnt-keys.mount")
	u := mountUnit{strings.Replace(settings["What"], "files.example.com", server, 1), settings["Where"], settings["Type"], settings["Options"]}
	if u.what == settings["What"] || u.where == "" || u.kind == "" || u.options == "" {
		t.Fatalf("the unit of examples/%s says %q", dir, settings)
	}
	return u
}

// readUnit reads the settings of a systemd unit, whatever their section.
func readUnit(t *testing.T, dir, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(example(t, dir, file))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && line[0] != '#' {
			settings[name] = value
		}
	}
	return settings
}

func example(t *testing.T, dir, file string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "examples", dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return path
}
