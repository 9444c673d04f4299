package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// A database that is killed costs nothing: known keys go on working, the status
// says what is the matter, and when the database is back the ring is, too.
func TestStoreAway(t *testing.T) {
	for _, row := range []struct {
		name   string
		medium func(t *testing.T) medium
	}{
		{"Redis", redisServer},
		{"PostgreSQL", postgreSQLServer},
		{"MariaDB", mariaDBServer},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := row.medium(t)
			address := m.address("keys")
			cfg := config(openFor(t, address))
			cfg.PollInterval = time.Second
			ring, err := dataprotection.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer ring.Close()
			before := ring.Status()

			m.server.Kill()
			within(t, "the status shows the outage", func() bool { return !ring.Status().Healthy })
			if text := strings.Join(ring.Status().Problems, "; "); !strings.Contains(text, m.name) {
				t.Errorf("problems %q, want one that names %s", text, m.name)
			}
			works(t, ring)
			if st := ring.Status(); st.Fingerprint != before.Fingerprint || st.SealingKey != before.SealingKey {
				t.Errorf("the ring has changed meanwhile: %+v, before %+v", st, before)
			}

			m.server.Start(t)
			within(t, "the ring has recovered", func() bool { return ring.Status().Healthy })
			works(t, ring)
			manager, err := dataprotection.NewManager(t.Context(), config(openFor(t, address)))
			if err != nil {
				t.Fatal(err)
			}
			if err := manager.Revoke(t.Context(), before.SealingKey, "test"); err != nil {
				t.Fatal(err)
			}
			within(t, "what happens after the outage is known", func() bool { return ring.Status().Revoked == 1 })
		})
	}
}

// works seals and opens.
func works(t *testing.T, ring *dataprotection.KeyRing) {
	t.Helper()
	sealed, err := ring.Protector("p").ProtectString("x")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil || got != "x" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func within(t *testing.T, what string, yes func() bool) {
	t.Helper()
	begin := time.Now()
	for ; !yes(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("%s: not after %v", what, time.Since(begin))
		}
	}
	t.Logf("%s: after %v", what, time.Since(begin).Round(time.Millisecond))
}
