//go:build !windows

package filestore_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

// childCommand as first argument makes the test binary a child of a test: another
// process at the same directory, which may be killed.
const childCommand = "filestore-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childCommand {
		roles[os.Args[2]](os.Args[3:])
		return
	}
	os.Exit(m.Run())
}

var roles map[string]func(args []string)

func init() { // TestMain, which uses roles, must not be in their initialisation
	roles = map[string]func(args []string){"operation": childOperation, "writer": childWriter, "racer": childRacer}
}

func child(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append([]string{childCommand}, args...)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// sized returns an element that tells by itself whether it is whole.
func sized(name string, size int) dataprotection.Element {
	body := strings.Repeat(name+" ", size/(len(name)+1)+1)
	return element(name, fmt.Sprintf("%x %s", sha256.Sum256([]byte(body)), body))
}

func whole(e dataprotection.Element) bool {
	sum, body, ok := strings.Cut(string(e.XML), " ")
	return ok && sum == fmt.Sprintf("%x", sha256.Sum256([]byte(body)))
}

// operations are what a child may be killed at. Each finds the element "kept".
var operations = map[string]func(s *filestore.Store) error{
	"Add": func(s *filestore.Store) error {
		return s.Add(context.Background(), sized("new", 5000), "")
	},
	"conditional Add": func(s *filestore.Store) error {
		snap, err := s.Load(context.Background(), "")
		if err != nil {
			return err
		}
		return s.Add(context.Background(), sized("new", 5000), snap.Version)
	},
	"Replace": func(s *filestore.Store) error {
		snap, err := s.Load(context.Background(), "")
		if err != nil {
			return err
		}
		return s.Replace(context.Background(), snap.Elements[0], sized("kept", 9000))
	},
}

// childOperation does an operation and kills itself at the step of the given number.
func childOperation(args []string) {
	operation, medium, dir := args[0], args[1], args[2]
	left, _ := strconv.Atoi(args[3])
	s := filestore.OnStep(media[medium](filestore.New(dir)), func(string) {
		if left == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		left--
	})
	if err := operations[operation](s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Whichever step of writing is the last that a process takes: the store loads,
// holds whole elements only, can be added to at once, and is clean in the end.
func TestKilledAtEachStep(t *testing.T) {
	for operation := range operations {
		for medium, on := range media {
			for i, step := range steps(t, operation, medium) {
				t.Run(fmt.Sprintf("%s, %s, step %d, %s", operation, medium, i, step), func(t *testing.T) {
					dir := t.TempDir()
					s := on(filestore.New(dir))
					add(t, s, "kept", string(sized("kept", 3000).XML))
					killed(t, child("operation", operation, medium, dir, strconv.Itoa(i)))
					wantWhole(t, dir)

					addNext(t, s, dir)
					makeOld(t, dir, 2*time.Hour)
					add(t, s, "last", string(sized("last", 100).XML))
					names := wantWhole(t, dir)
					for _, name := range []string{"kept", "next", "last"} {
						if !slices.Contains(names, name) {
							t.Errorf("the store holds %q, and %q is missing", names, name)
						}
					}
					if got := fileNames(t, dir); len(got) != len(names) {
						t.Errorf("got files %q, want elements only", got)
					}
				})
			}
		}
	}
}

// killed runs a child that has to end by being killed.
func killed(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	err := cmd.Run()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v, want to see it killed", err)
	}
}

// steps returns the steps that an operation takes.
func steps(t *testing.T, operation, medium string) []string {
	t.Helper()
	s := media[medium](filestore.New(t.TempDir()))
	add(t, s, "kept", "<kept />")
	var taken []string
	if err := operations[operation](filestore.OnStep(s, func(step string) { taken = append(taken, step) })); err != nil {
		t.Fatal(err)
	}
	if len(taken) < 4 {
		t.Fatalf("%s takes the steps %q, which are too few", operation, taken)
	}
	return taken
}

// addNext adds an element as a ring does that may find a conflict first.
func addNext(t *testing.T, s *filestore.Store, dir string) {
	t.Helper()
	err := dataprotection.ErrConflict
	for try := 0; try < 3 && errors.Is(err, dataprotection.ErrConflict); try++ {
		err = s.Add(t.Context(), sized("next", 100), load(t, s).Version)
		ageEmptyClaims(t, dir)
	}
	if err != nil {
		t.Errorf("the next Add: %v", err)
	}
}

// ageEmptyClaims stands for the minute that an incomplete claim is respected.
func ageEmptyClaims(t *testing.T, dir string) {
	t.Helper()
	past := time.Now().Add(-2 * time.Minute)
	for _, name := range fileNames(t, dir) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && strings.HasSuffix(name, ".claim") && info.Size() == 0 {
			os.Chtimes(path, past, past)
		}
	}
}

// wantWhole checks every element of dir and returns their names.
func wantWhole(t *testing.T, dir string) []string {
	t.Helper()
	snap := load(t, filestore.New(dir))
	if len(snap.Unreadable) > 0 {
		t.Errorf("unreadable: %v", snap.Unreadable)
	}
	var names []string
	for _, e := range snap.Elements {
		if !whole(e) {
			t.Errorf("element %s is not whole: %d bytes", e.Name, len(e.XML))
		}
		names = append(names, e.Name)
	}
	return names
}

// childWriter changes the store without end and prints the name of each element
// as soon as Add has returned for it.
func childWriter(args []string) {
	prefix, dir := args[0], args[1]
	s := filestore.New(dir)
	ctx := context.Background()
	for i := 0; ; i++ {
		snap, err := s.Load(ctx, "")
		e := sized(fmt.Sprintf("%s-%d", prefix, i), 100+997*i%9000)
		switch {
		case err != nil:
		case i%3 == 2:
			old := snap.Elements[i%len(snap.Elements)]
			err = s.Replace(ctx, old, sized(old.Name, 500*i%7000))
		case i%3 == 1:
			err = s.Add(ctx, e, snap.Version)
		default:
			err = s.Add(ctx, e, "")
		}
		if err != nil && !errors.Is(err, dataprotection.ErrConflict) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err == nil && i%3 != 2 {
			fmt.Println(e.Name)
		}
	}
}

// Whenever a writer is killed, nothing is lost for which Add has returned.
func TestKilledAtRandomMoments(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	var dir string
	promised := make(map[string]bool)
	for i := range kills {
		if i%25 == 0 { // so that the directory stays as small as a real one
			dir = t.TempDir()
			clear(promised)
		}
		cmd := child("writer", fmt.Sprintf("w%d", i), dir)
		output, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(5+rand.IntN(40))*time.Millisecond, func() { cmd.Process.Kill() })
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			promised[lines.Text()] = true
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the writer ended with %v, want to see it killed", err)
		}
		names := wantWhole(t, dir)
		for name := range maps.Keys(promised) {
			if !slices.Contains(names, name) {
				t.Errorf("%s is lost", name)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// childRacer adds an element to the store as it found it, once, when the parent
// closes its standard input; without a barrier, at once.
func childRacer(args []string) {
	name, dir, barrier := args[0], args[1], args[2] == "barrier"
	s := filestore.New(dir)
	ctx := context.Background()
	snap, err := s.Load(ctx, "")
	if err == nil && barrier {
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
	}
	if err == nil && len(snap.Elements) == 0 {
		err = s.Add(ctx, sized(name, 2000), snap.Version)
	}
	if err != nil && !errors.Is(err, dataprotection.ErrConflict) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// However many processes start on an empty directory, one key comes out of it.
func TestSixtyFourProcesses(t *testing.T) {
	processes, rounds := 64, 5
	if testing.Short() {
		processes, rounds = 16, 2
	}
	for round := range rounds {
		dir := filepath.Join(t.TempDir(), "keys")
		mode := []string{"barrier", "headlong"}[round%2]
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var racers []*exec.Cmd
		for i := range processes {
			cmd := child("racer", fmt.Sprintf("key-%d", i), dir, mode)
			cmd.Stdin = read
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			racers = append(racers, cmd)
			if mode == "barrier" {
				bufio.NewReader(output).ReadString('\n')
			}
		}
		read.Close()
		write.Close()
		for i, cmd := range racers {
			if err := cmd.Wait(); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
		if names := wantWhole(t, dir); len(names) != 1 {
			t.Errorf("round %d, %s: %d processes have made %q, want one element", round, mode, processes, names)
		}
		if got := fileNames(t, dir); len(got) != 1 {
			t.Errorf("round %d, %s: got files %q, want one", round, mode, got)
		}
	}
}
