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
func (s *Store) warnings(l listing, files map[string]file) []string {
	var found []string
	if runtime.GOOS != "windows" && s.keepsModes() {
		found = append(found, s.modeWarnings(l, files)...)
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

func (s *Store) modeWarnings(l listing, files map[string]file) []string {
	var found []string
	if info, err := os.Stat(s.dir); err == nil && info.Mode()&others != 0 {
		found = append(found, fmt.Sprintf("the %s has mode %04o and is open to others than its owner; run: chmod 700 %s", s, perm(info), quote(s.dir)))
	}
	for _, entry := range l.elements {
		if info := files[entry.Name()].info; info != nil && info.Mode()&others != 0 {
			found = append(found, fmt.Sprintf("in the %s the file %s has mode %04o and is open to others than its owner; run: chmod 600 %s",
				s, entry.Name(), perm(info), quote(s.dir+"/"+entry.Name())))
		}
	}
	return found
}

// perm is the mode as chmod takes it.
func perm(info fs.FileInfo) uint32 { return uint32(info.Mode().Perm()) }

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
