//go:build linux

package shares_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/integration_test/shares/badfs"
	"github.com/sealring/sealring/integration_test/shares/bed"
)

// mounted shows a new provisioned directory through a bad file system.
func mounted(t *testing.T, lying bool, clients int) (fs *badfs.FS, dirs []string) {
	t.Helper()
	bed.Need(t)
	backing := t.TempDir()
	if err := errors.Join(os.Chmod(backing, 0o700), filestore.Provision(backing)); err != nil {
		t.Fatal(err)
	}
	fs = &badfs.FS{Lying: lying}
	for range clients {
		dir := t.TempDir()
		if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil { // members run as another account
			t.Fatal(err)
		}
		fs.Mount(t, backing, dir)
		dirs = append(dirs, dir)
	}
	return fs, dirs
}

// Where exclusive creation has many winners, instances that start together may make
// several keys. Within a poll they agree on one of them, and all of them open everywhere.
func TestLyingExclusiveCreate(t *testing.T) {
	_, dirs := mounted(t, true, 2)
	var f fleet
	for range 8 {
		f = append(f, bed.StartHere(t, "member", time.Second.String()))
	}
	f.answers(t, "ready")
	for i, m := range f {
		if err := m.Tell("open " + dirs[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	payloads := f.answers(t, "")
	f.ask(t, "unprotect "+strings.Join(payloads, " "))

	time.Sleep(2 * time.Second) // a poll, and a little
	f.ask(t, "unprotect "+strings.Join(f.ask(t, "protect"), " "))
	agreed := map[string]bool{}
	keys := 0
	for _, text := range f.ask(t, "status") {
		var status dataprotection.Status
		if err := json.Unmarshal([]byte(text), &status); err != nil {
			t.Fatal(err)
		}
		agreed[status.SealingKey.String()] = true
		keys = status.Keys
	}
	if len(agreed) != 1 {
		t.Errorf("the members seal with %d keys after a poll, want one", len(agreed))
	}
	t.Logf("%d processes made %d keys and agreed on one", len(f), keys)
}

// TestFaultsInPassing has each operation fail twice, as when a handle is stale, first at
// its first two calls, then at the third and fourth, and so on to the last. Reading gets
// over it, and so does writing, unless what is in question is whether the disk has it:
// then there may be an error, but no half of anything.
func TestFaultsInPassing(t *testing.T) {
	bed.Need(t)
	for _, operation := range slices.Concat(badfs.Reading, badfs.Writing) {
		for _, errno := range []syscall.Errno{syscall.ESTALE, syscall.EIO} {
			for _, after := range []bool{false, true} {
				fault := badfs.Fault{Operation: operation, Errno: errno, Times: 2, After: after}
				t.Run(fmt.Sprintf("%s %s, carried out %v", operation, errno, after), func(t *testing.T) {
					t.Parallel()
					if atEachCall(t, fault, faultInKeys)+atEachCall(t, fault, faultInSessions) == 0 {
						t.Error("the fault has not struck")
					}
				})
			}
		}
	}
}

// atEachCall moves a fault on until it strikes no more, and returns how many calls there were.
func atEachCall(t *testing.T, fault badfs.Fault, try func(*testing.T, badfs.Fault) (struck bool)) (calls int) {
	for ; try(t, fault); fault.From += fault.Times {
	}
	return fault.From
}

func faultInKeys(t *testing.T, fault badfs.Fault) (struck bool) {
	errorf := func(format string, args ...any) {
		t.Errorf("from call %d: "+format, append([]any{fault.From + 1}, args...)...)
	}
	fs, dirs := mounted(t, false, 1)
	s := filestore.Shared(dirs[0])
	first := dataprotection.Element{Name: "first", XML: []byte("<first />")}
	if err := s.Add(t.Context(), first, ""); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}

	fs.Fail(fault)
	seen, loadErr := filestore.Shared(dirs[0]).Load(t.Context(), "")
	addErr := s.Add(t.Context(), dataprotection.Element{Name: "second", XML: []byte("<second />")}, snap.Version)
	replaceErr := s.Replace(t.Context(), snap.Elements[0], dataprotection.Element{Name: "first", XML: []byte("<first changed='yes' />")})
	struck = fs.Mend()
	if loadErr != nil || len(seen.Unreadable) > 0 {
		errorf("Load: %v, unreadable %v", loadErr, seen.Unreadable)
	}
	if fault.Operation != "syncdir" && (addErr != nil || replaceErr != nil) ||
		errors.Is(addErr, dataprotection.ErrConflict) || errors.Is(replaceErr, dataprotection.ErrConflict) {
		errorf("Add: %v, Replace: %v", addErr, replaceErr)
	}

	got := map[string]string{}
	snap, err = s.Load(t.Context(), "")
	if err != nil || len(snap.Unreadable) > 0 {
		t.Fatalf("afterwards: %v, unreadable %v", err, snap.Unreadable)
	}
	for _, e := range snap.Elements {
		got[e.Name] = string(e.XML)
	}
	if want := "<second />"; addErr == nil && got["second"] != want || got["second"] != "" && got["second"] != want {
		errorf("Add: error %v, and there is %q", addErr, got["second"])
	}
	if got["first"] != "<first />" && got["first"] != "<first changed='yes' />" || replaceErr == nil && got["first"] == "<first />" {
		errorf("Replace: error %v, and there is %q", replaceErr, got["first"])
	}
	if err := s.Add(t.Context(), dataprotection.Element{Name: "third", XML: []byte("<third />")}, snap.Version); err != nil {
		errorf("the next Add: %v", err)
	}
	entries, err := os.ReadDir(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".claim") && fault.Operation != "unlink" && addErr == nil {
			errorf("%s was left behind", e.Name())
		}
	}
	return struck
}

func faultInSessions(t *testing.T, fault badfs.Fault) (struck bool) {
	fs, dirs := mounted(t, false, 1)
	dir := dirs[0] + "/sessions"
	if err := filetickets.Provision(dir); err != nil {
		t.Fatal(err)
	}
	s, err := filetickets.New(filetickets.Config{Dir: dir, Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Now().Add(24 * time.Hour)
	session := cookieauth.StoredSession{ID: strings.Repeat("A", 26), User: "1", Expires: day, Ticket: []byte("first")}
	renewed := session
	renewed.Ticket = []byte("second")

	fs.Fail(fault)
	failed := func(what string, err error) {
		if err != nil && fault.Operation != "syncdir" {
			t.Errorf("from call %d: %s: %v", fault.From+1, what, err)
		}
	}
	createErr := s.Create(t.Context(), &session)
	failed("Create", createErr)
	failed("Update", s.Update(t.Context(), &renewed))
	got, err := s.Load(t.Context(), session.ID)
	failed("Load", err)
	if err == nil && string(got.Ticket) != "second" {
		t.Errorf("from call %d: Load: got %q", fault.From+1, got.Ticket)
	}
	all, err := s.ByUser(t.Context(), "1")
	failed("ByUser", err)
	if err == nil && createErr == nil && len(all) != 1 {
		t.Errorf("from call %d: ByUser: got %d sessions", fault.From+1, len(all))
	}
	failed("End", s.End(t.Context(), session.ID))
	failed("AddCutoffs", s.AddCutoffs(t.Context(), cookieauth.Cutoff{User: "1", Until: day}))
	cutoffs, _, err := s.LoadCutoffs(t.Context(), "")
	failed("LoadCutoffs", err)
	if err == nil && len(cutoffs) != 1 {
		t.Errorf("from call %d: LoadCutoffs: got %v", fault.From+1, cutoffs)
	}
	struck = fs.Mend()

	if _, err := s.Load(t.Context(), session.ID); !errors.Is(err, cookieauth.ErrNoSession) {
		t.Errorf("from call %d: the ended session: got error %v", fault.From+1, err)
	}
	return struck
}

// A directory that fails for good costs a running ring nothing that it knows, and
// shows in Status as what it is.
func TestFaultsForGood(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ESTALE, syscall.EIO, syscall.ENOTCONN, syscall.EACCES} {
		t.Run(errno.Error(), func(t *testing.T) {
			t.Parallel()
			fs, dirs := mounted(t, false, 1)
			cfg := dataprotection.Config{
				Application: "faults", Store: filestore.Shared(dirs[0]),
				PollInterval: time.Second, Logger: slog.New(slog.DiscardHandler),
			}
			ring, err := dataprotection.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer ring.Close()
			sealed, err := ring.Protector("p").ProtectString("x")
			if err != nil {
				t.Fatal(err)
			}
			fs.Fail(badfs.Fault{Operation: "list", Errno: errno, Times: 1 << 30})
			awaitRing(t, ring, func(st dataprotection.Status) bool {
				return strings.Contains(strings.Join(st.Problems, " "), errno.Error())
			})
			if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); err != nil {
				t.Errorf("what is known: %v", err)
			}
			if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, errno) || !errors.Is(err, dataprotection.ErrUnavailable) {
				t.Errorf("Open: got error %v, want %v", err, errno)
			}
			fs.Mend()
			awaitRing(t, ring, func(st dataprotection.Status) bool { return st.Healthy })
		})
	}
}

func awaitRing(t *testing.T, ring *dataprotection.KeyRing, as func(dataprotection.Status) bool) {
	t.Helper()
	for range 600 {
		if as(ring.Status()) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the status stays %+v", ring.Status())
}
