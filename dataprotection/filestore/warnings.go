package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// warnings tells what an operator should mend.
func (s *Store) warnings(exposed []exposure) []string {
	var found []string
	for _, e := range exposed {
		found = append(found, s.exposureWarning(e))
	}
	if s.fleeting(s.dir) {
		found = append(found, fmt.Sprintf("the %s is inside the container and will be lost with it, and with the keys every login; mount a volume there", s))
	}
	return found
}

// An exposure is a file, or with no name the directory itself, that others than the
// account that the program runs as may use.
type exposure struct {
	name     string
	findings []string // what opens it, as ends of a sentence
	remedy   string   // a command that closes it
}

// exposures lists what is open to others, the directory first.
func (s *Store) exposures(l listing, files map[string]file) []exposure {
	var found []exposure
	note := func(name string, info fs.FileInfo) {
		if e := s.exposureOf(name, info); len(e.findings) > 0 {
			e.name = name
			found = append(found, e)
		}
	}
	if !s.judgeable() {
		return nil
	}
	if info, err := os.Stat(s.dir); err == nil {
		note("", info)
	}
	for _, entry := range l.elements {
		if info := files[entry.Name()].info; info != nil {
			note(entry.Name(), info)
		}
	}
	return found
}

func (s *Store) exposureWarning(e exposure) string {
	what := s.String()
	if e.name != "" {
		what += ": the file " + e.name
	}
	return fmt.Sprintf("the %s %s; run: %s", what, strings.Join(e.findings, " and "), e.remedy)
}

// quote makes path one word of a shell command.
func quote(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if strings.TrimFunc(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
