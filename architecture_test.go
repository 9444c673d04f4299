package sealring_test

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This test holds the module to its own rules by reading the source. Each rule
// is a function from the parsed files to what is wrong with them, so that
// TestRulesFind can show each of them at work.

const module = "github.com/sealring/sealring"

var rules = []struct {
	name  string
	check func(sources) []string
}{
	{"imports point down", importsPointDown},
	{"data protection knows nothing of HTTP", dataProtectionWithoutHTTP},
	{"no forbidden imports", noForbiddenImports},
	{"one package comment each", onePackageComment},
	{"an example for each package", exampleForEachPackage},
	{"nothing happens in init", nothingInInit},
}

func TestArchitecture(t *testing.T) {
	files, err := parseModule(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, finding := range rule.check(files) {
				t.Error(finding)
			}
		})
	}
}

func windowsOnly(path string) bool {
	return strings.HasSuffix(path, "_windows.go") || strings.HasSuffix(path, "_windows_test.go")
}

// The house, ground floor first; the longest matching path says where a package
// lives. A package imports what lies on lower floors. On its own floor it imports
// only what lies in its own wing, which is the first element of its path: that is
// why cookieauth and antiforgery do not know each other. Tests may climb within
// their wing, to use a neighbour's store or test double.
var house = []struct {
	path  string // "x/..." is everything below x
	floor int
}{
	{"internal/...", 0},
	{"dataprotection/internal/...", 1},
	{"dataprotection", 2},
	{"dataprotection/...", 3},
	{"cookieauth/internal/packed", 4},
	{"cookieauth/claims", 4},
	{"cookieauth/ticket", 5},
	{"cookieauth", 5},
	{"antiforgery", 5},
	{"antiforgery/internal/...", 5},
	{"cookieauth/...", 6},
	{"antiforgery/...", 6},
	{"middleware", 7},
	{"middleware/...", 7},
	{"examples/...", 8},
	{"cmd/...", 8},
	{"integration_test", 9},
	{"integration_test/...", 9},
	{".", 9},
}

func floorOf(dir string) (floor int, ok bool) {
	longest := -1
	for _, room := range house {
		above, whole := strings.CutSuffix(room.path, "...")
		if (room.path == dir || whole && strings.HasPrefix(dir, above)) && len(above) > longest {
			floor, ok, longest = room.floor, true, len(above)
		}
	}
	return floor, ok
}

func wingOf(dir string) string { return strings.Split(dir, "/")[0] }

func importsPointDown(files sources) (findings []string) {
	for _, f := range files {
		from, ok := floorOf(f.dir())
		if !ok {
			findings = append(findings, fmt.Sprintf("%s: %s has no place in the house", f.path, f.dir()))
			continue
		}
		for _, imported := range f.ownImports() {
			to, _ := floorOf(imported)
			neighbour := wingOf(imported) == wingOf(f.dir())
			if to > from && !(f.isTest() && neighbour) || to == from && !neighbour {
				findings = append(findings, fmt.Sprintf("%s: %s must not import %s", f.path, f.dir(), imported))
			}
		}
	}
	return findings
}

// dataProtectionWithoutHTTP follows the imports within the module, since what is
// shared in internal may well be about HTTP.
func dataProtectionWithoutHTTP(files sources) (findings []string) {
	seen := map[string]bool{}
	var visit func(dir string)
	visit = func(dir string) {
		if seen[dir] {
			return
		}
		seen[dir] = true
		for _, f := range files {
			if f.dir() != dir || f.isTest() {
				continue
			}
			if slices.Contains(f.imports(), "net/http") {
				findings = append(findings, f.path+": data protection must not need net/http")
			}
			for _, imported := range f.ownImports() {
				visit(imported)
			}
		}
	}
	for _, f := range files {
		if wingOf(f.dir()) == "dataprotection" {
			visit(f.dir())
		}
	}
	return findings
}

var forbidden = []struct {
	path    string
	because string
	where   func(source) bool
}{
	{"math/rand", "randomness comes from crypto/rand", production},
	{"math/rand/v2", "randomness comes from crypto/rand", production},
	{"testing", "it would put test flags into every program", func(f source) bool { return production(f) && !f.isForTests() }},
	{"log", "libraries take a *slog.Logger", func(f source) bool { return production(f) && !f.isProgram() }},
	{"unsafe", "the compiler should go on checking", func(f source) bool { return !windowsOnly(f.path) }}, // whose system calls take nothing else
	{"reflect", "types are known where they matter", func(f source) bool {
		return production(f) && !f.isProgram() && f.path != "internal/journey/written.go" // which says why
	}},
	{"os/exec", "a library starts no programs", func(f source) bool { return production(f) && !f.isProgram() && !f.isForTests() }},
	{"net/http/pprof", "it opens a door on the default mux", everywhere},
	{"crypto/md5", "it is broken", everywhere},
	{"crypto/rc4", "it is broken", everywhere},
}

func everywhere(source) bool   { return true }
func production(f source) bool { return !f.isTest() && wingOf(f.dir()) != "integration_test" }

func noForbiddenImports(files sources) (findings []string) {
	for _, f := range files {
		for _, ban := range forbidden {
			if ban.where(f) && slices.Contains(f.imports(), ban.path) {
				findings = append(findings, fmt.Sprintf("%s: must not import %s: %s", f.path, ban.path, ban.because))
			}
		}
	}
	return findings
}

func onePackageComment(files sources) (findings []string) {
	for dir, pkg := range files.packages() {
		start := "Package " + pkg[0].ast.Name.Name + " "
		if pkg[0].ast.Name.Name == "main" {
			start = ""
		}
		comments := 0
		for _, f := range pkg {
			if f.ast.Doc == nil {
				continue
			}
			comments++
			if !strings.HasPrefix(f.ast.Doc.Text(), start) {
				findings = append(findings, fmt.Sprintf("%s: the package comment must begin with %q", f.path, start))
			}
		}
		if comments != 1 {
			findings = append(findings, fmt.Sprintf("%s: %d package comments, want 1", dir, comments))
		}
	}
	return findings
}

func exampleForEachPackage(files sources) (findings []string) {
	for dir, pkg := range files.packages() {
		internal := slices.Contains(strings.Split(dir, "/"), "internal")
		if internal || pkg[0].ast.Name.Name == "main" || !slices.ContainsFunc(pkg, exports) {
			continue
		}
		if !slices.ContainsFunc(files, func(f source) bool { return f.dir() == dir && f.isTest() && f.declares("Example") }) {
			findings = append(findings, dir+": no Example")
		}
	}
	return findings
}

// nothingInInit keeps importing a package free of consequences.
func nothingInInit(files sources) (findings []string) {
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" && !f.isTest() {
				findings = append(findings, f.path+": must not have an init function")
			}
		}
	}
	return findings
}

// exports reports whether f declares an exported name.
func exports(f source) bool {
	return slices.ContainsFunc(f.ast.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return d.Name.IsExported()
		case *ast.GenDecl:
			return slices.ContainsFunc(d.Specs, exportedSpec)
		}
		return false
	})
}

func exportedSpec(s ast.Spec) bool {
	switch s := s.(type) {
	case *ast.TypeSpec:
		return s.Name.IsExported()
	case *ast.ValueSpec:
		return slices.ContainsFunc(s.Names, (*ast.Ident).IsExported)
	}
	return false
}

// A source is one parsed file of the module.
type source struct {
	path string // from the module's root, with slashes
	ast  *ast.File
}

type sources []source

func (f source) dir() string { return path.Dir(f.path) }

// isForTests reports whether a file is in a package that only tests import.
func (f source) isForTests() bool { return strings.HasSuffix(f.dir(), "test") }

func (f source) isTest() bool    { return strings.HasSuffix(f.path, "_test.go") }
func (f source) isProgram() bool { return wingOf(f.dir()) == "examples" || wingOf(f.dir()) == "cmd" }

func (f source) imports() (paths []string) {
	for _, spec := range f.ast.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		paths = append(paths, imported)
	}
	return paths
}

// ownImports returns the directories of the imported packages of this module.
func (f source) ownImports() (dirs []string) {
	for _, imported := range f.imports() {
		if imported == module {
			dirs = append(dirs, ".")
		} else if dir, ok := strings.CutPrefix(imported, module+"/"); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// declares reports whether f has a function whose name begins with prefix.
func (f source) declares(prefix string) bool {
	return slices.ContainsFunc(f.ast.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, prefix)
	})
}

// packages groups what is not a test by directory.
func (s sources) packages() map[string]sources {
	byDir := map[string]sources{}
	for _, f := range s {
		if !f.isTest() {
			byDir[f.dir()] = append(byDir[f.dir()], f)
		}
	}
	return byDir
}

// parseModule reads every Go file below root, whatever system it is for, leaving
// out what the go command leaves out: testdata, hidden directories and modules
// within the module.
func parseModule(root string) (files sources, err error) {
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && ignored(name):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		files = append(files, source{filepath.ToSlash(name), parsed})
		return err
	})
	return files, err
}

func ignored(dir string) bool {
	base := filepath.Base(dir)
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return base == "testdata" || base[0] == '.' || base[0] == '_' || err == nil
}

func TestRulesFind(t *testing.T) {
	const doc = "// Package p does it.\n"
	tests := []struct {
		name  string
		check func(sources) []string
		files map[string]string // path to content
		want  string            // the findings, joined with "; "
	}{
		{"lower floor", importsPointDown, importing("cookieauth/a.go", "/dataprotection"), ""},
		{"higher floor", importsPointDown, importing("dataprotection/a.go", "/cookieauth"), "dataprotection/a.go: dataprotection must not import cookieauth"},
		{"higher floor of the same wing", importsPointDown, importing("dataprotection/a.go", "/dataprotection/memstore"), "dataprotection/a.go: dataprotection must not import dataprotection/memstore"},
		{"same, from a test", importsPointDown, importing("dataprotection/a_test.go", "/dataprotection/memstore"), ""},
		{"higher floor, from a test", importsPointDown, importing("dataprotection/a_test.go", "/middleware"), "dataprotection/a_test.go: dataprotection must not import middleware"},
		{"own floor and wing", importsPointDown, importing("dataprotection/hosting/a.go", "/dataprotection/filestore"), ""},
		{"sibling", importsPointDown, importing("antiforgery/a.go", "/cookieauth"), "antiforgery/a.go: antiforgery must not import cookieauth"},
		{"sibling, the other way", importsPointDown, importing("cookieauth/a.go", "/antiforgery"), "cookieauth/a.go: cookieauth must not import antiforgery"},
		{"sibling, from a test", importsPointDown, importing("cookieauth/a_test.go", "/antiforgery"), "cookieauth/a_test.go: cookieauth must not import antiforgery"},
		{"claims for both", importsPointDown, importing("antiforgery/a.go", "/cookieauth/claims"), ""},
		{"tickets are for one of them", importsPointDown, importing("antiforgery/a.go", "/cookieauth/ticket"), "antiforgery/a.go: antiforgery must not import cookieauth/ticket"},
		{"claims stay below", importsPointDown, importing("cookieauth/claims/a.go", "/cookieauth"), "cookieauth/claims/a.go: cookieauth/claims must not import cookieauth"},
		{"internal stays on the ground", importsPointDown, importing("internal/origin/a.go", "/middleware"), "internal/origin/a.go: internal/origin must not import middleware"},
		{"everything from the top", importsPointDown, importing("integration_test/a_test.go", "/middleware", "/examples/login"), ""},
		{"unknown room", importsPointDown, importing("misc/a.go"), "misc/a.go: misc has no place in the house"},
		{"HTTP in data protection", dataProtectionWithoutHTTP, importing("dataprotection/filestore/a.go", "net/http"), "dataprotection/filestore/a.go: data protection must not need net/http"},
		{"HTTP by a detour", dataProtectionWithoutHTTP, both(importing("dataprotection/a.go", "/internal/x"), importing("internal/x/x.go", "net/http")), "internal/x/x.go: data protection must not need net/http"},
		{"HTTP elsewhere", dataProtectionWithoutHTTP, importing("internal/x/x.go", "net/http"), ""},
		{"math/rand", noForbiddenImports, importing("dataprotection/a.go", "math/rand/v2"), "dataprotection/a.go: must not import math/rand/v2: randomness comes from crypto/rand"},
		{"math/rand in a test", noForbiddenImports, importing("dataprotection/a_test.go", "math/rand/v2"), ""},
		{"testing", noForbiddenImports, importing("middleware/a.go", "testing"), "middleware/a.go: must not import testing: it would put test flags into every program"},
		{"testing in a suite", noForbiddenImports, importing("dataprotection/storetest/a.go", "testing"), ""},
		{"programs for tests", noForbiddenImports, importing("internal/realtest/a.go", "os/exec"), ""},
		{"programs for a library", noForbiddenImports, importing("internal/x/a.go", "os/exec"), "internal/x/a.go: must not import os/exec: a library starts no programs"},
		{"log", noForbiddenImports, importing("cookieauth/a.go", "log"), "cookieauth/a.go: must not import log: libraries take a *slog.Logger"},
		{"log in a program", noForbiddenImports, importing("examples/login/main.go", "log"), ""},
		{"reflect", noForbiddenImports, importing("antiforgery/a.go", "reflect"), "antiforgery/a.go: must not import reflect: types are known where they matter"},
		{"unsafe", noForbiddenImports, importing("internal/x/a.go", "unsafe"), "internal/x/a.go: must not import unsafe: the compiler should go on checking"},
		{"system calls of Windows", noForbiddenImports, importing("internal/x/a_windows.go", "unsafe"), ""},
		{"system calls of Windows in tests", noForbiddenImports, importing("internal/x/a_windows_test.go", "unsafe"), ""},
		{"package comment", onePackageComment, map[string]string{"middleware/doc.go": doc + "package p", "middleware/a.go": "package p"}, ""},
		{"no package comment", onePackageComment, map[string]string{"middleware/a.go": "package p"}, "middleware: 0 package comments, want 1"},
		{"two package comments", onePackageComment, map[string]string{"middleware/a.go": doc + "package p", "middleware/b.go": doc + "package p"}, "middleware: 2 package comments, want 1"},
		{"other beginning", onePackageComment, map[string]string{"middleware/a.go": "// It does it.\npackage p"}, `middleware/a.go: the package comment must begin with "Package p "`},
		{"program", onePackageComment, map[string]string{"cmd/sealring/main.go": "// Sealring does it.\npackage main"}, ""},
		{"program without comment", onePackageComment, map[string]string{"cmd/sealring/main.go": "package main"}, "cmd/sealring: 0 package comments, want 1"},
		{"example", exampleForEachPackage, map[string]string{"middleware/a.go": "package p; func F() {}", "middleware/example_test.go": "package p_test; func Example() {}"}, ""},
		{"no example", exampleForEachPackage, map[string]string{"middleware/a.go": "package p; type T int", "middleware/a_test.go": "package p_test; func TestF() {}"}, "middleware: no Example"},
		{"no example, internal", exampleForEachPackage, map[string]string{"dataprotection/internal/x/a.go": "package p; var V int"}, ""},
		{"nothing exported", exampleForEachPackage, map[string]string{"a.go": "package p; const c = 1"}, ""},
		{"init", nothingInInit, map[string]string{"middleware/a.go": "package p; func init() {}"}, "middleware/a.go: must not have an init function"},
		{"init in a test", nothingInInit, map[string]string{"middleware/a_test.go": "package p; func init() {}"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tt.check(parseSources(t, tt.files)), "; "); got != tt.want {
				t.Errorf("findings:\n got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// importing returns a file with these imports; those that begin with a slash are
// of this module.
func importing(file string, paths ...string) map[string]string {
	text := "package p\n"
	for _, p := range paths {
		if p[0] == '/' {
			p = module + p
		}
		text += fmt.Sprintf("import %q\n", p)
	}
	return map[string]string{file: text}
}

func both(a, b map[string]string) map[string]string {
	maps.Copy(a, b)
	return a
}

func parseSources(t *testing.T, content map[string]string) (files sources) {
	t.Helper()
	for name, text := range content {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, source{name, parsed})
	}
	return files
}

// TestDependencies keeps go.mod and deps.txt equal, so that a new module, a
// direct one or one that another brings along, is seen in review with its reason.
func TestDependencies(t *testing.T) {
	required, listed := readLines(t, "go.mod", requiredModule), readLines(t, "deps.txt", listedModule)
	for _, m := range required {
		if !slices.Contains(listed, m) {
			t.Errorf("go.mod requires %s, which deps.txt does not list", m)
		}
	}
	for _, m := range listed {
		if !slices.Contains(required, m) {
			t.Errorf("deps.txt lists %s, which go.mod does not require", m)
		}
	}
}

// requiredModule returns the module that a line of go.mod requires: those lines
// alone have a version in second place.
func requiredModule(line string) string {
	fields := strings.Fields(strings.TrimPrefix(line, "require "))
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") {
		return ""
	}
	return fields[0]
}

// listedModule returns the first word of a line that is no comment.
func listedModule(line string) string {
	if strings.HasPrefix(line, "#") {
		return ""
	}
	name, _, _ := strings.Cut(line, " ")
	return name
}

func readLines(t *testing.T, name string, extract func(line string) string) (found []string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if s := extract(lines.Text()); s != "" {
			found = append(found, s)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}
