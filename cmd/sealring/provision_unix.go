//go:build !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v3"
)

func systemProvisionCommands() []*cli.Command {
	return []*cli.Command{provisionSystemdCommand(), provisionSMBCommand(), elsewhere("apppool"), elsewhere("account")}
}

// elsewhere is a command that there is on Windows, for those who look for it here.
func elsewhere(name string) *cli.Command {
	return &cli.Command{Name: name, Hidden: true, Action: func(context.Context, *cli.Command) error {
		return usagef("provision %s is about the registry of Windows; here it is: provision directory", name)
	}}
}

// An ownership is the account that a directory is for. Its zero value leaves the owner.
type ownership struct {
	name     string
	uid, gid int
}

// directoryOwner looks the account up. An empty name is nobody in particular.
func directoryOwner(name string) (ownership, error) {
	if name == "" {
		return ownership{}, nil
	}
	account, err := user.Lookup(name)
	var unknown user.UnknownUserError
	switch {
	case errors.As(err, &unknown):
		return ownership{}, fmt.Errorf("there is no account %q on this machine", name)
	case err != nil:
		return ownership{}, err
	}
	uid, err1 := strconv.Atoi(account.Uid)
	gid, err2 := strconv.Atoi(account.Gid)
	return ownership{name, uid, gid}, errors.Join(err1, err2)
}

// tasks give the directory and what is in it to the account alone.
func (o ownership) tasks(dir string) plan {
	p := plan{{"close it to everybody but its owner (mode 0700, files 0600)", func() error { return eachEntry(dir, closeToOthers) }}}
	if o.name != "" {
		p = append(p, task{fmt.Sprintf("give it to the account %s (uid %d, gid %d)", o.name, o.uid, o.gid), func() error {
			return eachEntry(dir, func(path string, _ os.FileInfo) error { return os.Lchown(path, o.uid, o.gid) })
		}})
	}
	return p
}

// eachEntry calls do for what is in a directory, links excepted, and then for the directory.
func eachEntry(dir string, do func(path string, info os.FileInfo) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			if err := do(filepath.Join(dir, e.Name()), info); err != nil {
				return err
			}
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	return do(dir, info)
}

func closeToOthers(path string, info os.FileInfo) error {
	mode := os.FileMode(0o600)
	if info.IsDir() {
		mode = 0o700
	}
	return os.Chmod(path, mode)
}
