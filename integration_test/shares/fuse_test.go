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

// TestFaultsInPassing has each operation fail twice, as when a handle is stale.
// Reading gets over it. A write gets over it too or says that it failed, and
// whichever it was, there is no half of anything.
func TestFaultsInPassing(t *testing.T) {
	for _, operation := range slices.Concat(badfs.Reading, badfs.Writing) {
		for _, errno := range []syscall.Errno{syscall.ESTALE, syscall.EIO} {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s, carried out %v", operation, errno, after), func(t *testing.T) {
					faultInPassing(t, operation, errno, after)
				})
			}
		}
	}
}

func faultInPassing(t *testing.T, operation string, errno syscall.Errno, after bool) {
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

	fs.Fail(operation, errno, 2, after)
	_, loadErr := filestore.Shared(dirs[0]).Load(t.Context(), "")
	addErr := s.Add(t.Context(), dataprotection.Element{Name: "second", XML: []byte("<second />")}, snap.Version)
	replaceErr := s.Replace(t.Context(), snap.Elements[0], dataprotection.Element{Name: "first", XML: []byte("<first changed='yes' />")})
	if !fs.Mend() {
		t.Fatal("the fault has not struck")
	}
	if loadErr != nil {
		t.Errorf("Load: %v", loadErr)
	}
	if errors.Is(addErr, dataprotection.ErrConflict) || errors.Is(replaceErr, dataprotection.ErrConflict) {
		t.Errorf("Add: %v, Replace: %v, although nobody else is there", addErr, replaceErr)
	}
	t.Logf("Add: %v, Replace: %v", addErr, replaceErr)

	got := map[string]string{}
	snap, err = s.Load(t.Context(), "")
	if err != nil || len(snap.Unreadable) > 0 {
		t.Fatalf("afterwards: %v, unreadable %v", err, snap.Unreadable)
	}
	for _, e := range snap.Elements {
		got[e.Name] = string(e.XML)
	}
	if want := "<second />"; addErr == nil && got["second"] != want || got["second"] != "" && got["second"] != want {
		t.Errorf("Add: error %v, and there is %q", addErr, got["second"])
	}
	if got["first"] != "<first />" && got["first"] != "<first changed='yes' />" || replaceErr == nil && got["first"] == "<first />" {
		t.Errorf("Replace: error %v, and there is %q", replaceErr, got["first"])
	}
	if err := s.Add(t.Context(), dataprotection.Element{Name: "third", XML: []byte("<third />")}, snap.Version); err != nil {
		t.Errorf("the next Add: %v", err)
	}
	entries, err := os.ReadDir(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".claim") && operation != "unlink" && addErr == nil {
			t.Errorf("%s was left behind", e.Name())
		}
	}
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
			fs.Fail("list", errno, 1<<30, false)
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
