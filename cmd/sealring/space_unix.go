//go:build !windows

package main

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes this account may still write on the disk of dir.
func freeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
