//go:build !windows

package filetickets_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/internal/realtest"
)

// childCommand as first argument makes the test binary a child of a test: another
// process at the same directory, which will be killed.
const childCommand = "filetickets-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == childCommand {
		first, _ := strconv.Atoi(os.Args[3])
		child(os.Args[2], first, os.Args[4])
		return
	}
	os.Exit(m.Run())
}

// child creates, updates and ends sessions, adds cut-offs, and says what it begins
// and what it has done. At the named step it kills itself.
func child(dir string, first int, dieAt string) {
	s, err := filetickets.New(filetickets.Config{Dir: dir})
	if err != nil {
		panic(err)
	}
	filetickets.AtStep(s, func(step string) {
		if step == dieAt {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	ctx := context.Background()
	do := func(what string, n int, f func() error) {
		fmt.Printf("begin %s %d\n", what, n)
		if err := f(); err != nil {
			panic(err)
		}
		fmt.Printf("done %s %d\n", what, n)
	}
	for n := first; ; n++ {
		do("create", n, func() error { return s.Create(ctx, session(id(n), "u")) })
		do("update", n, func() error {
			updated := session(id(n), "u")
			updated.Ticket = []byte(strings.Repeat("updated ", 500))
			return s.Update(ctx, updated)
		})
		do("cutoff", n, func() error {
			return s.AddCutoffs(ctx, cookieauth.Cutoff{Session: id(n), Until: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)})
		})
		if n%2 == 1 {
			do("end", n, func() error { return s.End(ctx, id(n)) })
		}
	}
}

// A history is what children have said.
type history struct{ begun, done map[string]bool }

func (h history) did(what string, n int) bool   { return h.done[fmt.Sprint(what, " ", n)] }
func (h history) tried(what string, n int) bool { return h.begun[fmt.Sprint(what, " ", n)] }

// run runs a child until it is dead, which is at the latest after that time.
func (h history) run(t *testing.T, dir string, first int, dieAt string, life time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childCommand, dir, strconv.Itoa(first), dieAt)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(life, func() { cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if what, ok := strings.CutPrefix(lines.Text(), "begin "); ok {
			h.begun[what] = true
		}
		if what, ok := strings.CutPrefix(lines.Text(), "done "); ok {
			h.done[what] = true
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v", err)
	}
}

// check compares the directory with what the children have said.
func (h history) check(t *testing.T, dir string, first, last int) {
	t.Helper()
	s := newStore(t, filetickets.Config{Dir: dir})
	listed := make(map[string]bool)
	list, err := s.ByUser(t.Context(), "u")
	if err != nil {
		t.Fatal(err)
	}
	for _, session := range list {
		listed[session.ID] = true
	}
	cutoffs, _, err := s.LoadCutoffs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	cut := make(map[string]bool)
	for _, c := range cutoffs {
		cut[c.Session] = true
	}
	for n := first; n < last && h.tried("create", n); n++ {
		got, err := s.Load(t.Context(), id(n))
		there := err == nil
		if err != nil && !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("session %d: %v", n, err)
		}
		if there != listed[id(n)] {
			t.Errorf("session %d is there: %v, and in the list: %v", n, there, listed[id(n)])
		}
		if h.did("create", n) && !h.tried("end", n) && !there {
			t.Errorf("session %d was created and is not there", n)
		}
		if h.did("end", n) && there {
			t.Errorf("session %d was ended and is there", n)
		}
		if there && h.did("update", n) && !strings.HasPrefix(string(got.Ticket), "updated ") {
			t.Errorf("session %d was updated and has its old ticket", n)
		}
		if h.did("cutoff", n) && !cut[id(n)] {
			t.Errorf("cut-off %d was added and is not there", n)
		}
		// Whatever happened to it, it can be ended.
		if err := s.End(t.Context(), id(n)); err != nil {
			t.Errorf("End of session %d: %v", n, err)
		}
		if err := s.Update(t.Context(), session(id(n), "u")); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("Update of session %d after its end: got error %v", n, err)
		}
	}
}

func newHistory() history { return history{map[string]bool{}, map[string]bool{}} }

func TestKilledAtEachStep(t *testing.T) {
	for _, step := range []string{
		"written", "listed", "created", "update written", "updated", "cut-offs placed", "version placed", "moved", "removed",
	} {
		t.Run(step, func(t *testing.T) {
			dir, h := tempDir(t), newHistory()
			h.run(t, dir, 1, step, time.Minute)
			h.check(t, dir, 1, 10)
		})
	}
}

func TestKilledAtRandom(t *testing.T) {
	rounds := 10
	if realtest.All() {
		rounds = 60
	}
	dir, h := tempDir(t), newHistory()
	const each = 100_000
	for round := range rounds {
		first := round*each + 1
		h.run(t, dir, first, "never", 20*time.Millisecond+rand.N(100*time.Millisecond))
		h.check(t, dir, first, first+each)
	}
	if got := len(h.done); got < rounds {
		t.Errorf("in %d rounds only %d steps were done", rounds, got)
	}
}

// An update that is under way when its session is ended comes too late.
func TestUpdateAtEachStepOfAnEnd(t *testing.T) {
	for _, at := range []string{"moved", "removed"} {
		t.Run(at, func(t *testing.T) {
			dir := tempDir(t)
			ender, updater := newStore(t, filetickets.Config{Dir: dir}), newStore(t, filetickets.Config{Dir: dir})
			create(t, ender, session(id(1), "u"))
			filetickets.AtStep(ender, func(step string) {
				if step == at {
					if err := updater.Update(t.Context(), session(id(1), "u")); !errors.Is(err, cookieauth.ErrNoSession) {
						t.Errorf("Update: got error %v", err)
					}
				}
			})
			if err := ender.End(t.Context(), id(1)); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("written", func(t *testing.T) {
		dir := tempDir(t)
		ender, updater := newStore(t, filetickets.Config{Dir: dir}), newStore(t, filetickets.Config{Dir: dir})
		create(t, ender, session(id(1), "u"))
		filetickets.AtStep(updater, func(step string) {
			if step == "update written" {
				if err := ender.End(t.Context(), id(1)); err != nil {
					t.Error(err)
				}
			}
		})
		if err := updater.Update(t.Context(), session(id(1), "u")); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("Update: got error %v", err)
		}
		if _, err := ender.Load(t.Context(), id(1)); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("Load: got error %v", err)
		}
	})
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may do anything")
	}
	dir := t.TempDir()
	s := newStore(t, filetickets.Config{Dir: dir})
	create(t, s, session(id(1), "u"))
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	allFail(t, s, "permission denied")
}
