package sealring_test

import (
	"os"
	"strings"
	"testing"
)

// The program in the README is examples/smallest, which is compiled and tested
// with everything else.
func TestReadmeShowsTheSmallestProgram(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	shown, _, found := strings.Cut(rest, "```\n")
	program, err := os.ReadFile("examples/smallest/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "package main\n")
	if !found || shown != "package main\n"+code {
		t.Error("the program in README.md is not the one in examples/smallest/main.go")
	}
}
