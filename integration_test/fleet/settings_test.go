package fleet_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/secretseal"
)

// versions are settings of one application, as deployments that follow each other
// may have them.
var versions = map[string]func(cfg *dataprotection.Config, secret *secretseal.Sealer){
	"plain":   func(*dataprotection.Config, *secretseal.Sealer) {},
	"gcm":     func(cfg *dataprotection.Config, _ *secretseal.Sealer) { cfg.Algorithm = dataprotection.AES256GCM },
	"opening": func(cfg *dataprotection.Config, s *secretseal.Sealer) { cfg.Openers = []dataprotection.Opener{s} },
	"sealing": func(cfg *dataprotection.Config, s *secretseal.Sealer) {
		cfg.Sealer, cfg.GoOnly, cfg.AllowUnsealed = s, true, true
	},
}

// talk does what it is told, line by line: "seal", "open PAYLOAD", "rotate". Its log
// goes to the standard output, too, in lines that begin with "log".
func talk(ctx context.Context, cfg dataprotection.Config) error {
	secret, err := secretseal.New("a secret of the tests alone")
	if err != nil {
		return err
	}
	versions[os.Getenv("FLEET_VERSION")](&cfg, secret)
	cfg.Application = cmp.Or(os.Getenv("FLEET_APPLICATION"), cfg.Application)
	cfg.PollInterval = time.Second
	cfg.Logger = slog.New(slog.NewTextHandler(logLines{}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ring, err := dataprotection.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer ring.Close()
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, payload, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "seal":
			payload, err = ring.Protector("p").ProtectString("x")
		case "open":
			payload, err = ring.Protector("p").UnprotectString(ctx, payload)
		case "rotate":
			payload, err = rotate(ctx, cfg, ring)
		}
		if err != nil {
			payload = "refused: " + err.Error()
		}
		fmt.Println(payload)
	}
	return lines.Err()
}

type logLines struct{}

func (logLines) Write(line []byte) (int, error) { return fmt.Printf("log %s", line) }

// rotate makes a key that seals at once, and waits until the ring has it.
func rotate(ctx context.Context, cfg dataprotection.Config, ring *dataprotection.KeyRing) (string, error) {
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return "", err
	}
	now := time.Now()
	info, err := m.Create(ctx, &dataprotection.KeyDates{Activates: now, Expires: now.Add(90 * 24 * time.Hour)})
	for err == nil && ring.Status().SealingKey != info.ID {
		time.Sleep(10 * time.Millisecond)
	}
	return info.ID.String(), err
}

// does has a member do something, and returns its answer and what it logged meanwhile.
func (m *member) does(t *testing.T, what string) (answer, log string) {
	t.Helper()
	fmt.Fprintln(m.in, what)
	return m.hear(t)
}

func (m *member) hear(t *testing.T) (answer, log string) {
	t.Helper()
	for {
		line := m.line(t)
		said, logged := strings.CutPrefix(line, "log ")
		if !logged {
			return line, log
		}
		log += said + "\n"
	}
}

// pair starts two talking members on one empty store.
func pair(t *testing.T, first, second []string) [2]*member {
	t.Helper()
	address := directory(t).address("keys")
	var members [2]*member
	for i, env := range [][]string{first, second} {
		members[i] = start(t, "talk", address, env...)
		members[i].hear(t)
		t.Cleanup(func() { members[i].in.Close(); members[i].cmd.Wait() })
	}
	return members
}

// Blue and green have different versions of the settings. What either seals, before
// and after it has made a key, the other opens.
func TestBlueAndGreen(t *testing.T) {
	for _, row := range []struct{ blue, green string }{
		{"plain", "gcm"},
		{"plain", "opening"},
		{"opening", "sealing"},
	} {
		t.Run(row.blue+" and "+row.green, func(t *testing.T) {
			members := pair(t, []string{"FLEET_VERSION=" + row.blue}, []string{"FLEET_VERSION=" + row.green})
			for round := range 3 {
				for i, from := range members {
					sealed, _ := from.does(t, "seal")
					for k, to := range members {
						if got, _ := to.does(t, "open "+sealed); got != "x" {
							t.Errorf("round %d: member %d says %q of what %d has sealed", round, k, got, i)
						}
					}
				}
				if round < len(members) {
					members[1-round].does(t, "rotate")
				}
			}
		})
	}
}

// An instance that was started with another application name is named as the
// likely cause, once, in the log of the instance that refuses what it has sealed,
// and in its own. Who sent it learns no more than that it is not valid.
func TestWrongApplication(t *testing.T) {
	names := [2]string{"shop", "Shop"}
	members := pair(t,
		[]string{"FLEET_VERSION=plain", "FLEET_APPLICATION=" + names[0]},
		[]string{"FLEET_VERSION=plain", "FLEET_APPLICATION=" + names[1]})
	for i, from := range members {
		sealed, _ := from.does(t, "seal")
		if got, log := from.does(t, "open "+sealed); got != "x" || log != "" {
			t.Errorf("its own: %q, logged %q", got, log)
		}
		to := members[1-i]
		for try := range 3 {
			got, log := to.does(t, "open "+sealed)
			if want := "refused: " + dataprotection.ErrInvalidPayload.Error(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			told := strings.Contains(log, "most likely made under another application name") && strings.Contains(log, "application="+names[1-i])
			if told != (try == 0) {
				t.Errorf("try %d: logged %q; want the likely cause, once", try+1, log)
			}
		}
	}
}
