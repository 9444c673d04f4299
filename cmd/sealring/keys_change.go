package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/hostpolicy"
)

func createCommand() *cli.Command {
	return &cli.Command{
		Name:  "create",
		Usage: "make a key, that seals once every instance can have seen it",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "now", Usage: "have it seal at once; instances that have not seen it yet re-read the store when they meet it"},
			&cli.DurationFlag{Name: "lifetime", Usage: "how long it seals, as in 2160h (default: 90 days, or what this machine prescribes)", HideDefault: true},
		},
		Action: createKey,
	}
}

func createKey(ctx context.Context, c *cli.Command) error {
	cfg, err := ringConfig(c)
	if err != nil {
		return err
	}
	cfg.KeyLifetime = c.Duration("lifetime")
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return err
	}
	dates, err := datesNow(c)
	if err != nil {
		return err
	}
	k, err := m.Create(ctx, dates)
	if err != nil {
		return err
	}
	l, _ := m.List(ctx) // which says whether it seals already
	return print(c, newKeyRow(k, k.ID == l.Default, now()), func(w io.Writer) {
		fmt.Fprintf(w, "made key %s, active from %s until %s\n", k.ID, moment(k.Activates), moment(k.Expires))
	})
}

// datesNow are the dates of a key that is to seal at once, or nil for one that need not.
func datesNow(c *cli.Command) (*dataprotection.KeyDates, error) {
	if !c.Bool("now") {
		return nil, nil
	}
	policy, err := hostpolicy.Explain()
	if err != nil {
		return nil, err
	}
	activates := now()
	lifetime := cmp.Or(c.Duration("lifetime"), policy.KeyLifetime, dataprotection.DefaultKeyLifetime)
	return &dataprotection.KeyDates{Activates: activates, Expires: activates.Add(lifetime)}, nil
}

func revokeCommand() *cli.Command {
	return &cli.Command{
		Name:      "revoke",
		Usage:     "refuse what a key has sealed, on every instance within its poll interval",
		ArgsUsage: "KEY | --all",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "all keys that there are: everybody is logged out"},
			&cli.TimestampFlag{Name: "created-before", Usage: "with --all: only keys created before this `TIME`, as in 2026-05-31T12:00:00Z", Config: cli.TimestampConfig{Layouts: []string{time.RFC3339}}},
			&cli.StringFlag{Name: "reason", Usage: "why, for those who look at it later"},
			yesFlag(),
		},
		Action: revokeKeys,
	}
}

func revokeKeys(ctx context.Context, c *cli.Command) error {
	all, before := c.Bool("all"), c.Timestamp("created-before")
	if all == c.Args().Present() {
		return usagef("revoke wants the id of one key, or --all")
	}
	if !all && !before.IsZero() {
		return usagef("--created-before goes with --all")
	}
	if all {
		return revokeAll(ctx, c, before)
	}
	ids, err := keyIDs(c)
	if err != nil {
		return err
	}
	if len(ids) > 1 {
		return usagef("revoke wants one key at a time; after a breach use --all")
	}
	m, err := openManager(ctx, c, false)
	if err != nil {
		return err
	}
	if err := confirm(ctx, c, fmt.Sprintf("Revoke key %s? Every login and token that it has sealed ends.", ids[0])); err != nil {
		return err
	}
	if err := m.Revoke(ctx, ids[0], c.String("reason")); err != nil {
		return err
	}
	return doneRevoking(ctx, c, m, fmt.Sprintf("key %s", ids[0]))
}

func revokeAll(ctx context.Context, c *cli.Command, before time.Time) error {
	m, err := openManager(ctx, c, false)
	if err != nil {
		return err
	}
	if err := somethingToRevoke(ctx, c, m); err != nil {
		return err
	}
	what := "all keys"
	if !before.IsZero() {
		what += " created before " + moment(before)
	}
	if err := confirm(ctx, c, fmt.Sprintf("Revoke %s? Every login and token that they have sealed ends.", what)); err != nil {
		return err
	}
	if err := m.RevokeAll(ctx, before, c.String("reason")); err != nil {
		return err
	}
	return doneRevoking(ctx, c, m, what)
}

// doneRevoking says what was revoked, and if nothing is left to seal with: the successor of a
// sealed key is left to the programs, unless what seals it was given.
func doneRevoking(ctx context.Context, c *cli.Command, m *dataprotection.Manager, what string) error {
	what = "revoked " + what
	if l, err := m.List(ctx); err == nil && l.Default == (dataprotection.KeyID{}) {
		what += "; none seals now until a program that may make keys has made one, or sealring keys create with what seals them (--cert, --secret-file)"
	}
	return done(c, what)
}

// somethingToRevoke keeps somebody who mistyped a path from believing that it is done.
func somethingToRevoke(ctx context.Context, c *cli.Command, m *dataprotection.Manager) error {
	l, err := m.List(ctx)
	if err != nil {
		return err
	}
	if len(l.Keys)+len(l.Problems) == 0 {
		return fmt.Errorf("there are no keys in %s, so nothing was revoked; is it the ring that the programs use?", withoutPassword(c.String("store")))
	}
	return nil
}

func deleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Aliases:   []string{"rm"},
		Usage:     "remove keys for good that are not needed any more",
		ArgsUsage: "KEY...",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "retention", Usage: "how long after its expiry a key still counts as needed (default: a key's lifetime)", HideDefault: true},
			&cli.BoolFlag{Name: "force", Usage: "keys that are still needed, too; what they have sealed is lost for ever"},
			yesFlag(),
		},
		Action: deleteKeys,
	}
}

func deleteKeys(ctx context.Context, c *cli.Command) error {
	ids, err := keyIDs(c)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return usagef("delete wants the ids of keys")
	}
	m, err := openManager(ctx, c, false)
	if err != nil {
		return err
	}
	opts := &dataprotection.DeleteOptions{Retention: c.Duration("retention"), Force: c.Bool("force")}
	err = m.CheckDelete(ctx, ids, opts)
	if _, needed := errors.AsType[*dataprotection.KeyInUseError](err); needed {
		return fmt.Errorf("%w\n--force deletes them all the same; revoke is for keys that have become known", err)
	}
	if err != nil {
		return err
	}
	if err := confirm(ctx, c, fmt.Sprintf("Delete %s for good?", count(len(ids), "key"))); err != nil {
		return err
	}
	if err := m.Delete(ctx, ids, opts); err != nil {
		return err
	}
	return done(c, "deleted "+count(len(ids), "key"))
}

func keyIDs(c *cli.Command) ([]dataprotection.KeyID, error) { return parseKeyIDs(c.Args().Slice()) }

func parseKeyIDs(texts []string) (ids []dataprotection.KeyID, err error) {
	for _, text := range texts {
		id, err := dataprotection.ParseKeyID(text)
		if err != nil {
			return nil, usagef("%s: a key id has the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx; keys list shows them", text)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// done reports what has been done.
func done(c *cli.Command, what string) error {
	return print(c, map[string]string{"done": what}, func(w io.Writer) { fmt.Fprintln(w, what) })
}
