//go:build !windows

package filestore

import (
	"os"
	"syscall"
)

// giveToOwner has what root makes belong to the owner of the directory. An operator
// who revokes a key as root would else leave a file that the programs, running as
// that account, cannot read, and so cannot start on. Where root may not do that, as on
// most mounts, its files are as the server has them.
func giveToOwner(root *os.Root, f *os.File) {
	if os.Geteuid() != 0 {
		return
	}
	info, err := root.Stat(".")
	if err != nil {
		return
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
		_ = f.Chown(int(owner.Uid), int(owner.Gid))
	}
}
