//go:build linux

package bed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// roleVariable tells a process of the test binary what it is.
const roleVariable = "SHARES_ROLE"

const (
	roleInside = "inside" // the process that runs the tests, in its namespaces
	roleInit   = "init"   // the first process of a host
)

// A Role is what the test binary does when it is started as a member of a fleet.
type Role func(args []string) error

// Main is for TestMain. It runs the tests in namespaces of their own or, in a
// process that was started to be something else, what that is.
func Main(m *testing.M, roles map[string]Role) {
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(runIsolated(m))
	case roleInside:
		if err := settle(); err != nil {
			fmt.Fprintln(os.Stderr, "bed:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	case roleInit:
		initHost()
	default:
		if err := roles[role](os.Args[1:]); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
}

// inside reports whether this process is the one in the namespaces.
func inside() bool { return os.Getenv(roleVariable) == roleInside }

// runIsolated runs the test binary once more, as the first process of new network,
// mount and process namespaces. When it ends the kernel kills all others in there
// and takes mounts and networks down; when we end, it is killed.
func runIsolated(m *testing.M) int {
	if os.Geteuid() != 0 {
		return m.Run() // New will say what is missing
	}
	dir, err := os.MkdirTemp("", "shares")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bed:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { // servers run as other accounts
		fmt.Fprintln(os.Stderr, "bed:", err)
		return 1
	}
	runtime.LockOSThread() // Pdeathsig goes by the thread that started the child
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), roleVariable+"="+roleInside, "TMPDIR="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 {
			fmt.Fprintln(os.Stderr, "bed:", err)
		}
		return 1
	}
	return 0
}

// Account is what members of a fleet run as, on every host, and AccountID its number.
// It exists in here only.
const (
	Account   = "login"
	AccountID = 990
)

// settle makes the new namespaces habitable: mounts that do not spread, a /proc that
// shows our own processes, a /run where servers do not meet those of the system, an
// empty /srv to export from, and the account.
func settle() error {
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"private mounts", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"mount /proc", func() error { return unix.Mount("proc", "/proc", "proc", 0, "") }},
		{"mount /run", func() error { return unix.Mount("tmpfs", "/run", "tmpfs", 0, "") }},
		{"mount /srv", func() error { return unix.Mount("tmpfs", "/srv", "tmpfs", 0, "") }},
		{"add the account", func() error { return addLine("/etc/passwd", "%s:x:%d:%[2]d::/nonexistent:/usr/sbin/nologin") }},
		{"add its group", func() error { return addLine("/etc/group", "%s:x:%d:") }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// addLine mounts a copy of the file over it, with one line more.
func addLine(file, format string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	longer := filepath.Join(os.TempDir(), filepath.Base(file))
	text = append(text, fmt.Sprintf(format+"\n", Account, AccountID)...)
	if err := os.WriteFile(longer, text, 0o644); err != nil {
		return err
	}
	return unix.Mount(longer, file, "", unix.MS_BIND, "")
}
