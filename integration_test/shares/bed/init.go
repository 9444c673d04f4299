//go:build linux

package bed

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// initHost is the first process of a host. It never returns: a kernel whose first
// process ends panics.
func initHost() {
	err := furnish()
	if err == nil {
		err = takePrograms()
	}
	fmt.Println("init:", err) // to the console, which the test shows if it fails
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_HALT)
	select {}
}

// furnish turns a kernel and a read-only disk into a machine on two networks.
func furnish() error {
	os.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	for _, m := range []struct{ what, where string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/run"}, {"tmpfs", "/mnt"}} {
		if err := unix.Mount(m.what, m.where, m.what, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.where, err)
		}
	}
	for _, dir := range []string{"/run/tmp", "/run/home"} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			return err
		}
	}
	os.Setenv("TMPDIR", "/run/tmp")
	os.Setenv("HOME", "/run/home")
	if err := os.WriteFile("/proc/sys/kernel/modprobe", []byte(os.Getenv("MODPROBE")), 0); err != nil {
		return err
	}
	// NFS servers tell clients apart by their host names. Two of one name end each other's
	// sessions, and their programs get EIO.
	if err := unix.Sethostname([]byte(os.Getenv("HOST_NAME"))); err != nil {
		return fmt.Errorf("sethostname: %w", err)
	}
	number := os.Getenv("HOST_NUMBER")
	for _, command := range []string{
		"link set lo up",
		"addr add " + storage + number + "/24 dev vec0", "link set vec0 up",
		"addr add " + control + number + "/24 dev vec1", "link set vec1 up",
	} {
		if output, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, output)
		}
	}
	return nil
}

// takePrograms runs what the test asks for, each request on a connection.
func takePrograms() error {
	listener, err := net.Listen("tcp", control+os.Getenv("HOST_NUMBER")+":"+port)
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	input := bufio.NewReader(conn)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return // a look whether we are up
	}
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return
	}
	replies := json.NewEncoder(conn)
	err = r.run(input, outputFunc(func(text string) error {
		return replies.Encode(reply{Output: text})
	}))
	end := reply{Ended: true}
	if err != nil {
		end.Error = err.Error()
	}
	_ = replies.Encode(end)
}

// run runs the program with input and output. It is killed when its input ends.
func (r request) run(input io.Reader, output io.Writer) error {
	args, role := r.Args, "none"
	if r.Role != "" {
		args, role = append([]string{"/proc/self/exe"}, args...), r.Role
	}
	cmd := exec.Command(args[0], args[1:]...)
	if r.Role != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: AccountID, Gid: AccountID}}
	}
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stdout, cmd.Stderr = output, output
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(in, input)
		_ = cmd.Process.Kill() // the test has hung up
	}()
	return cmd.Wait()
}

// An outputFunc is a writer. Programs print to it one piece after the other.
type outputFunc func(text string) error

func (f outputFunc) Write(p []byte) (int, error) {
	if err := f(string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
