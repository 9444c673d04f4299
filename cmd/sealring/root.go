package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/sealring/sealring/dataprotection"
)

// Exit statuses. doctor has its own, those of monitoring plug-ins.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it
)

// A usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// A statusError ends the program with a status and without a message: what there
// is to say has been printed.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// execute runs the command line and returns the exit status.
func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot()
	root.Reader, root.Writer, root.ErrWriter = in, out, errOut
	err := root.Run(ctx, args)
	var status statusError
	var usage *usageError
	var config *dataprotection.ConfigError
	if errors.As(err, &config) {
		err = usagef("%s", problemsOf(config))
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errOut, "sealring: interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(errOut, "sealring: %s\nRun it with --help to see how it is used.\n", inFlags(err))
		return exitUsage
	}
	fmt.Fprintf(errOut, "sealring: %s\n", inFlags(err))
	return exitFailed
}

func newRoot() *cli.Command {
	root := &cli.Command{
		Name:    "sealring",
		Usage:   "operate the key rings that seal logins",
		Version: version(),
		Description: "A ring is named by --store, or by SEALRING_STORE in the environment:\n\n" +
			storeForms + "\n\n" +
			"Keys that are sealed at rest are opened with --cert or --secret-file, and new ones sealed.\n" +
			"Listing, deleting and revoking need neither; without them, the successor of the key that\n" +
			"seals is left to the programs.",
		Flags:                      append(ringFlags(), &cli.BoolFlag{Name: "json", Usage: "print JSON for programs"}),
		Commands:                   []*cli.Command{keysCommand(), explainCommand(), doctorCommand(), escrowCommand(), policyCommand(), certsCommand(), provisionCommand(), manCommand()},
		EnableShellCompletion:      true,
		Suggest:                    true,
		ExitErrHandler:             func(context.Context, *cli.Command, error) {},
		OnUsageError:               onUsageError,
		CommandNotFound:            nil,
		ShellCompletionCommandName: "completion",
	}
	eachCommand(root, func(c *cli.Command) {
		c.OnUsageError = onUsageError
		switch {
		case c.Action == nil:
			c.Action = wantSubcommand
		case c.ArgsUsage == "" && !c.Hidden:
			c.Action = withoutArguments(c.Action)
		}
	})
	return root
}

func eachCommand(c *cli.Command, do func(*cli.Command)) {
	do(c)
	for _, sub := range c.Commands {
		eachCommand(sub, do)
	}
}

func onUsageError(_ context.Context, _ *cli.Command, err error, _ bool) error {
	return &usageError{err}
}

// wantSubcommand is what happens where only the name of a group was given, or a
// command that there is not.
func wantSubcommand(_ context.Context, c *cli.Command) error {
	if name := c.Args().First(); name != "" {
		return usagef("there is no command %q in %q", name, c.FullName())
	}
	return cli.ShowSubcommandHelp(c)
}

// withoutArguments refuses what would be ignored, such as a store without --store.
func withoutArguments(do cli.ActionFunc) cli.ActionFunc {
	return func(ctx context.Context, c *cli.Command) error {
		if name := c.Args().First(); name != "" {
			return usagef("%s takes no arguments, but got %q", c.FullName(), name)
		}
		return do(ctx, c)
	}
}

// version is that of the module, as go install has it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "of an unknown version"
	}
	return info.Main.Version
}

// quiet is the logger for rings that are opened only to look.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// now is the time that results are judged by.
func now() time.Time { return time.Now().UTC() }
