//go:build !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"

	"github.com/urfave/cli/v3"
)

// whoMay says who may do what was denied.
func whoMay() string {
	if os.Geteuid() == 0 {
		return "root has no such right there, as on most mounts; run it as the account of the programs"
	}
	return "run it as root"
}

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
	p := plan{{"close it to everybody but its owner (mode 0700, files 0600)", func() error { return o.eachEntry(dir, closeToOthers) }}}
	if o.name != "" {
		p = append(p, task{fmt.Sprintf("give it to the account %s (uid %d, gid %d)", o.name, o.uid, o.gid), func() error {
			return o.eachEntry(dir, func(f *os.File, _ os.FileInfo) error { return f.Chown(o.uid, o.gid) })
		}})
	}
	return p
}
