package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection/hostpolicy"
)

func policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "what this machine prescribes to every ring that is opened on it",
		Commands: []*cli.Command{
			{Name: "show", Usage: "say which policy holds here, and why", Action: func(_ context.Context, c *cli.Command) error {
				e, err := hostpolicy.Explain()
				return showPolicy(c, e, err)
			}},
			{Name: "check", Usage: "say what a file would prescribe, before it is put in place", ArgsUsage: "FILE", Action: func(_ context.Context, c *cli.Command) error {
				if c.Args().Len() != 1 {
					return usagef("policy check wants one file")
				}
				e, err := hostpolicy.CheckFile(c.Args().First())
				return showPolicy(c, e, err)
			}},
		},
	}
}

func showPolicy(c *cli.Command, e hostpolicy.Explanation, err error) error {
	if err != nil {
		return err
	}
	return print(c, e, func(w io.Writer) { writePolicy(w, e) })
}

func writePolicy(w io.Writer, e hostpolicy.Explanation) {
	for _, looked := range e.Looked {
		fmt.Fprintln(w, printable(looked))
	}
	if e.Source == "" {
		fmt.Fprintln(w, "\nNo policy holds: each program decides for itself.")
		return
	}
	fmt.Fprintf(w, "\nFor what a program leaves open, %s prescribes:\n", printable(e.Source))
	rows := [][]string{}
	if e.Algorithm != "" {
		rows = append(rows, []string{"  algorithm", e.Algorithm})
	}
	if e.KeyLifetime != 0 {
		rows = append(rows, []string{"  key lifetime", fmt.Sprintf("%d days", int(e.KeyLifetime/(24*time.Hour)))})
	}
	for _, s := range e.Escrow {
		rows = append(rows, []string{"  escrow", s.Directory + ", sealed for " + s.Certificate})
	}
	table(w, rows)
	fmt.Fprintln(w, "\nIt says so in:")
	rows = rows[:0]
	for _, s := range e.Settings {
		rows = append(rows, []string{"  " + s.Name, s.Value, s.Where})
	}
	table(w, rows)
}
