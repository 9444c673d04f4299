package demo

import (
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"time"
)

// StartChild starts a command that ends with this program, and returns what says that
// it has ended.
func StartChild(cmd *exec.Cmd) (ended <-chan error, err error) {
	started, over := make(chan error), make(chan error, 1)
	go func() {
		// To the system, the thread that started it is its parent.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		endWithParent(cmd)
		err := cmd.Start()
		started <- err
		if err == nil {
			over <- cmd.Wait()
		}
	}()
	return over, <-started
}

// FreeAddress returns an address on this machine that nobody listens at.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// AwaitListener waits until a child listens at an address.
func AwaitListener(address string, ended <-chan error, patience time.Duration) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it has ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not answer after %s", patience)
}
