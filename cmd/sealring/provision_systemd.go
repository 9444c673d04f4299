//go:build !windows

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/urfave/cli/v3"
)

func provisionSystemdCommand() *cli.Command {
	return &cli.Command{
		Name:      "systemd",
		Usage:     "give a service a directory for its keys and, if wanted, the secret that opens them",
		ArgsUsage: "UNIT.service",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "state", Usage: "the `NAME` of the directory below /var/lib (default: the unit's name and /keys)"},
			&cli.StringSliceFlag{Name: "credential", Usage: "`NAME=FILE`: a file that only the service shall be able to read, for --cert or secretseal.LoadFile"},
			&cli.StringFlag{Name: "root", Value: "/etc/systemd/system", Usage: "where systemd looks for drop-ins"},
			&cli.BoolFlag{Name: "remove", Usage: "remove the drop-in; the directory and its keys stay"},
		},
		Action: provisionSystemd,
	}
}

var (
	unitName       = regexp.MustCompile(`^[A-Za-z0-9:_.@-]+\.service$`)
	stateName      = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$`)
	credentialName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9_.-]*$`)
)

func provisionSystemd(ctx context.Context, c *cli.Command) error {
	unit := c.Args().First()
	if c.Args().Len() != 1 || !unitName.MatchString(unit) {
		return usagef("provision systemd wants the name of one unit that ends in .service")
	}
	file := filepath.Join(c.String("root"), unit+".d", "sealring.conf")
	if c.Bool("remove") {
		return append(plan{{"remove " + file, func() error { return removeIfThere(file) }}}, reloadHint()).carryOut(ctx, c)
	}
	text, err := dropIn(c, unit)
	if err != nil {
		return err
	}
	return plan{
		{"write " + file + ":\n" + indent(text), func() error { return writeFile(file, text) }},
		reloadHint(),
	}.carryOut(ctx, c)
}

// dropIn is the part of the unit that concerns its keys.
func dropIn(c *cli.Command, unit string) (string, error) {
	state := c.String("state")
	if state == "" {
		state = strings.TrimSuffix(unit, ".service") + "/keys"
	}
	if !stateName.MatchString(state) {
		return "", usagef("--state %s: it must be a relative path of letters, digits, dots, hyphens and underscores", state)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# The keys of the service are in /var/lib/%s, which %%S/%s names in the unit.\n[Service]\nStateDirectory=%s\nStateDirectoryMode=0700\nUMask=0077\n", state, state, state)
	for _, credential := range c.StringSlice("credential") {
		name, file, ok := strings.Cut(credential, "=")
		if !ok || !credentialName.MatchString(name) || !filepath.IsAbs(file) || strings.ContainsAny(file, "\n\r") {
			return "", usagef("--credential %s: it must be NAME=/absolute/path", credential)
		}
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("--credential %s: %w", name, err)
		}
		fmt.Fprintf(&b, "# The program finds it as $CREDENTIALS_DIRECTORY/%s.\nLoadCredential=%s:%s\n", name, name, strings.ReplaceAll(file, "%", "%%"))
	}
	return b.String(), nil
}

// reloadHint is for whoever provisions: restarting a service is theirs to decide.
func reloadHint() task {
	return task{"then run: systemctl daemon-reload, and restart the service", func() error { return nil }}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

func writeFile(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

func removeIfThere(file string) error {
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	_ = os.Remove(filepath.Dir(file)) // if nothing else is in it
	return nil
}
