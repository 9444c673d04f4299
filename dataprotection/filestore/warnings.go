package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// others are the permissions of everybody but the owner.
const others fs.FileMode = 0o077

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

// keepsModes reports whether modes mean anything in the directory. SMB shows the
// same for every file, and there the server decides who may read; so a shared
// directory is judged by its marker, which was made with mode 0600.
func (s *Store) keepsModes() bool {
	if !s.shared {
		return true
	}
	info, err := os.Stat(s.dir + string(os.PathSeparator) + markerName)
	return err == nil && info.Mode()&others == 0
}

// An exposure is a file, or with no name the directory itself, that others than
// its owner may use.
type exposure struct {
	name string
	mode fs.FileMode
}

// exposures lists what is open to others, the directory first.
func (s *Store) exposures(l listing, files map[string]file) []exposure {
	if runtime.GOOS == "windows" || !s.keepsModes() {
		return nil
	}
	var found []exposure
	note := func(name string, info fs.FileInfo) {
		if info.Mode()&others != 0 {
			found = append(found, exposure{name, info.Mode().Perm()})
		}
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
	if e.name == "" {
		return fmt.Sprintf("the %s has mode %04o and is open to others than its owner; run: chmod 700 %s", s, e.mode, quote(s.dir))
	}
	return fmt.Sprintf("in the %s the file %s has mode %04o and is open to others than its owner; run: chmod 600 %s",
		s, e.name, e.mode, quote(s.dir+"/"+e.name))
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
