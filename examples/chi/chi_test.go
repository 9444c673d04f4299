package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sealring/sealring/examples/internal/exampletest"
)

func TestMain(m *testing.M) { exampletest.Main(m, main) }

func TestSite(t *testing.T) {
	app := exampletest.Start(t, "-keys", filepath.Join(t.TempDir(), "keys"))
	exampletest.VisitSite(t, app)
	if log := app.Output(); !strings.Contains(log, "/admin/users/{name}") || strings.Contains(log, "wrong order") {
		t.Errorf("want the patterns of the routes in the log, and nothing about a wrong order:\n%s", log)
	}
}
