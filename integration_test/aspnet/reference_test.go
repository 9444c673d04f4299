package aspnet_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// reference returns the command that asks the reference system, or skips the test
// where there is none.
func reference(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := strings.Fields(os.Getenv("SEALRING_ASPNET"))
	if len(command) == 0 {
		realtest.Missing(t, "SEALRING_ASPNET does not name the reference system")
	}
	return exec.Command(command[0], append(command[1:], args...)...)
}
