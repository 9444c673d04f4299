//go:build linux

package bed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// A FileServer is a program on this machine that exports a directory.
type FileServer struct {
	process *realtest.Process
	command func() *exec.Cmd
	address string
	t       testing.TB
}

func startServer(t testing.TB, address string, command func() *exec.Cmd) *FileServer {
	t.Helper()
	s := &FileServer{command: command, address: address, t: t}
	s.Start()
	return s
}

// Start starts the server, also once more after Kill.
func (s *FileServer) Start() {
	s.t.Helper()
	cmd := s.command()
	// smbd ends its whole process group when it ends, which must not be ours.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.process = realtest.Start(s.t, cmd)
	s.process.AwaitTCP(s.t, s.address)
}

// Kill ends the server as a power cut would, with the processes that it has started.
func (s *FileServer) Kill() {
	_ = syscall.Kill(-s.process.PID(), syscall.SIGKILL)
	s.process.Kill()
}

const ganeshaConfig = `
NFS_CORE_PARAM {
	Protocols = 4; Bind_addr = ADDRESS; Enable_NLM = false; Enable_RQUOTA = false;
	Plugins_Dir = "/usr/lib/x86_64-linux-gnu/ganesha/";
}
NFSv4 {
	RecoveryBackend = fs; RecoveryRoot = "STATE";
	Grace_Period = 20; Lease_Lifetime = 20; Graceless = true; Only_Numeric_Owners = true;
}
EXPORT {
	Export_Id = 1; Path = DIRECTORY; Pseudo = /keys; FSAL { Name = VFS; }
	Access_Type = RW; Squash = Root_Squash; SecType = sys; Protocols = 4; Transports = TCP;
}
`

// Ganesha exports dir over NFS 4 as "/keys", with nfs-ganesha.
func Ganesha(t testing.TB, dir string) *FileServer {
	t.Helper()
	state := t.TempDir()
	config := filepath.Join(state, "ganesha.conf")
	text := strings.NewReplacer("ADDRESS", Server, "STATE", state, "DIRECTORY", dir).Replace(ganeshaConfig)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startServer(t, Server+":2049", func() *exec.Cmd {
		return exec.Command("ganesha.nfsd", "-F", "-L", "STDOUT", "-f", config, "-p", filepath.Join(state, "pid"))
	})
}

// Samba runs smbd with the given configuration file, completed by where it keeps its
// state. Account is its one user.
func Samba(t testing.TB, configFile, password string) *FileServer {
	t.Helper()
	config, err := os.ReadFile(configFile)
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	// smbd works as the account at times, and its locks fail where that cannot enter.
	if err := os.Chmod(filepath.Dir(state), 0o711); err != nil {
		t.Fatal(err)
	}
	var settings strings.Builder
	settings.WriteString("[global]\nbind interfaces only = yes\ninterfaces = " + Server + "\n")
	for _, name := range []string{"private dir", "lock directory", "state directory", "cache directory", "pid directory", "ncalrpc dir"} {
		dir := filepath.Join(state, strings.Fields(name)[0])
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		settings.WriteString(name + " = " + dir + "\n")
	}
	file := filepath.Join(state, "smb.conf")
	if err := os.WriteFile(file, append([]byte(settings.String()), config...), 0o600); err != nil {
		t.Fatal(err)
	}
	add := exec.Command("smbpasswd", "-c", file, "-L", "-a", "-s", Account)
	add.Stdin = strings.NewReader(password + "\n" + password + "\n")
	if output, err := add.CombinedOutput(); err != nil {
		t.Fatalf("smbpasswd: %v\n%s", err, output)
	}
	return startServer(t, Server+":445", func() *exec.Cmd {
		return exec.Command("smbd", "-s", file, "-F", "--no-process-group", "--debug-stdout")
	})
}
