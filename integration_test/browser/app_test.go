package browser_test

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// buildExample builds an example of the module.
func buildExample(t *testing.T, name string) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", program, "./examples/"+name)
	build.Dir = "../.." // with the versions of that module, not of this one
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

var listening = regexp.MustCompile(`open (https?)://[^ \n]+:(\d+)`)

// An example is one that runs, and how browsers get there.
type example struct {
	*realtest.Process
	url string // without a slash at the end
}

// runExample starts a program of buildExample at a host.
func runExample(t *testing.T, program, host string, args ...string) *example {
	t.Helper()
	cmd := exec.Command(program, append([]string{"-addr", "localhost:0"}, args...)...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Dir = "../.." // whose versions count if it builds something
	e := &example{Process: realtest.Start(t, cmd)}
	e.Await(t, func() error {
		found := listening.FindStringSubmatch(e.Output())
		if found == nil {
			return errors.New("it does not say where it listens")
		}
		e.url = found[1] + "://" + net.JoinHostPort(host, found[2])
		return nil
	})
	return e
}
