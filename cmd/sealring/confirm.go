package main

import (
	"bufio"
	"context"
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
func confirm(ctx context.Context, c *cli.Command, question string) error {
	if c.Bool("yes") {
		return nil
	}
	fmt.Fprintf(c.Root().ErrWriter, "%s [y/N] ", question)
	answer, err := read(ctx, func() (string, error) { return bufio.NewReader(c.Root().Reader).ReadString('\n') })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil && answer == "" {
		return usagef("nobody answered, so nothing was done; with --yes nobody is asked")
	}
	return fmt.Errorf("nothing was done")
}

// read does what may wait for a person, and leaves it behind when ctx ends.
func read[T any](ctx context.Context, wait func() (T, error)) (result T, err error) {
	done := make(chan struct{})
	var read T
	var readErr error
	go func() {
		read, readErr = wait()
		close(done)
	}()
	select {
	case <-done:
		return read, readErr
	case <-ctx.Done():
		return result, ctx.Err()
	}
}
