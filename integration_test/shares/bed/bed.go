//go:build linux

package bed

import (
	"os"
	"testing"

	"github.com/sealring/sealring/internal/realtest"
)

// A Bed is the network with its hosts. It lasts as long as the test that made it.
type Bed struct {
	A, B *Host
}

// Hosts are A and B.
func (b *Bed) Hosts() []*Host { return []*Host{b.A, b.B} }

// programs are what the bed needs, with the Debian packages that bring them.
var programs = []struct{ name, debianPackage string }{
	{"ip", "iproute2"},
	{"tc", "iproute2"},
	{"setpriv", "util-linux"},
	{"linux.uml", "user-mode-linux"},
	{"modprobe", "kmod"},
	{"mkfs.ext4", "e2fsprogs"},
	{"mount.nfs", "nfs-common"},
	{"rpcbind", "rpcbind"},
	{"exportfs", "nfs-kernel-server"},
	{"ganesha.nfsd", "nfs-ganesha and nfs-ganesha-vfs"},
	{"mount.cifs", "cifs-utils"},
	{"smbd", "samba"},
	{"openssl", "openssl"},
}

// New boots the hosts, or skips the test where that cannot be.
func New(t *testing.T) *Bed {
	t.Helper()
	Need(t)
	buildNetworks(t)
	return &Bed{A: boot(t, "a", 11), B: boot(t, "b", 12)}
}

// Need skips the test unless it runs in namespaces of its own and every program
// is there.
func Need(t testing.TB) {
	t.Helper()
	if !inside() {
		realtest.Missing(t, "this needs root, for namespaces of its own")
	}
	for _, p := range programs {
		realtest.Program(t, p.name, p.debianPackage, "/usr/sbin", "/sbin")
	}
	for _, device := range []string{"/dev/net/tun", "/dev/fuse"} {
		if _, err := os.Stat(device); err != nil {
			realtest.Missing(t, "the kernel lacks something: "+err.Error())
		}
	}
}
