package realtest_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/internal/realtest"
)

func TestProcess(t *testing.T) {
	shell := realtest.Program(t, "sh", "dash")
	p := realtest.Start(t, exec.Command(shell, "-c", "echo ready; sleep 60"))
	p.Await(t, func() error {
		if strings.TrimSpace(p.Output()) != "ready" {
			return exec.ErrNotFound
		}
		return nil
	})
	begin := time.Now()
	p.Kill()
	p.Kill()
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("it was waited for, %s long", took)
	}
}

func TestTerminate(t *testing.T) {
	shell := realtest.Program(t, "sh", "dash")
	p := realtest.Start(t, exec.Command(shell, "-c", "trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done"))
	p.Await(t, func() error {
		if !strings.Contains(p.Output(), "ready") {
			return exec.ErrNotFound
		}
		return nil
	})
	p.Terminate(t)
	if got := p.Output(); !strings.Contains(got, "bye") {
		t.Errorf("it printed %q, want it to end in order", got)
	}
}
