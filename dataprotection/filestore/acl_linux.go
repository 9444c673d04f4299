package filestore

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// What is in the attribute of an access control list: a version, and entries of a
// kind, permissions and the number of a user or group.
const (
	aclVersion   = 2
	aclUser      = 0x02
	aclGroup     = 0x08
	aclEntrySize = 8
)

// namedInACL lists the users and groups that the POSIX access control list of a file
// names with any permission. The mask, which limits them, is in the file's mode.
func namedInACL(path string) []string {
	attribute := make([]byte, 64<<10) // the most that Linux keeps
	n, err := unix.Getxattr(path, "system.posix_acl_access", attribute)
	if err != nil {
		return nil // there is none, or the file system has none
	}
	return parseACL(attribute[:n])
}

func parseACL(attribute []byte) (named []string) {
	if len(attribute) < 4 || binary.LittleEndian.Uint32(attribute) != aclVersion {
		return nil
	}
	for rest := attribute[4:]; len(rest) >= aclEntrySize; rest = rest[aclEntrySize:] {
		kind, permissions, id := binary.LittleEndian.Uint16(rest), binary.LittleEndian.Uint16(rest[2:]), binary.LittleEndian.Uint32(rest[4:])
		switch {
		case permissions == 0:
		case kind == aclUser:
			named = append(named, fmt.Sprint("user ", id))
		case kind == aclGroup:
			named = append(named, fmt.Sprint("group ", id))
		}
	}
	return named
}
