package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/dataprotection/storetest"
)

var (
	_ dataprotection.Store    = (*filestore.Store)(nil)
	_ dataprotection.Replacer = (*filestore.Store)(nil)
	_ dataprotection.Remover  = (*filestore.Store)(nil)
)

// media are the kinds of file systems, by what they offer to publish a file with.
var media = map[string]func(*filestore.Store) *filestore.Store{
	"hard links":    func(s *filestore.Store) *filestore.Store { return s },
	"strict rename": filestore.WithoutLinks,
	"plain rename":  filestore.WithPlainRename,
}

func TestContract(t *testing.T) {
	for name, medium := range media {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
				dir := filepath.Join(t.TempDir(), "not", "yet", "there")
				return func() dataprotection.Store { return medium(filestore.New(dir)) }
			}, storetest.Options{})
		})
	}
	t.Run("shared", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
			dir := t.TempDir()
			if err := filestore.Provision(dir); err != nil {
				t.Fatal(err)
			}
			return func() dataprotection.Store { return filestore.Shared(dir) }
		}, storetest.Options{})
	})
	t.Run("one handle for all", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) func() dataprotection.Store {
			s := filestore.New(t.TempDir())
			return func() dataprotection.Store { return s }
		}, storetest.Options{})
	})
}

func element(name, xml string) dataprotection.Element {
	return dataprotection.Element{Name: name, XML: []byte(xml)}
}

func add(t *testing.T, s *filestore.Store, name, xml string) {
	t.Helper()
	if err := s.Add(t.Context(), element(name, xml), ""); err != nil {
		t.Fatalf("Add %q: %v", name, err)
	}
}

func load(t *testing.T, s *filestore.Store) dataprotection.Snapshot {
	t.Helper()
	snap, err := s.Load(t.Context(), "")
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return snap
}

// contents maps the names of loaded elements to what they hold.
func contents(t *testing.T, s *filestore.Store) map[string]string {
	t.Helper()
	snap := load(t, s)
	if len(snap.Unreadable) > 0 {
		t.Fatalf("unreadable: %v", snap.Unreadable)
	}
	got := make(map[string]string)
	for _, e := range snap.Elements {
		got[e.Name] = string(e.XML)
	}
	return got
}

// write makes a file as another program would.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestStore(t *testing.T) {
	t.Run("FS-3 a directory that does not exist is empty", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		snap := load(t, filestore.New(dir))
		if len(snap.Elements) != 0 || snap.Version == "" {
			t.Errorf("got %d elements and version %q, want none and some version", len(snap.Elements), snap.Version)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load has created the directory: %v", err)
		}
	})
	t.Run("FS-4 one file of that name, no leftovers", func(t *testing.T) {
		for _, conditional := range []bool{false, true} {
			for name, medium := range media {
				dir := t.TempDir()
				s := medium(filestore.New(dir))
				var version dataprotection.Version
				if conditional {
					version = load(t, s).Version
				}
				if err := s.Add(t.Context(), element("valid-friendly-name", "<element1 />"), version); err != nil {
					t.Fatal(err)
				}
				if got, want := fileNames(t, dir), []string{"valid-friendly-name.xml"}; !slices.Equal(got, want) {
					t.Errorf("%s, conditional %v: got files %q, want %q", name, conditional, got, want)
				}
			}
		}
	})
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.xml$`)
	for _, name := range []string{"", " ", "..", "not*friendly", "a b", "a.b", "schlüssel", "a\n", "nul", "CON", "com1", "Lpt9", strings.Repeat("x", 201)} {
		t.Run(fmt.Sprintf("FS-5 GUID instead of the name %.20q", name), func(t *testing.T) {
			dir := t.TempDir()
			add(t, filestore.New(dir), name, "<element1 />")
			if got := fileNames(t, dir); len(got) != 1 || !guid.MatchString(got[0]) {
				t.Errorf("got files %q, want one named after a random GUID", got)
			}
		})
	}
	t.Run("FS-6 three without a name", func(t *testing.T) {
		s := filestore.New(t.TempDir())
		for i := range 3 {
			add(t, s, "", fmt.Sprintf("<element%d />", i))
		}
		var got []string
		for _, xml := range contents(t, s) {
			got = append(got, xml)
		}
		slices.Sort(got)
		if want := []string{"<element0 />", "<element1 />", "<element2 />"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	for _, row := range []struct {
		name   string
		remove []string
		want   []string
	}{
		{"none", nil, []string{"a.xml", "b.xml"}},
		{"the first", []string{"a"}, []string{"b.xml"}},
		{"the second", []string{"b"}, []string{"a.xml"}},
		{"both", []string{"b", "a"}, nil},
	} {
		t.Run("FS-7 delete "+row.name, func(t *testing.T) {
			dir := t.TempDir()
			s := filestore.New(dir)
			add(t, s, "a", "<a />")
			add(t, s, "b", "<b />")
			if err := s.Remove(t.Context(), loaded(t, s, row.remove...)...); err != nil {
				t.Fatal(err)
			}
			if got := fileNames(t, dir); !slices.Equal(got, row.want) {
				t.Errorf("got files %q, want %q", got, row.want)
			}
		})
	}
	t.Run("FS-8 the second of three cannot be deleted", func(t *testing.T) {
		dir := t.TempDir()
		s := filestore.New(dir)
		for _, name := range []string{"a", "b", "c"} {
			add(t, s, name, "<x />")
		}
		chosen := loaded(t, s, "c", "b", "a")
		// A directory with something in it stands for a file that is locked.
		os.Remove(filepath.Join(dir, "b.xml"))
		os.MkdirAll(filepath.Join(dir, "b.xml", "something"), 0o700)
		err := s.Remove(t.Context(), chosen...)
		var ringError *dataprotection.RingError
		if !errors.As(err, &ringError) || ringError.Op != "remove" {
			t.Errorf("got error %v, want a RingError of remove", err)
		}
		if got, want := fileNames(t, dir), []string{"a.xml", "b.xml"}; !slices.Equal(got, want) {
			t.Errorf("got files %q, want %q", got, want)
		}
	})
	t.Run("FS-9 removed by somebody else after reading", func(t *testing.T) {
		dir := t.TempDir()
		s := filestore.New(dir)
		add(t, s, "a", "<a />")
		chosen := loaded(t, s, "a")
		os.Remove(filepath.Join(dir, "a.xml"))
		if err := s.Remove(t.Context(), chosen...); err != nil {
			t.Errorf("Remove: %v", err)
		}
		os.Remove(dir)
		if err := s.Remove(t.Context(), chosen...); err != nil {
			t.Errorf("Remove without even a directory: %v", err)
		}
	})
	t.Run("FS-11 modes", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("no modes on Windows")
		}
		dir := filepath.Join(t.TempDir(), "parent", "keys")
		s := filestore.OnHost(filestore.New(dir))
		add(t, s, "a", "<a />")
		if err := s.Add(t.Context(), element("b", "<b />"), load(t, s).Version); err != nil {
			t.Fatal(err)
		}
		if err := s.Replace(t.Context(), loaded(t, s, "a")[0], element("a", "<c />")); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]fs.FileMode{
			filepath.Dir(dir): 0o700 | fs.ModeDir, dir: 0o700 | fs.ModeDir,
			filepath.Join(dir, "a.xml"): 0o600, filepath.Join(dir, "b.xml"): 0o600,
		} {
			if info, err := os.Stat(path); err != nil || info.Mode() != want {
				t.Errorf("%s: got mode %v and error %v, want %v", path, info.Mode(), err, want)
			}
		}
		if warnings := load(t, s).Warnings; len(warnings) > 0 {
			t.Errorf("warnings for what the store itself has made: %q", warnings)
		}
	})
}

// loaded returns the loaded elements of these names, in this order.
func loaded(t *testing.T, s *filestore.Store, names ...string) []dataprotection.Element {
	t.Helper()
	all := load(t, s).Elements
	var found []dataprotection.Element
	for _, name := range names {
		i := slices.IndexFunc(all, func(e dataprotection.Element) bool { return e.Name == name })
		if i < 0 {
			t.Fatalf("no element %q", name)
		}
		found = append(found, all[i])
	}
	return found
}

func TestShared(t *testing.T) {
	everyMethod := func(t *testing.T, s *filestore.Store, want string) {
		t.Helper()
		ref := dataprotection.Element{Ref: "a.xml", XML: []byte("<a />")}
		_, loadErr := s.Load(t.Context(), "")
		for method, err := range map[string]error{
			"Load":    loadErr,
			"Add":     s.Add(t.Context(), element("a", "<a />"), ""),
			"Replace": s.Replace(t.Context(), ref, ref),
			"Remove":  s.Remove(t.Context(), ref),
		} {
			if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, dataprotection.ErrUnavailable) {
				t.Errorf("%s: got error %v, want an ErrUnavailable that says %q", method, err, want)
			}
		}
	}

	dir := filepath.Join(t.TempDir(), "mnt")
	everyMethod(t, filestore.Shared(dir), "not mounted, or not provisioned")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was created: %v", err)
	}
	os.Mkdir(dir, 0o700)
	write(t, dir, "a.xml", "<a />")
	everyMethod(t, filestore.Shared(dir), "not mounted, or not provisioned")
	everyMethod(t, filestore.Shared(dir), "sealring provision")

	for range 2 { // once more changes nothing
		if err := filestore.Provision(dir); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fileNames(t, dir), []string{filestore.MarkerName, "a.xml"}; !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
	s := filestore.Shared(dir)
	add(t, s, "b", "<b />")
	if got := contents(t, s); len(got) != 2 {
		t.Errorf("got %q, want two elements", got)
	}

	os.Remove(filepath.Join(dir, filestore.MarkerName)) // the share goes away
	everyMethod(t, s, "not mounted, or not provisioned")
}

func TestProvisionCreatesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := filestore.Provision(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, error %v, want mode 0700", info, err)
	}
	if err := filestore.Provision(""); err == nil {
		t.Error("no error for no directory")
	}
}

func TestString(t *testing.T) {
	dir := t.TempDir()
	for want, s := range map[string]*filestore.Store{
		"directory " + dir:        filestore.New(dir),
		"shared directory " + dir: filestore.Shared(dir),
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A relative directory is the one that it was when the store was made.
func TestRelativeDirectory(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Chdir(first)
	s := filestore.New("keys")
	t.Chdir(second)
	add(t, s, "a", "<a />")
	if got := fileNames(t, filepath.Join(first, "keys")); len(got) != 1 {
		t.Errorf("got files %q, want one", got)
	}
}

func TestNoDirectory(t *testing.T) {
	for name, s := range map[string]*filestore.Store{"New": filestore.New(""), "Shared": filestore.Shared(""), "zero": {}} {
		if _, err := s.Load(t.Context(), ""); err == nil {
			t.Errorf("%s: Load gives no error", name)
		}
		if err := s.Add(t.Context(), element("a", "<a />"), ""); err == nil {
			t.Errorf("%s: Add gives no error", name)
		}
	}
}

func TestDirectoryThatCannotBeListed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(dir), "file", "not a directory")
	s := filestore.New(dir)
	_, err := s.Load(t.Context(), "")
	var ringError *dataprotection.RingError
	if !errors.As(err, &ringError) || ringError.Op != "list" || !strings.Contains(err.Error(), dir) {
		t.Errorf("got error %v, want a RingError of list that names the directory", err)
	}
	if err := s.Add(t.Context(), element("a", "<a />"), ""); err == nil {
		t.Error("Add gives no error")
	}
}

func TestAddRefuses(t *testing.T) {
	dir := t.TempDir()
	s := filestore.New(dir)
	add(t, s, "largest", strings.Repeat("x", filestore.MaxSize))
	for name, size := range map[string]int{"empty": 0, "too large": filestore.MaxSize + 1} {
		if err := s.Add(t.Context(), element("a", strings.Repeat("x", size)), ""); err == nil {
			t.Errorf("%s: Add gives no error", name)
		}
		if err := s.Replace(t.Context(), loaded(t, s, "largest")[0], element("a", strings.Repeat("x", size))); err == nil {
			t.Errorf("%s: Replace gives no error", name)
		}
	}
	if got := fileNames(t, dir); len(got) != 1 {
		t.Errorf("got files %q, want one", got)
	}
}

// Whoever hands over an element must not reach files that are none.
func TestForeignRefs(t *testing.T) {
	parent := t.TempDir()
	write(t, parent, "outside.xml", "<a />")
	dir := filepath.Join(parent, "keys")
	s := filestore.New(dir)
	add(t, s, "a", "<a />")
	write(t, dir, "notes.txt", "<a />")
	for _, ref := range []string{"", ".", "..", "../outside.xml", "sub/../a.xml", parent + "/outside.xml", "notes.txt"} {
		e := dataprotection.Element{Ref: ref, XML: []byte("<a />")}
		if err := s.Remove(t.Context(), loaded(t, s, "a")[0], e); err == nil {
			t.Errorf("Remove %q gives no error", ref)
		}
		if err := s.Replace(t.Context(), e, element("", "<b />")); err == nil {
			t.Errorf("Replace %q gives no error", ref)
		}
	}
	if got, want := fileNames(t, dir), []string{"a.xml", "notes.txt"}; !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// Only the names count for a conditional Add; a changed content does not.
func TestReplaceIsNoConflict(t *testing.T) {
	s := filestore.New(t.TempDir())
	add(t, s, "a", "<a />")
	before := load(t, s).Version
	if err := s.Replace(t.Context(), loaded(t, s, "a")[0], element("a", "<b />")); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), element("c", "<c />"), before); err != nil {
		t.Errorf("Add: %v", err)
	}
}

func ExampleNew() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	store := filestore.New(dir)
	snap, err := store.Load(context.Background(), "")
	if err != nil {
		panic(err)
	}
	err = store.Add(context.Background(), dataprotection.Element{Name: "key-1", XML: []byte("<key />")}, snap.Version)
	fmt.Println("added:", err == nil)
	err = store.Add(context.Background(), dataprotection.Element{Name: "key-2", XML: []byte("<key />")}, snap.Version)
	fmt.Println("added by somebody else meanwhile:", errors.Is(err, dataprotection.ErrConflict))
	// Output:
	// added: true
	// added by somebody else meanwhile: true
}

// The ring must not start on the bare mount point of a share that is not mounted.
func ExampleShared() {
	store := filestore.Shared("/mnt/not-mounted")
	_, err := store.Load(context.Background(), "")
	fmt.Println(errors.Is(err, dataprotection.ErrUnavailable))
	// Output: true
}
