package sealring_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The program in the README is examples/smallest. Its pages are those of its
// relatives, whose tests visit them.
func TestReadmeShowsTheSmallestProgram(t *testing.T) {
	_, rest, _ := strings.Cut(read(t, "README.md"), "```go\n")
	shown, _, found := strings.Cut(rest, "```\n")
	_, code, _ := strings.Cut(read(t, "examples/smallest/main.go"), "package main\n")
	if !found || shown != "package main\n"+code {
		t.Error("the program in README.md is not the one in examples/smallest/main.go")
	}
	_, rest, _ = strings.Cut(code, "mux := ")
	pages, _, found := strings.Cut(rest, "\tlog.Fatal")
	for _, relative := range []string{"examples/redis/main.go", "examples/postgres/main.go"} {
		if !found || !strings.Contains(read(t, relative), pages) {
			t.Errorf("the pages of examples/smallest/main.go are not those of %s", relative)
		}
	}
}

// What the README does not name, nobody finds.
func TestReadmeNamesEveryPackage(t *testing.T) {
	readme := read(t, "README.md")
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (name[0] == '.' || name == "internal" || name == "testdata" || name == "integration_test"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || filepath.Dir(path) == ".":
			return nil
		}
		if dir := filepath.Base(filepath.Dir(path)); !strings.Contains(readme, dir+"`") {
			t.Errorf("README.md does not name %s, in which %s is", dir, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
