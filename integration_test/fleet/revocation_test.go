package fleet_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// watch reads a payload, says that it opens, and then when it does not any more.
func watch(ctx context.Context, cfg dataprotection.Config) error {
	var err error
	if cfg.PollInterval, err = time.ParseDuration(os.Getenv("FLEET_POLL")); err != nil {
		return err
	}
	ring, err := dataprotection.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer ring.Close()
	fmt.Println("ready")
	sealed, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	for said := false; ; time.Sleep(time.Millisecond) {
		_, err := ring.Protector("p").UnprotectString(ctx, strings.TrimSpace(sealed))
		var revoked *dataprotection.KeyRevokedError
		switch {
		case errors.As(err, &revoked):
			fmt.Println("refused")
			return nil
		case err != nil:
			return err
		case !said:
			said = true
			fmt.Println("opened")
		}
	}
}

// From the call that revokes a key to the last of eight processes that refuses its
// payloads. Where there are notifications nobody polls meanwhile.
func TestRevocationSpreads(t *testing.T) {
	const instances = 8
	for _, row := range []struct {
		name   string
		medium func(t *testing.T) medium
		poll   time.Duration
	}{
		{"Redis", redisServer, time.Hour},
		{"PostgreSQL", postgreSQLServer, time.Hour},
		{"MariaDB", mariaDBServer, time.Second},
		{"SQLite", sqliteFile, time.Second},
		{"directory", directory, time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := row.medium(t)
			address := m.address("keys")
			cfg := config(openFor(t, address))
			ring, err := dataprotection.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer ring.Close()
			sealed, err := ring.Protector("p").ProtectString("x")
			if err != nil {
				t.Fatal(err)
			}
			var members [instances]*member
			for i := range members {
				members[i] = start(t, "watch", address, "FLEET_POLL="+row.poll.String())
			}
			for _, m := range members {
				m.line(t)
				fmt.Fprintln(m.in, sealed)
				if got := m.line(t); got != "opened" {
					t.Fatalf("a member said %q of a good payload", got)
				}
			}
			time.Sleep(time.Second) // until all of them listen
			manager, err := dataprotection.NewManager(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := manager.Revoke(t.Context(), ring.Status().SealingKey, "test"); err != nil {
				t.Fatal(err)
			}
			for _, m := range members {
				if got := m.line(t); got != "refused" {
					t.Fatalf("a member said %q of a payload of the revoked key", got)
				}
			}
			t.Logf("%s: refused by all %d processes %v after the call; polls every %v", m.name, instances, time.Since(begin).Round(time.Millisecond), row.poll)
			for _, m := range members {
				m.cmd.Wait()
			}
		})
	}
}
