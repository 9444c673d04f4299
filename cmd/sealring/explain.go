package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "say what a cookie or token is, and why a server would refuse it",
		ArgsUsage: "[VALUE | NAME=VALUE | 'Cookie: ...']",
		Description: "Without an argument, or with -, it is read from standard input, which keeps it out of the\n" +
			"history of the shell and the list of processes: whoever has a login cookie is that user.\n" +
			"What it holds is shown if the ring may open it, with values masked.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "scheme", Usage: "the login's scheme (default: as the cookie's name has it, else Cookies)"},
			&cli.StringSliceFlag{Name: "purpose", Usage: "what else it may have been sealed for; several make a chain"},
			&cli.BoolFlag{Name: "show-values", Usage: "print the values of claims in full"},
		},
		Action: explain,
	}
}

func explain(ctx context.Context, c *cli.Command) error {
	text, err := argumentOrInput(ctx, c)
	if err != nil {
		return err
	}
	samples, err := findSamples(text)
	if err != nil {
		return err
	}
	e, err := newExplainer(ctx, c)
	if err != nil {
		return err
	}
	defer e.close()
	reports := make([]*report, len(samples))
	for i, s := range samples {
		reports[i] = e.explain(ctx, s)
	}
	return print(c, reports, func(w io.Writer) {
		for i, r := range reports {
			if i > 0 {
				fmt.Fprintln(w)
			}
			r.write(w)
		}
	})
}

// maxInput is more than any server takes as a header.
const maxInput = 1 << 20

func argumentOrInput(ctx context.Context, c *cli.Command) (string, error) {
	if args := c.Args(); args.Present() && args.First() != "-" {
		if args.Len() > 1 {
			return "", usagef("explain wants one value; put quotes around it")
		}
		return args.First(), nil
	}
	data, err := read(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(c.Root().Reader, maxInput+1)) })
	switch {
	case err != nil:
		return "", fmt.Errorf("reading standard input: %w", err)
	case len(data) > maxInput:
		return "", usagef("that is more than %d bytes", maxInput)
	}
	return string(data), nil
}

// A report is what there is to say about one value. It holds no secrets unless
// they were asked for.
type report struct {
	Name    string               `json:"name,omitempty"`
	Size    int                  `json:"size"`
	Kind    string               `json:"kind"`
	KeyID   dataprotection.KeyID `json:"keyId,omitzero"`
	Key     *keyRow              `json:"key,omitempty"`
	Sealed  string               `json:"sealedFor,omitempty"`
	Facts   []fact               `json:"facts,omitempty"`
	Refused []string             `json:"refused,omitempty"`
	Unsure  []string             `json:"unsure,omitempty"`
	Unless  []string             `json:"unless,omitempty"`
}

// A fact is something that the opened value says.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (r *report) fact(name, value string) { r.Facts = append(r.Facts, fact{name, value}) }
func (r *report) refuse(format string, args ...any) {
	r.Refused = append(r.Refused, fmt.Sprintf(format, args...))
}

func (r *report) doubt(format string, args ...any) {
	r.Unsure = append(r.Unsure, fmt.Sprintf(format, args...))
}

func (r *report) unless(reason string) { r.Unless = append(r.Unless, reason) }

// verdict is what a server would do.
func (r *report) verdict() string {
	switch {
	case len(r.Refused) > 0:
		return "refuse it: " + strings.Join(r.Refused, "; ")
	case len(r.Unsure) > 0:
		return "cannot be told: " + strings.Join(r.Unsure, "; ")
	}
	if len(r.Unless) > 0 {
		return "accept it, unless " + strings.Join(r.Unless, "; ")
	}
	return "accept it"
}

func (r *report) write(w io.Writer) {
	rows := [][]string{}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	add("cookie", r.Name)
	add("size", fmt.Sprintf("%d characters", r.Size))
	add("it is", r.Kind)
	if r.KeyID != (dataprotection.KeyID{}) {
		add("key", r.KeyID.String())
	}
	if r.Key != nil {
		add("", fmt.Sprintf("%s, made %s, expires %s, %s at rest", r.Key.State, day(r.Key.Created), day(r.Key.Expires), r.Key.atRest()))
	}
	add("sealed for", r.Sealed)
	for _, f := range r.Facts {
		add(f.Name, f.Value)
	}
	add("a server would", r.verdict())
	table(w, rows)
}

// ago writes a moment with its distance from now.
func ago(t, now time.Time) string {
	if d := t.Sub(now); d > 0 {
		return fmt.Sprintf("%s (in %s)", moment(t), span(d))
	}
	return fmt.Sprintf("%s (%s)", moment(t), span(t.Sub(now)))
}
