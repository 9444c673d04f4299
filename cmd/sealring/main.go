// Command sealring operates key rings: it lists, makes, revokes, deletes and
// rewraps keys, says what a cookie is and why a server would refuse it, and looks
// for what is wrong with a ring. docs/command.md has the tour.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() { os.Exit(run()) }

// run is the program, apart from the exit, for the tests that run it in a process
// of their own.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends the program at once
	return execute(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
}
