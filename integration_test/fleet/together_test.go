package fleet_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// 64 processes that open an empty directory at the same moment end with one key.
func TestStartTogether(t *testing.T) {
	rounds := 2
	if realtest.All() {
		rounds = 20
	}
	for round := range rounds {
		t.Run(fmt.Sprint("round ", round+1), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			var members [64]*member
			for i := range members {
				members[i] = start(t, "open", dir)
			}
			for _, m := range members {
				m.line(t) // all are up
			}
			for _, m := range members {
				fmt.Fprintln(m.in)
			}
			var payloads []string
			for _, m := range members {
				payloads = append(payloads, m.line(t))
				m.cmd.Wait()
			}
			keys, err := filepath.Glob(filepath.Join(dir, "*.xml"))
			if err != nil || len(keys) != 1 {
				t.Fatalf("the directory holds %q, %v; want one key", keys, err)
			}
			ring, err := dataprotection.Open(t.Context(), config(dir))
			if err != nil {
				t.Fatal(err)
			}
			defer ring.Close()
			for _, sealed := range payloads {
				if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
