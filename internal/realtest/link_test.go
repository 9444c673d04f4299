package realtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
)

func TestLink(t *testing.T) {
	link := realtest.NewLink(t, realtest.Redis(t).Address)
	conn, err := net.Dial("tcp", link.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	ask := func() (string, error) {
		fmt.Fprint(conn, "PING\r\n")
		return answers.ReadString('\n')
	}
	if got, err := ask(); got != "+PONG\r\n" {
		t.Fatalf("got %q, %v", got, err)
	}
	link.Cut()
	_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if got, err := ask(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("behind a cut link: got %q, %v", got, err)
	}
	link.Mend()
	_ = conn.SetReadDeadline(time.Time{})
	if got, err := answers.ReadString('\n'); got != "+PONG\r\n" {
		t.Errorf("after it was mended: got %q, %v", got, err)
	}
}
