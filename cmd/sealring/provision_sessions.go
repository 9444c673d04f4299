package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/cookieauth/filetickets"
)

func provisionSessionsCommand() *cli.Command {
	return &cli.Command{
		Name:      "sessions",
		Usage:     "prepare a directory on a mount for sessions in files (package filetickets), as the account of the program",
		ArgsUsage: "DIRECTORY",
		Action:    provisionSessions,
	}
}

func provisionSessions(ctx context.Context, c *cli.Command) error {
	dir, err := directoryArgument(c)
	if err != nil {
		return err
	}
	return plan{{"prepare the directory " + dir + " for sessions", func() error {
		err := filetickets.Provision(dir)
		if errors.Is(err, fs.ErrPermission) { // which root would not help against: to NFS it is nobody
			return fmt.Errorf("%v (run it as the account of the program)", err)
		}
		return err
	}}}.carryOut(ctx, c)
}
