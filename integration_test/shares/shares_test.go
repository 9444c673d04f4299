//go:build linux

package shares_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/storetest"
	"github.com/sealring/sealring/integration_test/shares/bed"
)

var (
	members = flag.Int("members", 64, "how many processes open an empty ring together")
	rounds  = flag.Int("rounds", 3, "how often they do so on each share")
)

// A share is a directory of a server, mounted by both hosts in the same place.
type share struct {
	name  string
	where string // on the hosts
	mount mountUnit
	limit time.Duration // within which a revocation has to be known everywhere

	deadWords string // what Status says of a server that does not answer
}

const password = "pw-test"

// A world is the bed with its servers, and the shares that the hosts have mounted.
type world struct {
	*bed.Bed
	knfsd   *bed.KernelNFS
	ganesha *bed.FileServer
	samba   *bed.FileServer
	shares  []share
}

func newWorld(t *testing.T) *world {
	w := &world{Bed: bed.New(t)}
	w.knfsd = bed.NewKernelNFS(t, example(t, "nfs", "keys.exports"), "/srv/keys")
	for _, dir := range []string{"/srv/ganesha", "/srv/keys"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, bed.AccountID, bed.AccountID); err != nil {
			t.Fatal(err)
		}
	}
	w.ganesha = bed.Ganesha(t, "/srv/ganesha")
	w.samba = bed.Samba(t, example(t, "unc", "smb.conf"), password)

	nfs, unc := readMountUnit(t, "nfs", w.knfsd.Address()), readMountUnit(t, "unc", bed.Server)
	unc.options = strings.Replace(unc.options, "/etc/keys.credentials", credentials(t), 1)
	v3 := nfs
	v3.options = strings.Replace(nfs.options, "vers=4.2", "vers=3,nolock", 1)
	w.shares = []share{
		{"NFS 4.2, examples-nfs", nfs.where, nfs, 15 * time.Second, "does not answer"},
		{"NFS 3, the same options", "/mnt/nfs3", v3, 15 * time.Second, "does not answer"},
		{"NFS 4.2, defaults, ganesha", "/mnt/ganesha", mountUnit{what: bed.Server + ":/keys", kind: "nfs", options: "vers=4.2"}, time.Minute, "does not answer"},
		{"SMB, examples-unc", "/mnt/smb", unc, time.Minute, "host is down"},
	}
	for _, s := range w.shares {
		for _, h := range w.Hosts() {
			h.Must(t, "mkdir", "-p", s.where)
			s.mountOn(t, h)
		}
	}
	return w
}

func credentials(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("username="+bed.Account+"\npassword="+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (s share) mountOn(t *testing.T, h *bed.Host) {
	t.Helper()
	h.Must(t, "mount", "-t", s.mount.kind, "-o", s.mount.options, s.mount.what, s.where)
}

// directory is a key directory on the share that nobody has used yet, provisioned by a host.
func (s share) directory(t *testing.T, h *bed.Host, name string) string {
	t.Helper()
	dir := s.where + "/" + name
	if output, err := h.RunRole(t, "provision", dir); err != nil {
		t.Fatalf("provision %s on host %s: %v\n%s", dir, h, err, output)
	}
	return dir
}

func TestShares(t *testing.T) {
	w := newWorld(t)
	for _, s := range w.shares {
		t.Run(s.name, func(t *testing.T) {
			t.Run("contract", func(t *testing.T) { contract(t, w, s) })
			t.Run("start together", func(t *testing.T) { startTogether(t, w, s) })
		})
	}
	nfs, ganesha, smb := w.shares[0], w.shares[2], w.shares[3]
	for _, fault := range []struct {
		name string
		do   func(t *testing.T)
	}{
		{"cut link", func(t *testing.T) { cutLink(t, w) }},
		{"slow link, NFS", func(t *testing.T) { slowLink(t, w, nfs) }},
		{"slow link, SMB", func(t *testing.T) { slowLink(t, w, smb) }},
		{"unmounted, NFS", func(t *testing.T) { unmounted(t, w, nfs) }},
		{"unmounted, SMB", func(t *testing.T) { unmounted(t, w, smb) }},
		{"killed server", func(t *testing.T) {
			t.Run("NFS", func(t *testing.T) { t.Parallel(); killedServer(t, w, ganesha, w.ganesha) })
			t.Run("SMB", func(t *testing.T) { t.Parallel(); killedServer(t, w, smb, w.samba) })
		}},
		{"full disk", func(t *testing.T) { fullDisk(t, w, nfs) }},
		{"read-only disk", func(t *testing.T) { readOnlyDisk(t, w, nfs) }},
	} {
		t.Run(fault.name, fault.do)
	}
	t.Run("login by examples-nfs", func(t *testing.T) { exampleNFS(t, w, nfs) })
	t.Run("login by examples-unc", func(t *testing.T) { exampleUNC(t, w, smb) })
	t.Run("revocation", func(t *testing.T) {
		for _, s := range w.shares {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel() // it is all waiting
				revocation(t, w, s)
			})
			t.Run("ended sessions, "+s.name, func(t *testing.T) {
				t.Parallel()
				endedSessions(t, w, s)
			})
		}
	})
}

// contract runs the suite that every store has to pass, on a host.
func contract(t *testing.T, w *world, s share) {
	output, err := w.A.RunRole(t, "test", "-test.run=^TestContractHere$", "-test.v", s.where)
	if err != nil || !strings.Contains(output, "--- PASS: TestContractHere/") {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestContractHere runs on a host, in the directory that is its argument.
func TestContractHere(t *testing.T) {
	if flag.Arg(0) == "" {
		t.Skip("it runs on the hosts of TestShares")
	}
	storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
		dir, err := os.MkdirTemp(flag.Arg(0), "contract")
		if err == nil {
			err = filestore.Provision(dir)
		}
		if err != nil {
			t.Fatal(err)
		}
		return func() dataprotection.Store { return filestore.Shared(dir) }
	}, storetest.Options{})
}

// A fleet is members, half of them on each host.
type fleet []*bed.Program

func startFleet(t *testing.T, w *world, size int, poll time.Duration) fleet {
	t.Helper()
	var f fleet
	for i := range size {
		f = append(f, w.Hosts()[i%2].StartRole(t, "member", poll.String()))
	}
	f.answers(t, "ready")
	return f
}

// ask gives every member the same command at the same moment, and returns the answers.
func (f fleet) ask(t *testing.T, command string) []string {
	t.Helper()
	for i, m := range f {
		if err := m.Tell(command); err != nil {
			t.Fatalf("member %d: %v", i, err)
		}
	}
	return f.answers(t, "")
}

// answers collects a line of each member, which has to be the wanted one, if any is.
func (f fleet) answers(t *testing.T, want string) []string {
	t.Helper()
	var all []string
	for i, m := range f {
		line, err := m.Line(3 * time.Minute)
		if err != nil || want != "" && line != want {
			t.Fatalf("member %d of %d: %q, %v", i, len(f), line, err)
		}
		all = append(all, line)
	}
	return all
}

// startTogether has many processes open an empty store at once: one of them makes
// a key, and all seal with that.
func startTogether(t *testing.T, w *world, s share) {
	f := startFleet(t, w, *members, time.Minute)
	for round := range *rounds {
		dir := s.directory(t, w.Hosts()[round%2], fmt.Sprint("together", round))
		payloads := f.ask(t, "open "+dir)
		if got := f.ask(t, "unprotect "+strings.Join(payloads, " ")); len(got) != len(f) {
			t.Errorf("round %d: %d of %d members open every payload", round, len(got), len(f))
		}
		// A client may list for a while what another one has removed.
		files := slices.DeleteFunc(strings.Fields(must(t, f[0], "files")), func(name string) bool { return strings.HasSuffix(name, ".tmp") })
		if len(files) != 1 || !strings.HasPrefix(files[0], "key-") {
			t.Errorf("round %d: the directory holds %q, want one key", round, files)
		}
	}
	t.Logf("%d processes on two hosts made one key, %d times of %d", len(f), *rounds, *rounds)
}

// revocation measures how long it takes until every instance refuses what a revoked
// key has sealed. The instances poll as they do by default.
func revocation(t *testing.T, w *world, s share) {
	f := startFleet(t, w, 4, dataprotection.DefaultPollInterval)
	payload := f.ask(t, "open "+s.directory(t, w.A, "revocation"))[0]
	f.ask(t, "unprotect "+payload)
	time.Sleep(3 * time.Second) // somewhere within a poll
	for _, m := range f {
		if err := m.Tell("refused " + payload); err != nil {
			t.Fatal(err)
		}
	}
	other := w.B.StartRole(t, "member", time.Minute.String())
	fleet{other}.answers(t, "ready")
	fleet{other}.ask(t, "open "+s.where+"/revocation")
	begin := time.Now()
	if err := other.Tell("revoke"); err != nil {
		t.Fatal(err)
	}
	f.answers(t, "refused")
	took := time.Since(begin)
	fleet{other}.answers(t, "revoked")
	t.Logf("known to the last of %d instances on two hosts after %.1f s", len(f), took.Seconds())
	if took > s.limit {
		t.Errorf("that is more than %v", s.limit)
	}
}
