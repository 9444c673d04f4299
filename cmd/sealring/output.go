package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"
)

// print writes value as JSON if that was asked for, else what human writes.
func print(c *cli.Command, value any, human func(w io.Writer)) error {
	w := c.Root().Writer
	if !c.Bool("json") {
		human(w)
		return nil
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

// table writes rows in columns. The first row is the heading.
func table(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = t.Flush() // what cannot be written is found out by the next write
}

// printable keeps what came from elsewhere from moving the cursor about.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

// day writes a date for a table, and moment one that has to be exact.
func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// span writes how long something is from now, in the largest unit that says enough.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return span(-d) + " ago"
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	}
	return count(int(d.Seconds()), "second")
}
