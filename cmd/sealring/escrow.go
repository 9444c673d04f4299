package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/escrow"
	"github.com/sealring/sealring/dataprotection/x509seal"
)

func escrowCommand() *cli.Command {
	from := func() []cli.Flag {
		return []cli.Flag{
			&cli.StringFlag{Name: "escrow", Required: true, Usage: "the `STORE` that holds the copies, in the form of --store"},
			&cli.StringSliceFlag{Name: "owner", Usage: "a `FILE` with the escrow's certificate and private key, PFX or PEM"},
		}
	}
	return &cli.Command{
		Name:  "escrow",
		Usage: "copies of the keys for the day on which the ring is lost",
		Commands: []*cli.Command{
			{
				Name: "add", Usage: "copy the keys of the ring to an escrow, sealed for its owner", Action: escrowAdd,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "escrow", Required: true, Usage: "the `STORE` for the copies, in the form of --store"},
					&cli.StringFlag{Name: "owner-cert", Required: true, Usage: "a `FILE` with the owner's certificate in PEM; the private key stays in the safe"},
				},
			},
			{Name: "drill", Usage: "rehearse a restore without changing anything", Action: escrowDrill, Flags: from()},
			{
				Name: "restore", Usage: "put keys back from an escrow, or from a backup of a ring", Action: escrowRestore,
				Description: "Stop what makes keys first: a program that finds an empty store makes one. An escrow holds no\n" +
					"revocations; leave out keys that were revoked with --except. docs/operations.md has the steps.",
				Flags: append(from(),
					&cli.BoolFlag{Name: "replace-unopened", Usage: "replace keys that are in the store and cannot be opened any more"},
					&cli.StringSliceFlag{Name: "except", Usage: "the id of a `KEY` to leave out, such as one that was revoked"},
					yesFlag()),
			},
		},
	}
}

func escrowAdd(ctx context.Context, c *cli.Command) error {
	cfg, err := ringConfig(c)
	if err != nil {
		return err
	}
	copies, err := openStore(c.String("escrow"))
	if err != nil {
		return err
	}
	owner, err := x509seal.LoadPEM(c.String("owner-cert"), "")
	if err != nil {
		return err
	}
	sink, err := escrow.New(copies, owner)
	if err != nil {
		return err
	}
	cfg.Escrow = []dataprotection.EscrowSink{sink}
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return err
	}
	ids, err := m.EscrowAll(ctx)
	if err != nil {
		return err
	}
	return done(c, fmt.Sprintf("%s in escrow", are(len(ids), "key")))
}

// escrowSource returns the store of the copies and what opens them.
func escrowSource(c *cli.Command) (dataprotection.Store, []dataprotection.Opener, error) {
	copies, err := openStore(c.String("escrow"))
	if err != nil {
		return nil, nil, err
	}
	owners, err := loadCertificates(c, c.StringSlice("owner"))
	if err != nil || len(owners) == 0 {
		return copies, nil, err
	}
	return copies, []dataprotection.Opener{owners}, nil
}

// A drillReport is what a rehearsal has found.
type drillReport struct {
	Covered []dataprotection.KeyID `json:"covered"`
	Missing []dataprotection.KeyID `json:"missing"`
	Refused []restoredRow          `json:"refused"`
	Extra   []dataprotection.KeyID `json:"extra"`
}

func escrowDrill(ctx context.Context, c *cli.Command) error {
	cfg, err := ringConfig(c)
	if err != nil {
		return err
	}
	copies, openers, err := escrowSource(c)
	if err != nil {
		return err
	}
	found, drillErr := escrow.Drill(ctx, cfg, copies, escrow.DrillOptions{Openers: openers})
	r := drillReport{
		Covered: append([]dataprotection.KeyID{}, found.Covered...), Missing: append([]dataprotection.KeyID{}, found.Missing...),
		Refused: restoredRows(found.Refused), Extra: append([]dataprotection.KeyID{}, found.Extra...),
	}
	err = print(c, r, func(w io.Writer) {
		fmt.Fprintf(w, "%s in escrow as in the ring\n", are(len(r.Covered), "key"))
		for _, id := range r.Missing {
			fmt.Fprintf(w, "missing: %s (escrow add brings it there)\n", id)
		}
		for _, k := range r.Refused {
			fmt.Fprintf(w, "useless: %s: %s\n", nameOf(k.ID, k.Element), printable(k.Reason))
		}
		for _, id := range r.Extra {
			fmt.Fprintf(w, "extra: %s (not in the ring: deleted there, or another program was faster to make one; --except leaves it out of a restore)\n", id)
		}
		if drillErr == nil {
			fmt.Fprintln(w, "The ring could be lost today without loss.")
		}
	})
	return errors.Join(drillErr, err)
}
