//go:build !windows

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// others are the permissions of everybody but the owner.
	others fs.FileMode = 0o077
	// group are those of the owner's group or, where there is an access control list,
	// the most that it gives to anybody but the owner.
	group fs.FileMode = 0o070
)

// judgeable reports whether owners and modes mean anything in the directory. SMB shows
// the same for every file, and there the server decides who may read; so a shared
// directory is judged by its marker, which was made with mode 0600.
func (s *Store) judgeable() bool {
	if !s.shared {
		return true
	}
	info, err := os.Stat(filepath.Join(s.dir, markerName))
	return err == nil && info.Mode()&others == 0
}

// exposureOf judges the directory, or a file in it, by owner, mode and access control list.
func (s *Store) exposureOf(name string, info fs.FileInfo) (e exposure) {
	path := filepath.Join(s.dir, name)
	private, commands := "600", []string{}
	if name == "" {
		private = "700"
	}
	if uid, other := otherOwner(info); other && !(name != "" && s.ownsDirectory(uid)) {
		e.findings = append(e.findings, fmt.Sprintf("belongs to user %d while this program runs as user %d", uid, os.Geteuid()))
		commands = append(commands, fmt.Sprintf("chown %d %s", os.Geteuid(), quote(path)))
	}
	if mode := info.Mode().Perm(); mode&others != 0 {
		finding := fmt.Sprintf("has mode %04o and is open to others than its owner", mode)
		if mode&group != 0 {
			if named := namedInACL(path); len(named) > 0 {
				finding += ", by an access control list to " + strings.Join(named, ", ")
				commands = append(commands, "setfacl -b "+quote(path))
			}
		}
		e.findings = append(e.findings, finding)
		commands = append(commands, "chmod "+private+" "+quote(path))
	}
	e.remedy = strings.Join(commands, " && ")
	return e
}

// ownsDirectory reports whether an account owns the directory, which is warned about
// once and not again for each file.
func (s *Store) ownsDirectory(uid int) bool {
	info, err := os.Stat(s.dir)
	if err != nil {
		return false
	}
	owner, other := otherOwner(info)
	return other && owner == uid
}

// otherOwner reports whether somebody else than this program's account, and than
// root, who may do everything anyway, owns a file.
func otherOwner(info fs.FileInfo) (uid int, other bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	uid = int(stat.Uid)
	return uid, uid != 0 && uid != os.Geteuid()
}
