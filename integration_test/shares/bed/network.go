//go:build linux

package bed

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// The networks. This machine is number 1 on both, hosts are 11 and 12.
const (
	storage = "10.77.0."
	control = "10.78.0."

	// Server is where this machine is reached on the storage network.
	Server = storage + "1"
)

// buildNetworks makes a bridge for each network.
func buildNetworks(t testing.TB) {
	t.Helper()
	ip(t, "link set lo up")
	for bridge, network := range map[string]string{"storage": storage, "control": control} {
		ip(t, "link add %s type bridge", bridge)
		ip(t, "addr add %s1/24 dev %s", network, bridge)
		ip(t, "link set %s up", bridge)
	}
}

// plug makes the two network cards of a host, one on each bridge.
func (h *Host) plug(t testing.TB) {
	t.Helper()
	for _, bridge := range []string{"storage", "control"} {
		card := h.card(bridge)
		ip(t, "tuntap add %s mode tap", card)
		ip(t, "link set %s master %s", card, bridge)
		ip(t, "link set %s up", card)
	}
}

// card names the host's network card on a bridge, as this machine sees it.
func (h *Host) card(bridge string) string { return h.name + "-" + bridge }

// Cut takes the host off the storage network, as if its cable were pulled.
func (h *Host) Cut(t testing.TB) {
	t.Helper()
	ip(t, "link set %s nomaster", h.card("storage"))
}

// Restore undoes Cut.
func (h *Host) Restore(t testing.TB) {
	t.Helper()
	ip(t, "link set %s master storage", h.card("storage"))
}

// Slow limits what the host gets from the storage network to a rate such as
// "64kbit", until the test ends.
func (h *Host) Slow(t testing.TB, rate string) {
	t.Helper()
	run(t, "tc", strings.Fields("qdisc add dev "+h.card("storage")+" root tbf rate "+rate+" burst 1600 latency 2s")...)
	t.Cleanup(func() { run(t, "tc", "qdisc", "del", "dev", h.card("storage"), "root") })
}

func ip(t testing.TB, format string, args ...any) {
	t.Helper()
	run(t, "ip", strings.Fields(fmt.Sprintf(format, args...))...)
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if output, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, output)
	}
}
