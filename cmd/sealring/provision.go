package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/urfave/cli/v3"
)

func provisionCommand() *cli.Command {
	return &cli.Command{
		Name:  "provision",
		Usage: "prepare a place for the keys of an account, for it and nobody else",
		Description: "What is prepared already is left as it is, apart from owner and permissions, which are set\n" +
			"again. --what-if only says what would be done. It makes no keys: the program does, when it\n" +
			"opens the ring. docs/operations.md has the tour, docs/windows.md that of Windows.",
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "what-if", Usage: "say what would be done, and do nothing"}},
		Commands: append([]*cli.Command{provisionDirectoryCommand(), provisionSessionsCommand()}, systemProvisionCommands()...),
	}
}

// A plan is what has to be done, in order.
type plan []task

// A task is one thing to do. What says it in the imperative.
type task struct {
	what string
	do   func() error
}

// carryOut does what the plan says, or only says it. It stops at the first failure.
func (p plan) carryOut(_ context.Context, c *cli.Command) error {
	whatIf := c.Bool("what-if")
	done := []string{}
	for _, t := range p {
		if !whatIf {
			if err := t.do(); err != nil {
				return withAdvice(fmt.Errorf("%s: %w", t.what, err))
			}
		}
		done = append(done, t.what)
	}
	key, heading := "done", ""
	if whatIf {
		key, heading = "wouldDo", "This would be done:\n"
	}
	return print(c, map[string][]string{key: done}, func(w io.Writer) {
		fmt.Fprint(w, heading)
		for _, what := range done {
			fmt.Fprintf(w, "%s\n", printable(what))
		}
	})
}

// withAdvice says what an access that was denied wants.
func withAdvice(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (%s)", err, whoMay())
	}
	return err
}
