package fleet_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// 64 processes that open an empty store at the same moment end with one key.
func TestStartTogether(t *testing.T) {
	for _, row := range []struct {
		name        string
		medium      func(t *testing.T) medium
		short, long int // rounds
	}{
		{"directory", directory, 2, 20},
		{"Redis", redisServer, 1, 3},
		{"PostgreSQL", postgreSQLServer, 1, 3},
		{"MariaDB", mariaDBServer, 1, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := row.medium(t)
			for round := range rounds(t, row.short, row.long) {
				t.Run(fmt.Sprint("round ", round+1), func(t *testing.T) { startTogether(t, m.address(fmt.Sprint("keys", round))) })
			}
		})
	}
}

// rounds is how often something is tried. SEALRING_FLEET_ROUNDS overrules both numbers.
func rounds(t *testing.T, short, long int) int {
	t.Helper()
	if text := os.Getenv("SEALRING_FLEET_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if realtest.All() {
		return long
	}
	return short
}

func startTogether(t *testing.T, address string) {
	var members [64]*member
	for i := range members {
		members[i] = start(t, "open", address)
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
	store := openFor(t, address)
	snap, err := store.Load(t.Context(), "")
	if err != nil || len(snap.Elements) != 1 {
		t.Fatalf("the store holds %v, %v; want one key", snap.Elements, err)
	}
	ring, err := dataprotection.Open(t.Context(), config(store))
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	for _, sealed := range payloads {
		if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil {
			t.Error(err)
		}
	}
}
