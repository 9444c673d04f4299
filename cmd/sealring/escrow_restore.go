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

// A restoredRow is what has become of one key of an escrow.
type restoredRow struct {
	ID      dataprotection.KeyID          `json:"id,omitzero"`
	Element string                        `json:"element"`
	Outcome dataprotection.RestoreOutcome `json:"outcome"`
	Revoked bool                          `json:"revoked"`
	Reason  string                        `json:"reason,omitempty"`
}

func restoredRows(keys []dataprotection.RestoredKey) []restoredRow {
	rows := []restoredRow{}
	for _, k := range keys {
		row := restoredRow{ID: k.Key.ID, Element: k.Key.Element, Outcome: k.Outcome, Revoked: k.Key.Revoked}
		if k.Err != nil {
			row.Reason = k.Err.Error()
		}
		rows = append(rows, row)
	}
	return rows
}

func escrowRestore(ctx context.Context, c *cli.Command) error {
	m, err := openManager(ctx, c, false)
	if err != nil {
		return err
	}
	copies, openers, err := escrowSource(c)
	if err != nil {
		return err
	}
	except, err := parseKeyIDs(c.StringSlice("except"))
	if err != nil {
		return err
	}
	opts := &dataprotection.RestoreOptions{
		Openers: openers, ReplaceUnopened: c.Bool("replace-unopened"), DryRun: true,
		Choose: func(k dataprotection.KeyInfo) bool { return !slices.Contains(except, k.ID) },
	}
	preview, err := m.Restore(ctx, copies, opts)
	if err != nil {
		return err
	}
	if err := confirm(ctx, c, question(preview)); err != nil {
		return err
	}
	opts.DryRun = false
	restored, restoreErr := m.Restore(ctx, copies, opts)
	rows := restoredRows(restored.Keys)
	err = print(c, map[string]any{"keys": rows, "revocations": restored.Revocations}, func(w io.Writer) { writeRestored(w, rows, restored.Revocations) })
	return errors.Join(restoreErr, err)
}

// question says what a restore would do.
func question(preview dataprotection.Restoration) string {
	n := map[dataprotection.RestoreOutcome]int{}
	for _, k := range preview.Keys {
		n[k.Outcome]++
	}
	return fmt.Sprintf("Restore %s and %s, and replace %s that cannot be opened? (%d are there already.)",
		count(n[dataprotection.Restored], "key"), count(preview.Revocations, "revocation"), count(n[dataprotection.Replaced], "key"), n[dataprotection.Present])
}

func writeRestored(w io.Writer, rows []restoredRow, revocations int) {
	lines := [][]string{{"KEY", "OUTCOME", "REVOKED"}}
	for _, r := range rows {
		revoked := ""
		if r.Revoked {
			revoked = "yes"
		}
		lines = append(lines, []string{nameOf(r.ID, r.Element), string(r.Outcome), revoked})
	}
	table(w, lines)
	if revocations > 0 {
		fmt.Fprintf(w, "\n%s put back\n", are(revocations, "revocation"))
	}
}
