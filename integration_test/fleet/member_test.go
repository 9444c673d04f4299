package fleet_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

// TestMain makes the test binary a member of the fleet when it is told to be one.
func TestMain(m *testing.M) {
	role := os.Getenv("FLEET_ROLE")
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role, os.Getenv("FLEET_STORE")); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func play(role, address string) error {
	store, closeStore, err := open(address)
	if err != nil {
		return err
	}
	defer closeStore()
	return roles[role](context.Background(), config(store))
}

var roles = map[string]func(ctx context.Context, cfg dataprotection.Config) error{
	"open":  openOnce,
	"write": writeForEver,
	"watch": watch,
	"talk":  talk,
}

func config(store dataprotection.Store) dataprotection.Config {
	return dataprotection.Config{Application: "fleet", Store: store, Logger: slog.New(slog.DiscardHandler)}
}

// openOnce waits for a line, opens the ring, and prints a payload.
func openOnce(ctx context.Context, cfg dataprotection.Config) error {
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	ring, err := dataprotection.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer ring.Close()
	sealed, err := ring.Protector("p").ProtectString("x")
	fmt.Println(sealed)
	return err
}

// writeForEver makes and revokes keys, and says what has been done.
func writeForEver(ctx context.Context, cfg dataprotection.Config) error {
	m, err := dataprotection.NewManager(ctx, cfg)
	if err != nil {
		return err
	}
	for {
		info, err := m.Create(ctx, nil)
		if err != nil {
			return err
		}
		fmt.Println("key", info.ID)
		if err := m.Revoke(ctx, info.ID, "test"); err != nil {
			return err
		}
		fmt.Println("revocation", info.ID)
	}
}

// A member is a process of the fleet.
type member struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func start(t *testing.T, role, address string, env ...string) *member {
	t.Helper()
	m := &member{cmd: exec.Command(os.Args[0])}
	m.cmd.Env = append(append(os.Environ(), "FLEET_ROLE="+role, "FLEET_STORE="+address, "GOMAXPROCS=1"), env...)
	m.cmd.Stderr = os.Stderr
	var err error
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	m.out = bufio.NewScanner(out)
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *member) line(t *testing.T) string {
	t.Helper()
	if !m.out.Scan() || strings.HasPrefix(m.out.Text(), "error:") {
		t.Fatalf("a member said %q, %v", m.out.Text(), m.out.Err())
	}
	return m.out.Text()
}
