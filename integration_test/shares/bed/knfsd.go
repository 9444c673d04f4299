//go:build linux

package bed

import (
	_ "embed"
	"fmt"
	"testing"
)

// A KernelNFS is a host that exports directories as most NFS servers do: with the
// kernel's own server, by the lines of /etc/exports.
type KernelNFS struct {
	*Host
}

//go:embed knfsd.sh
var knfsdScript string

// Disk is where a KernelNFS has its file system: a directory that is exported as
// "/srv/keys" is Disk + "/srv/keys" there.
const Disk = "/run/root"

// NewKernelNFS boots a server with an exports file, a path on this machine, and makes
// the directories that it exports, each the account's own.
func NewKernelNFS(t testing.TB, exports string, directories ...string) *KernelNFS {
	t.Helper()
	s := &KernelNFS{boot(t, "server", 21)}
	output, err := s.Run(t, append([]string{"sh", "-c", knfsdScript, "knfsd.sh", exports, Account}, directories...)...)
	if err != nil {
		t.Fatalf("knfsd.sh: %v\n%s", err, output)
	}
	return s
}

// Address is where the server is reached on the storage network.
func (s *KernelNFS) Address() string { return storage + fmt.Sprint(s.number) }
