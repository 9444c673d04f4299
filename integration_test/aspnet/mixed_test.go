package aspnet_test

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

// Two instances of the reference and two of ours behind one haproxy, which gives each
// request to the next of them. Whoever is logged in stays so, and forms are accepted
// whoever made them, while members are restarted, keys rotate, and one is revoked.
func TestMixedFleet(t *testing.T) {
	reference(t) // or skip
	requests := int64(400)
	if realtest.All() {
		requests = 10000
	}
	for _, row := range []struct {
		name string
		keys func(t *testing.T) string
	}{
		{"directory", func(t *testing.T) string { return "dir:" + t.TempDir() }},
		{"Redis", func(t *testing.T) string { return liveRedis(t).name }},
		{"PostgreSQL", func(t *testing.T) string { return livePostgreSQL(t).name }},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.name != "directory" && !realtest.All() {
				t.Skip("only with SEALRING_REQUIRE=all")
			}
			t.Parallel()
			f := startMixed(t, row.keys(t))
			f.live(requests)
		})
	}
}

// A mixedMember is a process at an address of its own, which it keeps when it is
// started again.
type mixedMember struct {
	*realtest.Process
	name, address string
	command       func() *exec.Cmd
}

type mixedFleet struct {
	*testing.T
	keys    string
	members []*mixedMember // the first two are the reference's
	crowd   *crowd
}

func startMixed(t *testing.T, keys string) *mixedFleet {
	t.Helper()
	f := &mixedFleet{T: t, keys: keys}
	for i := range 4 {
		m := &mixedMember{address: realtest.Address(t)}
		if i < 2 {
			m.name = fmt.Sprint("reference-", i+1)
			m.command = func() *exec.Cmd { return reference(t, "serve", "http://"+m.address, "vectors", keys) }
		} else {
			m.name = fmt.Sprint("ours-", i-1)
			m.command = func() *exec.Cmd {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "ASPNET_MEMBER="+m.address, "ASPNET_STORE="+keys)
				return cmd
			}
		}
		f.members = append(f.members, m)
	}
	for _, i := range []int{2, 3, 0, 1} { // one of ours makes the key
		f.members[i].start(t)
	}
	f.crowd = newCrowd(t, startHAProxy(t, f.members))
	return f
}

func (m *mixedMember) start(t *testing.T) {
	t.Helper()
	m.Process = realtest.Start(t, m.command())
	m.AwaitTCP(t, m.address)
}

const haproxyConfig = `
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 10s
  retries 4
  retry-on conn-failure empty-response
  option redispatch 1

frontend front
  bind %s
  default_backend members

backend members
  balance roundrobin
  option httpchk GET /whoami
  default-server check inter 200ms fall 1 rise 1
  http-response set-header X-Member %%s
`

// startHAProxy returns the address of a haproxy in front of the members, which says
// in each answer who gave it.
func startHAProxy(t *testing.T, members []*mixedMember) (url string) {
	t.Helper()
	program := realtest.Program(t, "haproxy", "haproxy", "/usr/sbin")
	address := realtest.Address(t)
	config := fmt.Sprintf(haproxyConfig, address)
	for _, m := range members {
		config += "  server " + m.name + " " + m.address + "\n"
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	realtest.Start(t, exec.Command(program, "-db", "-f", file)).AwaitTCP(t, address)
	return "http://" + address
}

// live takes the fleet through its life, with so many requests at least.
func (f *mixedFleet) live(requests int64) {
	f.Helper()
	begin := time.Now()
	c := f.crowd
	c.signIn(c.guests...)
	c.during("forms", requests/4, formsToo, func() {})
	c.during("restart of each member", requests/4, formsToo, func() { f.restart(f.members...) })

	// Half of the guests log in under a key that is going to be revoked. The restarts
	// have just been: the reference looks for unknown keys in its first two minutes.
	stay, leave := c.guests[:len(c.guests)/2], c.guests[len(c.guests)/2:]
	var second string
	c.during("rotation by the reference, then by us", requests/4, formsToo, func() {
		(&liveApp{url: "http://" + f.members[0].address}).post(f.T, "/keys")
		time.Sleep(2 * pollInterval)
		second = f.create()
		time.Sleep(2 * pollInterval)
	})
	for _, g := range leave {
		g.signIn("http://" + f.members[2].address)
		if key := f.keyOf(g); key != second {
			f.Fatalf("we seal with %s after a rotation, want %s", key, second)
		}
	}
	c.during("under the new key", requests/8, formsToo, func() {})

	// What the reference seals before it has been restarted is under the revoked key:
	// so only the logins of those who stay are looked at.
	c.guests = stay
	c.during("revocation, and restart of the reference", requests/8, loginOnly, func() {
		f.revoke(second)
		f.restart(f.members[:2]...)
	})
	for _, g := range leave {
		f.refuses(g)
	}
	c.guests = append(stay, leave...)
	c.signIn(leave...)
	c.during("after the revocation", max(requests/8, requests-c.requests.Load()), formsToo, func() {})

	if n := len(c.accepted); n != len(f.members)*len(f.members) {
		f.Errorf("forms went %d ways, want each member to have accepted those of each:\n%s", n, c.pairs())
	}
	if f.Failed() {
		return
	}
	f.Logf("%d requests, of which %d with a login that held, all answered as logged in, in %v; %d forms accepted:\n%s",
		c.requests.Load(), c.logins.Load(), time.Since(begin).Round(time.Second), c.forms.Load(), c.pairs())
}

// restart ends members in order, one after the other, and starts them again.
func (f *mixedFleet) restart(members ...*mixedMember) {
	f.Helper()
	for _, m := range members {
		m.Terminate(f.T)
		m.start(f.T)
		time.Sleep(500 * time.Millisecond) // until haproxy has seen that it is back
	}
}

func (f *mixedFleet) manage(do func(*dataprotection.Manager) error) {
	f.Helper()
	store, closeStore, err := openNamed(f.keys)
	if err != nil {
		f.Fatal(err)
	}
	defer closeStore()
	m, err := dataprotection.NewManager(f.Context(), dataprotection.Config{Application: "vectors", Store: store, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = do(m)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// create makes a key that seals at once, and returns its id.
func (f *mixedFleet) create() (id string) {
	f.Helper()
	f.manage(func(m *dataprotection.Manager) error {
		now := time.Now()
		info, err := m.Create(f.Context(), &dataprotection.KeyDates{Activates: now, Expires: now.Add(90 * 24 * time.Hour)})
		id = info.ID.String()
		return err
	})
	return id
}

func (f *mixedFleet) revoke(id string) {
	f.Helper()
	f.manage(func(m *dataprotection.Manager) error {
		key, err := dataprotection.ParseKeyID(id)
		if err != nil {
			return err
		}
		return m.Revoke(f.Context(), key, "test")
	})
	time.Sleep(2 * pollInterval)
}

// keyOf returns the key that the login of a guest is sealed with.
func (f *mixedFleet) keyOf(g *guest) (id string) {
	f.Helper()
	store, closeStore, err := openNamed(f.keys)
	if err != nil {
		f.Fatal(err)
	}
	defer closeStore()
	ring, err := dataprotection.Open(f.Context(), dataprotection.Config{Application: "vectors", Store: store, ReadOnly: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	defer ring.Close()
	info, err := ring.Protector(ticket.Purposes("Cookies")...).Inspect(f.Context(), decode(f.T, g.cookie().Value))
	if err != nil {
		f.Fatal(err)
	}
	return info.KeyID.String()
}

// refuses asks each member about a login that is revoked.
func (f *mixedFleet) refuses(g *guest) {
	f.Helper()
	for _, m := range f.members {
		answer := (&liveApp{url: "http://" + m.address}).do(f.T, "GET", "/whoami", g.cookie())
		if answer.body != "nobody" {
			f.Errorf("%s answers %q to a login of %s under the revoked key", m.name, answer.body, g.name)
		}
	}
}
