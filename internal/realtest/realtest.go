// Package realtest gives tests the real programs that they want to run against:
// a server, a proxy, a browser. A test whose program is missing is skipped and
// says which package brings it; with SEALRING_REQUIRE=all it fails instead.
package realtest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// All reports whether nothing may be skipped or shortened.
func All() bool { return os.Getenv("SEALRING_REQUIRE") == "all" }

// Missing ends the test for want of something.
func Missing(t testing.TB, what string) {
	t.Helper()
	if All() {
		t.Fatalf("%s, and SEALRING_REQUIRE=all", what)
	}
	t.Skip(what)
}

// Program returns the path of a program, which a Debian package has. Further
// places to look are directories, for programs that are not on the path.
func Program(t testing.TB, name, debianPackage string, places ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range places {
		if path, err := exec.LookPath(dir + "/" + name); err == nil {
			return path
		}
	}
	Missing(t, name+" is not installed (Debian package "+debianPackage+")")
	return ""
}

// Address returns a free address on the loopback interface.
func Address(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A Process is a program that runs until the test ends.
type Process struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	output buffer
}

// Start starts a program. What it printed is logged if the test fails.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.output, &p.output
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", cmd.Path, p.output.String())
		}
	})
	return p
}

// Kill ends the program at once and waits for that. It may be called again.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// Terminate asks the program to end in order, and waits for that, at most half a
// minute.
func (p *Process) Terminate(t testing.TB) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not end", p.cmd.Path)
	}
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what the program has printed so far.
func (p *Process) Output() string { return p.output.String() }

// AwaitTCP waits until something listens at an address, at most half a minute.
func (p *Process) AwaitTCP(t testing.TB, address string) {
	t.Helper()
	p.Await(t, func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// Await waits until ready returns nil, at most half a minute.
func (p *Process) Await(t testing.TB, ready func() error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := ready()
		if err == nil {
			return
		}
		select {
		case <-p.ended:
			t.Fatalf("%s has ended: %v\n%s", p.cmd.Path, err, p.output.String())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is not ready: %v\n%s", p.cmd.Path, err, p.output.String())
		}
	}
}

// A buffer can be written and read at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
