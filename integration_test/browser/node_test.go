package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// nodeModule returns a file of an npm package.
func nodeModule(t *testing.T, file string) string {
	t.Helper()
	dir := os.Getenv("SEALRING_NODE_MODULES")
	if dir == "" {
		realtest.Missing(t, "SEALRING_NODE_MODULES does not name a folder with the npm packages that .ci/run installs")
	}
	source, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}
