package fleet_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// Processes that write keys and revocations are killed at random moments. The
// ring always opens, and holds everything that a writer had been told is stored.
func TestKilledWriters(t *testing.T) {
	kills := 25
	if realtest.All() {
		kills = 200
	}
	address := directory(t).address("keys")
	promised := map[string]bool{}
	for range kills {
		writer := start(t, "write", address)
		go func() {
			time.Sleep(time.Duration(10+rand.IntN(60)) * time.Millisecond)
			writer.cmd.Process.Kill()
		}()
		for writer.out.Scan() {
			if line := writer.out.Text(); strings.HasPrefix(line, "error:") {
				t.Errorf("a writer failed: %s", line)
			} else {
				promised[line] = true
			}
		}
		writer.cmd.Wait()
		checkPromises(t, openFor(t, address), promised)
	}
	t.Logf("%d kills, %d elements promised", kills, len(promised))
}

func checkPromises(t *testing.T, store dataprotection.Store, promised map[string]bool) {
	t.Helper()
	ring, err := dataprotection.Open(t.Context(), config(store))
	if err != nil {
		t.Fatalf("the ring does not open after a kill: %v", err)
	}
	ring.Close()
	m, err := dataprotection.NewManager(t.Context(), config(store))
	if err != nil {
		t.Fatal(err)
	}
	listing, err := m.List(t.Context())
	if err != nil || len(listing.Problems) > 0 {
		t.Fatalf("List: %v, %v", listing.Problems, err)
	}
	held := map[string]bool{}
	for _, k := range listing.Keys {
		held["key "+k.ID.String()] = true
		if k.Revoked {
			held["revocation "+k.ID.String()] = true
		}
	}
	for line := range promised {
		if !held[line] {
			t.Fatalf("lost: %s", line)
		}
	}
}
