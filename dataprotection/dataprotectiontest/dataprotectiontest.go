// Package dataprotectiontest makes key rings for tests.
package dataprotectiontest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// NewKeyRing returns a ring of the application "test" in memory, with one key. It
// logs nothing and is closed when the test ends.
func NewKeyRing(t testing.TB) *dataprotection.KeyRing {
	t.Helper()
	return Open(t, dataprotection.Config{})
}

// Open is dataprotection.Open with what a test leaves out filled in: the
// application is "test", the store is in memory, nothing is logged. A failure
// ends the test. The ring is closed when the test ends.
func Open(t testing.TB, cfg dataprotection.Config) *dataprotection.KeyRing {
	t.Helper()
	if cfg.Application == "" && !cfg.NoApplication {
		cfg.Application = "test"
	}
	if cfg.Store == nil {
		cfg.Store = memstore.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	ring, err := dataprotection.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}
