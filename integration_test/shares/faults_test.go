//go:build linux

package shares_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/integration_test/shares/bed"
)

// patience is how long a ring may take to notice something that has happened to its share.
const patience = 2 * time.Minute

// soon is more than a request may wait, and less than a directory that hangs makes
// somebody wait.
const soon = 15 * time.Second

// tell gives a member a command and returns the answer. What requests do has to be
// answered soon, whatever the directory does.
func tell(t *testing.T, m *bed.Program, command string) (string, error) {
	t.Helper()
	if err := m.Tell(command); err != nil {
		t.Fatal(err)
	}
	within := patience
	switch name, _, _ := strings.Cut(command, " "); name {
	case "protect", "unprotect", "status":
		within = soon
	}
	return m.Line(within)
}

// must gives a member a command that has to succeed.
func must(t *testing.T, m *bed.Program, command string) string {
	t.Helper()
	answer, err := tell(t, m, command)
	if err != nil {
		t.Fatalf("%.40s: %v", command, err)
	}
	return answer
}

// wantError gives a member a command that has to fail in so many words.
func wantError(t *testing.T, m *bed.Program, command, words string) {
	t.Helper()
	if answer, err := tell(t, m, command); err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%.40s: got %q and error %v, want an error that says %q", command, answer, err, words)
	}
}

// pair opens a ring in a new directory of a share on both hosts.
func pair(t *testing.T, w *world, s share, name string) (a, b *bed.Program, payload string) {
	t.Helper()
	f := startFleet(t, w, 2, time.Second)
	dir := s.directory(t, w.A, name)
	payloads := f.ask(t, "open "+dir)
	f.ask(t, "unprotect "+strings.Join(payloads, " "))
	return f[0], f[1], payloads[0]
}

// awaitStatus waits until a problem of the member's ring contains the words or, with
// no words, until it is healthy. All the while the ring has to go on working.
func awaitStatus(t *testing.T, m *bed.Program, payload, words string) {
	t.Helper()
	var last string
	begin := time.Now()
	for time.Since(begin) < patience {
		must(t, m, "unprotect "+payload)
		must(t, m, "protect")
		last = must(t, m, "status")
		var status dataprotection.Status
		if err := json.Unmarshal([]byte(last), &status); err != nil {
			t.Fatal(err)
		}
		problems := strings.Join(status.Problems, "\n")
		if words == "" && status.Healthy || words != "" && strings.Contains(problems, words) {
			t.Logf("after %.0f s: healthy %v %s", time.Since(begin).Seconds(), status.Healthy, problems)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("the status has not come to say %q: %s", words, last)
}

// newsTravels checks that b opens what a new key of a's has sealed.
func newsTravels(t *testing.T, a, b *bed.Program) {
	t.Helper()
	must(t, a, "revoke")
	must(t, b, "unprotect "+must(t, a, "reopen"))
}

// A link that is cut shows, and holds nobody up. All shares of the host are cut at once.
func cutLink(t *testing.T, w *world) {
	restored := make(chan struct{})
	var noticed sync.WaitGroup
	t.Run("meanwhile", func(t *testing.T) {
		for _, s := range w.shares {
			a, b, payload := pair(t, w, s, "cut")
			noticed.Add(1)
			t.Run(s.name, func(t *testing.T) {
				t.Parallel() // and so not before the link is cut
				func() {
					defer noticed.Done()
					awaitStatus(t, b, payload, s.deadWords)
					must(t, a, "revoke")
					must(t, b, "unprotect "+payload) // it cannot know
					wantError(t, b, "unprotect "+must(t, a, "reopen"), "not available")
				}()
				<-restored
				must(t, b, "refused "+payload)
				awaitStatus(t, b, must(t, b, "protect"), "")
			})
		}
		w.B.Cut(t)
		go func() {
			noticed.Wait()
			w.B.Restore(t)
			close(restored)
		}()
	})
}

// A slow link delays news, and nothing else.
func slowLink(t *testing.T, w *world, s share) {
	w.B.Slow(t, "64kbit")
	a, b, payload := pair(t, w, s, "slow")
	must(t, a, "revoke")
	must(t, b, "refused "+payload)
	newsTravels(t, b, a)
}

// A share that is not mounted, or mounted and new, is no empty ring.
func unmounted(t *testing.T, w *world, s share) {
	_, b, payload := pair(t, w, s, "unmounted")
	w.B.Must(t, "umount", "-l", s.where)
	awaitStatus(t, b, payload, "not mounted, or not provisioned")
	fresh := fleet{w.B.StartRole(t, "member", "1s")}
	fresh.answers(t, "ready")
	wantError(t, fresh[0], "open "+s.where+"/unmounted", "not mounted, or not provisioned")
	s.mountOn(t, w.B)
	awaitStatus(t, b, payload, "")
	wantError(t, fresh[0], "open "+s.where, "not mounted, or not provisioned")
	must(t, fresh[0], "open "+s.where+"/unmounted")
}

// A server that is killed and comes back costs nothing but the time in between.
func killedServer(t *testing.T, w *world, s share, server *bed.FileServer) {
	a, b, payload := pair(t, w, s, "killed")
	server.Kill()
	awaitStatus(t, b, payload, s.deadWords)
	server.Start()
	awaitStatus(t, b, payload, "")
	newsTravels(t, a, b)
}

// A full disk fails what would write, and leaves nothing behind that is half written.
func fullDisk(t *testing.T, w *world, s share) {
	a, b, payload := pair(t, w, s, "full")
	w.knfsd.Must(t, "sh", "-c", "dd if=/dev/zero of="+bed.Disk+"/fill bs=4k 2>/dev/null; dd if=/dev/zero of="+bed.Disk+"/fill2 bs=1 2>/dev/null; true")
	wantError(t, a, "create", "no space left on device")
	wantError(t, a, "revoke", "dataprotection: add: ") // here the kernel says EIO at times
	awaitStatus(t, b, payload, "")
	w.knfsd.Must(t, "rm", bed.Disk+"/fill", bed.Disk+"/fill2")
	if files := strings.Fields(must(t, a, "files")); len(files) != 1 {
		t.Errorf("the directory holds %q, want one key", files)
	}
	newsTravels(t, a, b)
}

// A file system that turned read-only, as after an error of its disk, can be read.
func readOnlyDisk(t *testing.T, w *world, s share) {
	a, b, payload := pair(t, w, s, "readonly")
	w.knfsd.Must(t, "mount", "-o", "remount,ro", bed.Disk)
	wantError(t, a, "create", "read-only file system")
	must(t, a, "reopen")
	awaitStatus(t, b, payload, "")
	w.knfsd.Must(t, "mount", "-o", "remount,rw", bed.Disk)
	newsTravels(t, a, b)
}
