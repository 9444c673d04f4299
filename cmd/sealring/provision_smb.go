//go:build !windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection/filestore"
)

func provisionSMBCommand() *cli.Command {
	return &cli.Command{
		Name:      "smb",
		Usage:     "prepare a directory that Samba shares with the accounts of several machines",
		ArgsUsage: "DIRECTORY",
		Description: "The directory belongs to the first account; an access control list lets the others in, and\n" +
			"what any of them creates. The lines for smb.conf are printed, not written: who may log in to\n" +
			"the server is a matter of its own. It needs setfacl (Debian package acl).",
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "account", Usage: "the `NAME` of an account that programs use the share as; give it again for further ones"},
			&cli.StringFlag{Name: "share", Value: "keys", Usage: "what the share is called"},
			&cli.BoolFlag{Name: "remove", Usage: "remove the directory, with all keys in it; everybody is logged out"},
			yesFlag(),
		},
		Action: provisionSMB,
	}
}

var shareName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$`)

func provisionSMB(ctx context.Context, c *cli.Command) error {
	dir, err := directoryArgument(c)
	if err != nil {
		return err
	}
	if c.Bool("remove") {
		return removeDirectory(ctx, c, dir)
	}
	if err := checkPlace(dir); err != nil {
		return err
	}
	accounts, err := lookUpAll(c.StringSlice("account"))
	if err != nil {
		return err
	}
	if !shareName.MatchString(c.String("share")) {
		return usagef("--share %s: it must be of letters, digits, dots, hyphens and underscores", c.String("share"))
	}
	steps := plan{
		{"create the directory " + dir, func() error { return makeDirectory(dir) }},
		{"mark it as the key directory of a share", func() error { return filestore.Provision(dir) }},
	}
	steps = append(steps, accounts[0].tasks(dir)...)
	steps = append(steps, letIn(dir, accounts)...)
	if err := steps.carryOut(ctx, c); err != nil || c.Bool("json") {
		return err
	}
	_, err = io.WriteString(c.Root().Writer, "\nfor smb.conf:\n\n"+indent(shareSection(c.String("share"), dir, accounts))+"\n")
	return err
}

func lookUpAll(names []string) (all []ownership, err error) {
	if len(names) == 0 {
		return nil, usagef("provision smb wants at least one --account")
	}
	for _, name := range names {
		o, err := directoryOwner(name)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

// letIn gives each account the rights of the owner, in what is there and in what
// any of them will create.
func letIn(dir string, accounts []ownership) plan {
	ofDirectory := accessList(accounts, "u:%d:rwx,d:u:%[1]d:rwx") + ",d:g::---,d:o::---,m::rwx,d:m::rwx"
	ofFiles := accessList(accounts, "u:%d:rw") + ",m::rw"
	what := fmt.Sprintf("let in %s, and nobody else (setfacl -m %s; the keys: setfacl -m %s)", names(accounts), ofDirectory, ofFiles)
	return plan{{what, func() error {
		return accounts[0].eachEntry(dir, func(f *os.File, info os.FileInfo) error {
			if info.IsDir() {
				return setfacl(f, ofDirectory)
			}
			return setfacl(f, ofFiles)
		})
	}}}
}

func accessList(accounts []ownership, format string) string {
	var entries []string
	for _, o := range accounts {
		entries = append(entries, fmt.Sprintf(format, o.uid))
	}
	return strings.Join(entries, ",")
}

// setfacl adds entries to the access control list of what is open, which the program
// knows by its number.
func setfacl(f *os.File, entries string) error {
	c := exec.Command("setfacl", "-m", entries, "/dev/fd/3")
	c.ExtraFiles = []*os.File{f}
	out, err := c.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("setfacl is missing; install the package acl")
	}
	if err != nil {
		return fmt.Errorf("setfacl of %s: %w: %s", f.Name(), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func names(accounts []ownership) string {
	var all []string
	for _, o := range accounts {
		all = append(all, o.name)
	}
	return strings.Join(all, ", ")
}

// shareSection is what smb.conf needs. Opportunistic locks let a client keep what it
// has read for itself, which here would mean that it sees a revocation late.
func shareSection(share, dir string, accounts []ownership) string {
	return fmt.Sprintf("[%s]\n   path = %s\n   valid users = %s\n   read only = no\n   browseable = no\n   inherit acls = yes\n"+
		"   create mask = 0660\n   directory mask = 0770\n   oplocks = no\n   level2 oplocks = no\n   smb encrypt = required\n",
		share, dir, names(accounts))
}
