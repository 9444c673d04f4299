package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection/filestore"
)

func provisionDirectoryCommand() *cli.Command {
	return &cli.Command{
		Name:      "directory",
		Usage:     "prepare a directory: owned by the account, closed to all others",
		ArgsUsage: "DIRECTORY",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "account", Usage: "the `NAME` of the account that the program runs as (default: leave the owner)"},
			&cli.BoolFlag{Name: "shared", Usage: "it is on a mount that several machines use; mark it, so that an unmounted share is told from an empty one"},
			&cli.BoolFlag{Name: "remove", Usage: "remove the directory, with all keys in it; everybody is logged out"},
			yesFlag(),
		},
		Action: provisionDirectory,
	}
}

func provisionDirectory(ctx context.Context, c *cli.Command) error {
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
	steps := plan{{"create the directory " + dir, func() error { return makeDirectory(dir) }}}
	if c.Bool("shared") {
		steps = append(steps, task{"mark it as the key directory of a share", func() error { return filestore.Provision(dir) }})
	}
	owner, err := directoryOwner(c.String("account"))
	if err != nil {
		return err
	}
	return append(steps, owner.tasks(dir)...).carryOut(ctx, c)
}

// directoryArgument is the one argument. An empty one, as of a variable that is not
// set, would be the directory that somebody happens to be in.
func directoryArgument(c *cli.Command) (string, error) {
	if c.Args().Len() != 1 || c.Args().First() == "" {
		return "", usagef("provision %s wants one directory", c.Name)
	}
	return filepath.Abs(c.Args().First())
}

// checkPlace refuses, before anything is done, what cannot become a directory of keys,
// and one that is something else: closed to all but an account, the machine would miss
// it. One that has keys already, or the mark, is theirs, whatever lies beside them.
func checkPlace(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return withAdvice(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link; name the directory that it leads to", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return withAdvice(err)
	}
	other := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case !e.IsDir() && (filepath.Ext(name) == ".xml" || name == ".sealring-store"):
			return nil
		case name != "lost+found" && !isOfKeys(e):
			other = name
		}
	}
	if other != "" {
		return fmt.Errorf("%s has no keys, but holds %s; name a directory for keys alone", dir, other)
	}
	return nil
}

// makeDirectory makes what is missing above dir passable, or the account could not
// get there, whatever the umask of whoever provisions. Whoever owns what is there
// cannot have it do that elsewhere.
func makeDirectory(dir string) error {
	there, missing := filepath.Dir(dir), ""
	for {
		if _, err := os.Stat(there); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = filepath.Join(filepath.Base(there), missing)
		there = filepath.Dir(there)
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	root, err := os.OpenRoot(there)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(filepath.Join(missing, filepath.Base(dir)), 0o700); err != nil {
		return err
	}
	for ; missing != "" && missing != "."; missing = filepath.Dir(missing) {
		if err := root.Chmod(missing, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// removeDirectory removes a directory only if it looks like one of keys.
func removeDirectory(ctx context.Context, c *cli.Command, dir string) error {
	if err := checkKeyDirectory(dir); err != nil {
		return err
	}
	if !c.Bool("what-if") {
		if err := confirm(ctx, c, fmt.Sprintf("Remove %s with all keys in it? Everybody is logged out.", dir)); err != nil {
			return err
		}
	}
	return plan{{"remove the directory " + dir + " with the keys in it", func() error { return os.RemoveAll(dir) }}}.carryOut(ctx, c)
}

// checkKeyDirectory keeps somebody who mistyped a path from losing something else.
func checkKeyDirectory(dir string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is no directory but a file or a link", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isOfKeys(e) {
			return fmt.Errorf("%s holds %s, which is no key; remove it yourself if you mean it", dir, e.Name())
		}
	}
	return nil
}

// isOfKeys reports whether a directory of keys may hold something.
func isOfKeys(e fs.DirEntry) bool {
	name := e.Name()
	return !e.IsDir() && (name[0] == '.' || filepath.Ext(name) == ".xml" || filepath.Ext(name) == ".tmp")
}
