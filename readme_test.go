package sealring_test

import (
	"os"
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

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
