package realtest_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// redisSays sends one command and returns the first line of the answer.
func redisSays(t *testing.T, address, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s\r\n", command)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestRedis(t *testing.T) {
	s := realtest.Redis(t, "--maxmemory-policy", "allkeys-lru")
	if got := redisSays(t, s.Address, "SET a 1"); got != "+OK" {
		t.Errorf("got %q", got)
	}
	s.Stop()
	s.Stop()
	if conn, err := net.Dial("tcp", s.Address); err == nil {
		conn.Close()
		t.Error("it is still there after Stop")
	}
	s.Start(t)
	if got := redisSays(t, s.Address, "EXISTS a"); got != ":1" {
		t.Errorf("after it was started again: got %q", got)
	}
}

func TestSQLServers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		start func(t testing.TB, settings ...string) *realtest.Server
	}{
		{"PostgreSQL", realtest.PostgreSQL},
		{"MariaDB", realtest.MariaDB},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.start(t)
			for range 2 {
				if !strings.Contains(s.DSN, s.Address) {
					t.Errorf("DSN %q has no %q", s.DSN, s.Address)
				}
				s.AwaitTCP(t, s.Address)
				s.Stop()
				if conn, err := net.Dial("tcp", s.Address); err == nil {
					conn.Close()
					t.Error("it is still there after Stop")
				}
				s.Start(t)
			}
		})
	}
}
