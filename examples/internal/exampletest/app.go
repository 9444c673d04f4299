// Package exampletest runs an example as a process of its own and visits it as a
// browser would, as far as cookies, redirects and forms go.
package exampletest

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// isExample says to a test binary that it is the example itself.
const isExample = "SEALRING_EXAMPLE"

// Main is for TestMain: it makes the test binary the example if Start has started it.
func Main(m *testing.M, example func()) {
	if os.Getenv(isExample) != "" {
		example()
		return
	}
	os.Exit(m.Run())
}

// Command returns the example as a program that has yet to be started.
func Command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), isExample+"=1", "NO_COLOR=1")
	return cmd
}

// An App is an example that runs.
type App struct {
	*realtest.Process
	URL string // without a slash at the end
}

var listening = regexp.MustCompile(`open (https?://[^ \n]+)`)

// Start starts the example on a free port and waits until it listens.
func Start(t testing.TB, args ...string) *App {
	t.Helper()
	app := &App{Process: realtest.Start(t, Command(append([]string{"-addr", "localhost:0"}, args...)...))}
	app.Await(t, func() error {
		found := listening.FindStringSubmatch(app.Output())
		if found == nil {
			return errors.New("it does not say where it listens")
		}
		app.URL = found[1]
		return nil
	})
	return app
}
