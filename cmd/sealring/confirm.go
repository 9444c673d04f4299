package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"
)

// yesFlag is of every command that destroys something.
func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}
}

// confirm asks before something is destroyed. Without an answer, as where nobody
// sits at a terminal, it is not done.
func confirm(c *cli.Command, question string) error {
	if c.Bool("yes") {
		return nil
	}
	fmt.Fprintf(c.Root().ErrWriter, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.Root().Reader).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil && answer == "" {
		return usagef("nobody answered, so nothing was done; --yes does not ask")
	}
	return fmt.Errorf("nothing was done")
}
