package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A Server is a database server with an empty database of its own, on the
// loopback interface, that runs until the test ends. Starting one takes a second
// or two, so that a test with subtests shares one among them.
type Server struct {
	*Process
	// Address is its host and port. It stays the same when it is started again.
	Address string
	// DSN is what clients take: a URL for Redis (redis.ParseURL) and PostgreSQL
	// (pgx), user@tcp(address)/database for MariaDB (go-sql-driver/mysql).
	DSN string

	command func() *exec.Cmd
	ready   string // what it prints once it can be used
}

// Start starts the server once more after Stop or Kill, with the data it had.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.Process = Start(t, s.command())
	t.Cleanup(s.Stop) // before it is killed, so that nothing of it writes any more
	s.Await(t, func() error {
		if !strings.Contains(s.Output(), s.ready) {
			return fmt.Errorf("it has not printed %q", s.ready)
		}
		return nil
	})
}

// Stop ends the server, children included, and waits for that. It may be called
// again. To crash MariaDB, use Kill.
func (s *Server) Stop() {
	// This is how PostgreSQL is told to end as if it had crashed, but with its
	// children. MariaDB ends in order, Redis at once.
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	<-s.ended
}

// Redis starts a redis-server that appends all it is told to a file. Further
// arguments override its settings: "--maxmemory-policy", "allkeys-lru".
func Redis(t testing.TB, settings ...string) *Server {
	t.Helper()
	program := Program(t, "redis-server", "redis-server")
	address := Address(t)
	host, port := hostPort(address)
	args := []string{"--bind", host, "--port", port, "--dir", t.TempDir(), "--save", "", "--appendonly", "yes"}
	args = append(args, settings...)
	return serve(t, &Server{
		Address: address,
		DSN:     "redis://" + address + "/0",
		command: func() *exec.Cmd { return exec.Command(program, args...) },
		ready:   "Ready to accept connections",
	})
}

// RedisCluster starts three masters that share the slots, and returns their
// addresses. Nodes may take a moment until all of them know that.
func RedisCluster(t testing.TB, settings ...string) (addresses []string) {
	t.Helper()
	cli := Program(t, "redis-cli", "redis-tools")
	for range 3 {
		_, bus := hostPort(Address(t))
		node := Redis(t, append([]string{"--cluster-enabled", "yes", "--cluster-port", bus}, settings...)...)
		addresses = append(addresses, node.Address)
	}
	args := append([]string{"--cluster", "create"}, addresses...)
	run(t, exec.Command(cli, append(args, "--cluster-yes")...))
	return addresses
}

// PostgreSQL starts a PostgreSQL server. It refuses to run as root, who becomes
// the user postgres for it. Further arguments are settings: "max_connections=5".
func PostgreSQL(t testing.TB, settings ...string) *Server {
	t.Helper()
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	initdb := Program(t, "initdb", "postgresql", places...)
	if real, err := filepath.EvalSymlinks(initdb); err == nil {
		initdb = real
	}
	program := Program(t, "postgres", "postgresql", filepath.Dir(initdb))
	dir := serverDir(t, "postgres")
	data := filepath.Join(dir, "data")
	run(t, asUser("postgres", dir, initdb, "-D", data, "-A", "trust", "-U", "app", "-E", "UTF8", "--locale=C", "--no-sync"))
	address := Address(t)
	host, port := hostPort(address)
	args := []string{program, "-D", data}
	for _, setting := range append([]string{"listen_addresses=" + host, "port=" + port, "unix_socket_directories=", "fsync=off"}, settings...) {
		args = append(args, "-c", setting)
	}
	return serve(t, &Server{
		Address: address,
		DSN:     "postgres://app@" + address + "/postgres?sslmode=disable",
		command: func() *exec.Cmd { return asUser("postgres", dir, args...) },
		ready:   "database system is ready to accept connections",
	})
}

// MariaDB starts a MariaDB server with its own defaults, whose text is latin1 and
// compared without regard to case, and a database app. Further arguments are
// settings: "--max-allowed-packet=16M".
func MariaDB(t testing.TB, settings ...string) *Server {
	t.Helper()
	program := Program(t, "mariadbd", "mariadb-server", "/usr/sbin")
	install := Program(t, "mariadb-install-db", "mariadb-server")
	dir := serverDir(t, "")
	data := filepath.Join(dir, "data")
	run(t, exec.Command(install, "--no-defaults", "--user="+userName(), "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"))
	first := filepath.Join(dir, "init.sql")
	if err := os.WriteFile(first, []byte("CREATE DATABASE IF NOT EXISTS app;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := Address(t)
	host, port := hostPort(address)
	args := []string{
		"--no-defaults", "--user=" + userName(), "--datadir=" + data, "--bind-address=" + host, "--port=" + port,
		"--socket=" + filepath.Join(dir, "sock"), "--pid-file=" + filepath.Join(dir, "pid"), "--init-file=" + first,
		"--innodb-flush-log-at-trx-commit=2", // the crash of the server is survived; that of the machine is not tested
	}
	args = append(args, settings...)
	return serve(t, &Server{
		Address: address,
		DSN:     "root@tcp(" + address + ")/app",
		command: func() *exec.Cmd { return exec.Command(program, args...) },
		ready:   "ready for connections",
	})
}

func serve(t testing.TB, s *Server) *Server {
	t.Helper()
	s.Start(t)
	return s
}

// serverDir returns a directory with a short name, as paths of sockets must be
// short, below one that anybody may search. It belongs to owner if we may give it away.
func serverDir(t testing.TB, owner string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sealring-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if os.Getuid() != 0 || owner == "" {
		return dir
	}
	u, err := user.Lookup(owner)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asUser is a command in dir that root runs as that user.
func asUser(name, dir string, args ...string) *exec.Cmd {
	if os.Getuid() == 0 {
		args = append([]string{"setpriv", "--reuid=" + name, "--regid=" + name, "--clear-groups"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	return cmd
}

func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

func hostPort(address string) (host, port string) {
	i := strings.LastIndexByte(address, ':')
	return address[:i], address[i+1:]
}
