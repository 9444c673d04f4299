package aspnet_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/realtest"
)

// A vector is one case.json with what lies beside it.
type vector struct {
	Kind            string
	ApplicationName *string
	Items           []json.RawMessage
	Flows           []json.RawMessage
	PFXPassword     string // of cert.pfx beside it
	Thumbprint      string

	dir string
	raw []byte
	ran func(items int)
}

// How each kind is run.
var kinds = map[string]func(*testing.T, *vector){
	"protect":      runProtect,
	"rotation":     runProtect,
	"time-limited": runTimeLimited,
	"revocation":   runRevocation,
	"tickets":      runTickets,
	"default-keys": runDefaultKeys,
	"timelines":    runTimelines,
	"flows":        runFlowsVector,
	"x509":         runX509,
	"antiforgery":  runAntiforgery,
}

// How many cases there are to be at least, so that none is lost unnoticed: in
// testdata, and together with the fresh ones that a full run makes. Other folders
// come on top.
var floors = map[string]struct{ testdata, full int }{
	"protect":      {315, 655},
	"rotation":     {6, 12},
	"time-limited": {5, 10},
	"revocation":   {4, 8},
	"tickets":      {15, 30},
	"default-keys": {300, 5300},
	"timelines":    {50, 550},
	"flows":        {53, 406},
	"x509":         {43, 61},
	"antiforgery":  {16, 32},
}

func TestVectors(t *testing.T) {
	tally := tally{ran: map[string]int{}}
	t.Cleanup(func() { tally.report(t) })
	for _, root := range vectorRoots() {
		files := caseFiles(t, root)
		if len(files) == 0 {
			t.Errorf("%s holds no case.json", root)
		}
		for _, file := range files {
			t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
				t.Parallel()
				runVector(t, file, &tally)
			})
		}
	}
}

func vectorRoots() []string {
	roots := []string{"testdata"}
	for _, root := range filepath.SplitList(os.Getenv("SEALRING_VECTORS")) {
		if root != "" {
			roots = append(roots, root)
		}
	}
	return roots
}

func caseFiles(t *testing.T, root string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "case.json" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

func runVector(t *testing.T, file string, tally *tally) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{dir: filepath.Dir(file), raw: raw}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	run, known := kinds[v.Kind]
	if !known {
		t.Fatalf("%s is of kind %q, which is not known here", file, v.Kind)
	}
	v.ran = func(items int) { tally.add(v.Kind, items) }
	run(t, &v)
}

// A tally counts the cases by their kind.
type tally struct {
	mu  sync.Mutex
	ran map[string]int
}

func (c *tally) add(kind string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ran[kind] += n
}

// report prints what was run, and fails if that is too little, unless only some
// cases were asked for.
func (c *tally) report(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(c.ran)) {
		fmt.Printf("%s: %d cases run\n", kind, c.ran[kind])
	}
	if strings.Contains(flag.Lookup("test.run").Value.String(), "/") || flag.Lookup("test.skip").Value.String() != "" {
		return
	}
	for kind, floor := range floors {
		least := floor.testdata
		if realtest.All() && os.Getenv("SEALRING_VECTORS") != "" {
			least = floor.full
		}
		if c.ran[kind] < least {
			t.Errorf("%s: %d cases run, at least %d expected", kind, c.ran[kind], least)
		}
	}
}

// each runs every item as a subtest of its name, or else of its number.
func each[T any](t *testing.T, v *vector, run func(*testing.T, T)) {
	t.Helper()
	for i, raw := range v.Items {
		var named struct{ Name string }
		var item T
		if err := json.Unmarshal(raw, &named); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &item); err != nil {
			t.Fatal(err)
		}
		if named.Name == "" {
			named.Name = fmt.Sprintf("%04d", i)
		}
		t.Run(named.Name, func(t *testing.T) {
			run(t, item)
			v.ran(1)
		})
	}
}

// runFlowsVector leaves the subtests to runFlows and counts the flows.
func runFlowsVector(t *testing.T, v *vector) {
	if len(v.Flows) == 0 {
		t.Error("no flows")
	}
	runFlows(t, v.dir, v.raw)
	v.ran(len(v.Flows))
}

// open opens the ring of the case, to read from, at a moment when it was new.
func (v *vector) open(t *testing.T) *dataprotection.KeyRing {
	t.Helper()
	return openReadOnly(t, filepath.Join(v.dir, "keys"), v.ApplicationName, v.openers(t)...)
}

// openReadOnly opens the ring in a directory for an application, nil for none, at
// a moment shortly after its newest key was made.
func openReadOnly(t *testing.T, keys string, application *string, openers ...dataprotection.Opener) *dataprotection.KeyRing {
	t.Helper()
	made := newestCreation(t, keys)
	cfg := dataprotection.Config{
		Store: filestore.New(keys), Openers: openers, ReadOnly: true,
		Now:    func() time.Time { return made.Add(time.Minute) },
		Logger: slog.New(slog.DiscardHandler),
	}
	if application == nil {
		cfg.NoApplication = true
	} else {
		cfg.Application = *application
	}
	ring, err := dataprotection.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open %s: %v", keys, err)
	}
	t.Cleanup(func() { ring.Close() })
	return ring
}

var creationDate = regexp.MustCompile(`<creationDate>([^<]+)</creationDate>`)

// newestCreation looks into the key files by itself, since it is asked before there is a ring.
func newestCreation(t *testing.T, keys string) (newest time.Time) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(keys, "key-*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		xml, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := creationDate.FindSubmatch(xml)
		if found == nil {
			t.Fatalf("%s has no creation date", file)
		}
		made, err := time.Parse(time.RFC3339Nano, string(found[1]))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if made.After(newest) {
			newest = made
		}
	}
	return newest
}
