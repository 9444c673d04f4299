//go:build linux

package bed

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
)

// A Host is a machine with a kernel, an address and mounts of its own.
type Host struct {
	name   string
	number int
	kernel *realtest.Process
}

// port is where a host waits for programs to run.
const port = "7"

// boot starts a host and waits until it takes programs.
func boot(t testing.TB, name string, number int) *Host {
	t.Helper()
	h := &Host{name: name, number: number}
	h.plug(t)
	dir := t.TempDir()
	helper := filepath.Join(dir, "modprobe")
	if err := writeModprobe(dir, helper); err != nil {
		t.Fatal(err)
	}
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h.kernel = realtest.Start(t, exec.Command("linux.uml",
		"mem=1G", "umid="+name, "uml_dir="+dir, "con=null", "con0=null,fd:1", "quiet",
		"root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
		"vec0:transport=tap,ifname="+h.card("storage")+",depth=64,gro=1",
		"vec1:transport=tap,ifname="+h.card("control")+",depth=64,gro=1",
		// What the kernel does not know, its first process finds in its environment.
		"init="+binary, roleVariable+"="+roleInit, "HOST_NAME="+name, "HOST_NUMBER="+fmt.Sprint(number), "MODPROBE="+helper,
	))
	h.kernel.AwaitTCP(t, h.controlAddress())
	return h
}

// writeModprobe makes a program that loads modules of the User Mode Linux kernel.
// The kernel itself calls it when somebody mounts a file system that it lacks.
func writeModprobe(dir, helper string) error {
	if err := os.Mkdir(filepath.Join(dir, "lib"), 0o755); err != nil {
		return err
	}
	if err := os.Symlink("/usr/lib/uml/modules", filepath.Join(dir, "lib", "modules")); err != nil {
		return err
	}
	return os.WriteFile(helper, []byte("#!/bin/sh\nexec /usr/sbin/modprobe -d "+dir+" \"$@\"\n"), 0o755)
}

func (h *Host) controlAddress() string { return fmt.Sprintf("%s%d:%s", control, h.number, port) }

// String is the host's name.
func (h *Host) String() string { return h.name }

// A request asks a host to run a program. What follows it on the connection is
// the program's standard input; when the connection is closed, it is killed.
type request struct {
	Args []string
	Role string // of the test binary; then Args are what comes after its name
}

// A reply is a piece of output or the end.
type reply struct {
	Output string `json:",omitempty"`
	Ended  bool   `json:",omitempty"`
	Error  string `json:",omitempty"` // how the program ended, if not well
}

// A Program runs on a host.
type Program struct {
	conn   net.Conn
	output *io.PipeReader
	lines  *bufio.Scanner
}

// Start starts a program on the host.
func (h *Host) Start(t testing.TB, args ...string) *Program {
	t.Helper()
	return h.start(t, request{Args: args})
}

// StartRole starts the test binary on the host, as a member of a fleet; it runs as Account.
func (h *Host) StartRole(t testing.TB, role string, args ...string) *Program {
	t.Helper()
	return h.start(t, request{Args: args, Role: role})
}

func (h *Host) start(t testing.TB, r request) *Program {
	t.Helper()
	conn, err := net.DialTimeout("tcp", h.controlAddress(), 10*time.Second)
	if err == nil {
		err = json.NewEncoder(conn).Encode(r)
	}
	if err != nil {
		t.Fatalf("host %s: %v", h, err)
	}
	output, replies := io.Pipe()
	go func() { replies.CloseWithError(receive(conn, replies)) }()
	t.Cleanup(func() { conn.Close() })
	return &Program{conn: conn, output: output, lines: bufio.NewScanner(output)}
}

// receive writes what the program prints to w and returns how it ended.
func receive(conn net.Conn, w io.Writer) error {
	for replies := json.NewDecoder(conn); ; {
		var r reply
		if err := replies.Decode(&r); err != nil {
			return fmt.Errorf("the host does not answer any more: %w", err)
		}
		if r.Ended && r.Error != "" {
			return errors.New(r.Error)
		}
		if r.Ended {
			return io.EOF
		}
		if _, err := io.WriteString(w, r.Output); err != nil {
			return err
		}
	}
}

// Tell writes a line to the program.
func (p *Program) Tell(line string) error {
	_, err := fmt.Fprintln(p.conn, line)
	return err
}

// Line returns the next line that the program prints, within the given time.
func (p *Program) Line(within time.Duration) (string, error) {
	timer := time.AfterFunc(within, func() {
		p.output.CloseWithError(fmt.Errorf("nothing was said within %v", within))
	})
	defer timer.Stop()
	if !p.lines.Scan() {
		return "", fmt.Errorf("the program said nothing more: %w", errorOf(p.lines))
	}
	line := p.lines.Text()
	if problem, bad := strings.CutPrefix(line, "error: "); bad {
		return "", errors.New(problem)
	}
	return line, nil
}

func errorOf(s *bufio.Scanner) error {
	if err := s.Err(); err != nil {
		return err
	}
	return io.EOF
}

// Run runs a program on the host to its end and returns what it printed.
func (h *Host) Run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return h.Start(t, args...).wait()
}

// RunRole runs the test binary on the host to its end.
func (h *Host) RunRole(t testing.TB, role string, args ...string) (string, error) {
	t.Helper()
	return h.StartRole(t, role, args...).wait()
}

func (p *Program) wait() (string, error) {
	output, err := io.ReadAll(p.output)
	p.conn.Close()
	return string(output), err
}

// asAccount makes a command run as Account.
func asAccount(args []string) []string {
	id := fmt.Sprint(AccountID)
	return append([]string{"setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups"}, args...)
}

// RunAs is like Run, as Account.
func (h *Host) RunAs(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return h.Run(t, asAccount(args)...)
}

// StartAs is like Start, as Account.
func (h *Host) StartAs(t testing.TB, args ...string) *Program {
	t.Helper()
	return h.Start(t, asAccount(args)...)
}

// Must runs a program on the host that has to succeed.
func (h *Host) Must(t testing.TB, args ...string) string {
	t.Helper()
	output, err := h.Run(t, args...)
	if err != nil {
		t.Fatalf("host %s: %q: %v\n%s", h, args, err, output)
	}
	return output
}

// StartHere starts the test binary on this machine, as a member of a fleet.
func StartHere(t testing.TB, role string, args ...string) *Program {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { ours.Close() })
	output, replies := io.Pipe()
	go func() {
		err := request{Args: args, Role: role}.run(theirs, replies)
		replies.CloseWithError(cmp.Or(err, io.EOF))
	}()
	return &Program{conn: ours, output: output, lines: bufio.NewScanner(output)}
}
