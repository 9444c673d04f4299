//go:build !windows

package main

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// becomeOwner has root, who sees everything, look as the account that owns a
// directory, and returns what it is called. Programs most likely run as that, and what
// they cannot read is what matters. Nobody else changes. If it cannot be done, nothing is.
func becomeOwner(info os.FileInfo) (account string) {
	owner := int(stat(info).Uid)
	if os.Geteuid() != 0 || owner == 0 {
		return ""
	}
	name, group, groups := fmt.Sprintf("with the number %d", owner), int(stat(info).Gid), []int{}
	if u, err := user.LookupId(strconv.Itoa(owner)); err == nil {
		name = u.Username
		group, groups = groupsOf(u, group)
	}
	if syscall.Setgroups(groups) != nil || syscall.Setegid(group) != nil || syscall.Seteuid(owner) != nil {
		return ""
	}
	return name
}

func groupsOf(u *user.User, otherwise int) (group int, all []int) {
	group, err := strconv.Atoi(u.Gid)
	if err != nil {
		group = otherwise
	}
	ids, _ := u.GroupIds() // without them it is the one group
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil {
			all = append(all, n)
		}
	}
	return group, all
}

// writable reports whether files can be made in a directory.
func writable(dir string) bool {
	return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil
}
