package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
)

func resealCommand() *cli.Command {
	return &cli.Command{
		Name:  "reseal",
		Usage: "seal every key anew with the first --cert, or with --secret-file",
		Description: "Keys keep their ids, dates and secrets, so nobody is logged out. Every program must be able to\n" +
			"open the new seal beforehand. Interrupted, run it again: what is done is left alone.\n" +
			"docs/operations.md has the steps.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dangerously-in-clear", Usage: "take the seals off: whoever can read the store can then log in as anybody"},
			yesFlag(),
		},
		Action: resealKeys,
	}
}

// A resealedRow is what has become of one key.
type resealedRow struct {
	ID      dataprotection.KeyID         `json:"id,omitzero"`
	Element string                       `json:"element"`
	From    []string                     `json:"from"`
	Outcome dataprotection.ResealOutcome `json:"outcome"`
	Reason  string                       `json:"reason,omitempty"`
}

func resealKeys(ctx context.Context, c *cli.Command) error {
	m, err := openManager(ctx, c, false)
	if err != nil {
		return err
	}
	inClear := c.Bool("dangerously-in-clear")
	switch sealer := c.IsSet("cert") || c.IsSet("secret-file") || c.String("secret-file") != ""; {
	case !sealer:
		return usagef("reseal wants what to seal with: --cert FILE or --secret-file FILE, and then what opens the keys as they are; with --dangerously-in-clear the latter alone")
	case inClear:
		if err := confirm(ctx, c, "Store every key in clear? Whoever can read the store, or a backup of it, can then log in as anybody."); err != nil {
			return err
		}
	}
	keys, resealErr := m.Reseal(ctx, &dataprotection.ResealOptions{DangerouslyInClear: inClear})
	rows := []resealedRow{}
	for _, k := range keys {
		row := resealedRow{ID: k.KeyID, Element: k.Element, From: append([]string{}, k.From...), Outcome: k.Outcome}
		if k.Err != nil {
			row.Reason = k.Err.Error()
		}
		rows = append(rows, row)
	}
	err = print(c, rows, func(w io.Writer) { writeResealed(w, rows) })
	if leftInClear(rows) && !c.Bool("allow-unsealed") {
		err = errors.Join(err, errors.New("keys in clear are sealed with --allow-unsealed; see with keys list that each is one of yours, since anybody who can write to the store may have put it there"))
	}
	return errors.Join(resealErr, err)
}

func leftInClear(rows []resealedRow) bool {
	return slices.ContainsFunc(rows, func(r resealedRow) bool { return r.Outcome == dataprotection.NotResealed && len(r.From) == 0 })
}

func writeResealed(w io.Writer, rows []resealedRow) {
	lines := [][]string{{"KEY", "BEFORE", "NOW"}}
	for _, r := range rows {
		lines = append(lines, []string{nameOf(r.ID, r.Element), atRest(r.From), string(r.Outcome)})
	}
	table(w, lines)
	if len(rows) == 0 {
		fmt.Fprintln(w, "\nThe ring has no keys.")
	}
}

// nameOf is what a key goes by: its id, or the element's name where that cannot be read.
func nameOf(id dataprotection.KeyID, element string) string {
	if id == (dataprotection.KeyID{}) {
		return element
	}
	return id.String()
}
