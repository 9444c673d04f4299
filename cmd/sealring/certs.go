package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection/certstore"
)

func certsCommand() *cli.Command {
	owner := func(more ...cli.Flag) []cli.Flag {
		return append([]cli.Flag{&cli.StringFlag{Name: "owner", Required: true, Usage: "the `USER` whose certificates these are, as Config.Owner has it"}}, more...)
	}
	return &cli.Command{
		Name:  "certs",
		Usage: "certificates that a hoster's users bring for their own ring",
		Description: "They are kept beside the keys, their private keys sealed by the hoster's root, which is --cert or\n" +
			"--secret-file here. Programs take up a change within their poll interval.",
		Commands: []*cli.Command{
			{Name: "list", Usage: "list them, the one that seals new keys first", Flags: owner(), Action: listCerts},
			{
				Name: "add", Usage: "check a certificate with its private key, and keep it", ArgsUsage: "FILE", Action: addCert,
				Flags: owner(&cli.StringFlag{Name: "password-file", Usage: "the `FILE` with the password of a PFX file"}),
			},
			{Name: "remove", Usage: "remove one that no key needs any more", ArgsUsage: "THUMBPRINT", Flags: owner(yesFlag()), Action: removeCert},
		},
	}
}

func openCerts(ctx context.Context, c *cli.Command) (*certstore.Store, error) {
	cfg, err := ringConfig(c)
	if err != nil {
		return nil, err
	}
	root, ok := cfg.Sealer.(certstore.Root)
	if !ok {
		return nil, usagef("certs wants the hoster's root: --cert FILE or --secret-file FILE")
	}
	return certstore.Open(ctx, certstore.Config{Store: cfg.Store, Owner: c.String("owner"), Root: root})
}

func listCerts(ctx context.Context, c *cli.Command) error {
	certs, err := openCerts(ctx, c)
	if err != nil {
		return err
	}
	all, err := certs.List(ctx)
	if err != nil {
		return err
	}
	all = append([]certstore.Info{}, all...)
	return print(c, all, func(w io.Writer) {
		rows := [][]string{{"THUMBPRINT", "STATE", "UNTIL", "SUBJECT"}}
		for _, i := range all {
			rows = append(rows, []string{i.Thumbprint, certState(i), day(i.NotAfter), i.Subject})
		}
		table(w, rows)
		if len(all) == 0 {
			fmt.Fprintln(w, "\nThere are none; the hoster's root seals new keys.")
		}
	})
}

func certState(i certstore.Info) string {
	switch {
	case i.Unusable != "":
		return "unusable: " + i.Unusable
	case i.Seals:
		return "seals"
	}
	return "opens"
}

func addCert(ctx context.Context, c *cli.Command) error {
	if c.Args().Len() != 1 {
		return usagef("certs add wants one file, PFX or PEM")
	}
	certs, err := openCerts(ctx, c)
	if err != nil {
		return err
	}
	password, err := passwordFrom(c.String("password-file"))
	if err != nil {
		return err
	}
	data, err := readFile(c.Args().First(), certstore.MaxUpload)
	if err != nil {
		return err
	}
	info, err := certs.Add(ctx, data, password)
	if err != nil {
		return err
	}
	return done(c, fmt.Sprintf("added %s, %s, until %s", info.Thumbprint, info.Subject, day(info.NotAfter)))
}

func removeCert(ctx context.Context, c *cli.Command) error {
	if c.Args().Len() != 1 {
		return usagef("certs remove wants the thumbprint of one certificate; certs list shows them")
	}
	certs, err := openCerts(ctx, c)
	if err != nil {
		return err
	}
	thumbprint := c.Args().First()
	if err := confirm(ctx, c, fmt.Sprintf("Remove the certificate %s with its private key?", thumbprint)); err != nil {
		return err
	}
	err = certs.Remove(ctx, thumbprint)
	var inUse *certstore.InUseError
	if errors.As(err, &inUse) {
		return fmt.Errorf("%w\nkeys reseal seals them with another one", err)
	}
	if err != nil {
		return err
	}
	return done(c, "removed "+thumbprint)
}
