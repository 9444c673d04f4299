package main

import (
	"os/exec"
	"syscall"
)

// endWithParent has the system end the other half when this one is killed.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
