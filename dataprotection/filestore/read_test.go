package filestore_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

func TestWhatIsRead(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, elsewhere, "target", "<link />")
	if err := os.Symlink(filepath.Join(elsewhere, "target"), filepath.Join(dir, "link.xml")); err != nil {
		t.Skip(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "link.xml")); err != nil {
		t.Skip("links are made and not followed here, as under Wine: ", err)
	}
	write(t, dir, "key-1.xml", "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<key />")
	write(t, dir, "any name (1).xml", "<copy />")
	write(t, dir, ".hidden.xml", "<hidden />")
	write(t, dir, "broken.xml", "not XML, which is none of our business")
	for _, other := range []string{"key-2.xml.bak", "key-2.xml~", "key-2", "xml", "5fd5cd8b.tmp", ".key-2.xml.swp", "key.json"} {
		write(t, dir, other, "<other />")
	}
	os.MkdirAll(filepath.Join(dir, "sub"), 0o700)
	write(t, dir, "sub/key-3.xml", "<sub />")
	want := map[string]string{
		"key-1":        "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<key />",
		"any name (1)": "<copy />",
		".hidden":      "<hidden />",
		"broken":       "not XML, which is none of our business",
		"link":         "<link />",
	}
	if runtime.GOOS != "windows" {
		write(t, dir, "KEY-4.XML", "<capital />")
	}
	got := contents(t, filestore.New(dir))
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: got %q, want %q", name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %q, want %d elements", got, len(want))
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "good.xml", "<good />")
	write(t, dir, "empty.xml", "")
	write(t, dir, "large.xml", strings.Repeat("x", filestore.MaxSize+1))
	write(t, dir, ".xml", "<nameless />")
	os.Mkdir(filepath.Join(dir, "directory.xml"), 0o700)
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling.xml")); err != nil {
		t.Skip(err)
	}
	if info, err := os.Lstat(filepath.Join(dir, "dangling.xml")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Skip("links are no links here, as under Wine: ", err)
	}
	_, missing := os.Stat(filepath.Join(dir, "nowhere"))
	write(t, dir, "forbidden.xml", "<forbidden />")
	s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
		switch filepath.Base(path) {
		case "forbidden.xml":
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
		case "good.xml":
			return open()
		}
		t.Errorf("%s was opened", path)
		return open()
	})
	snap := load(t, s)
	if len(snap.Elements) != 1 || snap.Elements[0].Name != "good" {
		t.Errorf("got %d elements, want the good one", len(snap.Elements))
	}
	reasons := map[string]string{
		"empty.xml": "empty", "large.xml": "65537 bytes", ".xml": "name", "directory.xml": "directory",
		"dangling.xml": errors.Unwrap(missing).Error(), "forbidden.xml": "permission denied",
	}
	if len(snap.Unreadable) != len(reasons) {
		t.Errorf("got %v, want %d", snap.Unreadable, len(reasons))
	}
	for _, e := range snap.Unreadable {
		if e.Op != "read" || reasons[e.Element] == "" || !strings.Contains(e.Error(), reasons[e.Element]) {
			t.Errorf("got %v, want a reason with %q", e, reasons[e.Element])
		}
		if e.Element == "forbidden.xml" && !errors.Is(e, fs.ErrPermission) {
			t.Errorf("%v is no fs.ErrPermission", e)
		}
	}
	if _, err := s.Load(t.Context(), snap.Version); !errors.Is(err, dataprotection.ErrNotModified) {
		t.Errorf("Load since the same state: %v, want ErrNotModified", err)
	}
}

// An element that becomes readable must be seen although its time stays the same.
func TestUnreadableMended(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Log("the mode does not keep us from reading; only the error is simulated")
	}
	dir := t.TempDir()
	write(t, dir, "a.xml", "<a />")
	past := time.Now().Add(-time.Hour)
	os.Chtimes(filepath.Join(dir, "a.xml"), past, past)
	var forbidden atomic.Bool
	forbidden.Store(true)
	s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
		if forbidden.Load() {
			return nil, fs.ErrPermission
		}
		return open()
	})
	before := load(t, s)
	if len(before.Unreadable) != 1 {
		t.Fatalf("got %v, want one unreadable element", before.Unreadable)
	}
	forbidden.Store(false)
	after, err := s.Load(t.Context(), before.Version)
	if err != nil || len(after.Elements) != 1 || len(after.Unreadable) != 0 {
		t.Errorf("got %d elements, %v unreadable and error %v, want one, none and none", len(after.Elements), after.Unreadable, err)
	}
}

func TestPipeDoesNotBlock(t *testing.T) {
	dir := t.TempDir()
	if err := mkfifo(filepath.Join(dir, "pipe.xml")); err != nil {
		t.Skip(err)
	}
	if snap := load(t, filestore.New(dir)); len(snap.Unreadable) != 1 {
		t.Errorf("got %v, want one unreadable element", snap.Unreadable)
	}
}

func TestTransientErrors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("other errors there")
	}
	for _, failure := range []error{syscall.ESTALE, syscall.EBUSY, syscall.EAGAIN, syscall.EIO, syscall.EINVAL, syscall.EBADF} {
		t.Run(failure.Error(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "a.xml", "<a />")
			var lists, opens atomic.Int32
			s := filestore.New(dir)
			filestore.OnReadDir(s, func(readDir func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error) {
				if lists.Add(1) <= 2 {
					return nil, &fs.PathError{Op: "readdir", Path: dir, Err: failure}
				}
				return readDir()
			})
			filestore.OnOpen(s, func(path string, open func() (fs.File, error)) (fs.File, error) {
				if opens.Add(1) <= 2 {
					return nil, &fs.PathError{Op: "open", Path: path, Err: failure}
				}
				return open()
			})
			if got := contents(t, s); got["a"] != "<a />" {
				t.Errorf("got %q", got)
			}
		})
	}
	t.Run("for ever", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.xml", "<a />")
		s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
			return nil, syscall.ESTALE
		})
		if snap := load(t, s); len(snap.Unreadable) != 1 || !errors.Is(snap.Unreadable[0], syscall.ESTALE) {
			t.Errorf("got %v, want one unreadable element with ESTALE", snap.Unreadable)
		}
		filestore.OnReadDir(s, func(func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error) { return nil, syscall.EIO })
		if _, err := s.Load(t.Context(), ""); !errors.Is(err, syscall.EIO) || !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("got error %v, want EIO as an ErrUnavailable", err)
		}
	})
	t.Run("until the context ends", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.xml", "<a />")
		ctx, cancel := context.WithCancel(t.Context())
		s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
			cancel()
			return nil, syscall.ESTALE
		})
		if _, err := s.Load(ctx, ""); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want %v", err, context.Canceled)
		}
	})
}

// A listing of a share that breaks off before the marker is not taken for the directory.
func TestBrokenListing(t *testing.T) {
	dir := t.TempDir()
	if err := filestore.Provision(dir); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.xml", "<a />")
	lists := 0
	s := filestore.OnReadDir(filestore.Shared(dir), func(readDir func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error) {
		if lists++; lists <= 2 {
			return nil, nil
		}
		return readDir()
	})
	if got := contents(t, s); got["a"] != "<a />" {
		t.Errorf("got %q, want a", got)
	}
}

// A rename that was carried out, and whose reply got lost, has replaced the element.
func TestReplaceWithLostReply(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("other errors there")
	}
	s := filestore.WithLostReplies(filestore.New(t.TempDir()), syscall.EIO)
	add(t, s, "a", "<a />")
	if err := s.Replace(t.Context(), loaded(t, s, "a")[0], element("a", "<b />")); err != nil {
		t.Errorf("Replace: %v", err)
	}
	if got := contents(t, s); got["a"] != "<b />" {
		t.Errorf("got %q, want the new content", got)
	}
}

func TestVanishing(t *testing.T) {
	t.Run("a file that is gone is gone", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.xml", "<a />")
		write(t, dir, "b.xml", "<b />")
		s := filestore.OnReadDir(filestore.New(dir), func(readDir func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error) {
			entries, err := readDir()
			os.Remove(filepath.Join(dir, "a.xml"))
			return entries, err
		})
		if got := contents(t, s); len(got) != 1 || got["b"] != "<b />" {
			t.Errorf("got %q, want b only", got)
		}
	})
	t.Run("a file that is renamed over is there", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.xml", "<a />")
		missing := 2
		s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
			if missing--; missing >= 0 {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return open()
		})
		if got := contents(t, s); got["a"] != "<a />" {
			t.Errorf("got %q, want a", got)
		}
	})
	t.Run("a file that is always listed and never there may be a revocation", func(t *testing.T) {
		dir := t.TempDir()
		write(t, dir, "a.xml", "<a />")
		s := filestore.OnOpen(filestore.New(dir), func(path string, open func() (fs.File, error)) (fs.File, error) {
			return nil, fs.ErrNotExist
		})
		if snap := load(t, s); len(snap.Unreadable) != 1 {
			t.Errorf("got %v, want one unreadable element", snap.Unreadable)
		}
	})
}

// opened makes s count the files that it opens.
func opened(s *filestore.Store) func() []string {
	var names []string
	filestore.OnOpen(s, func(path string, open func() (fs.File, error)) (fs.File, error) {
		names = append(names, filepath.Base(path))
		return open()
	})
	return func() []string {
		got := names
		names = nil
		return got
	}
}

// listingTellsFiles reports whether os.SameFile knows what a listing is of.
func listingTellsFiles(t *testing.T, dir string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := entries[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	named, err := os.Stat(filepath.Join(dir, entries[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(listed, named)
}

func TestPollOpensOnlyWhatHasChanged(t *testing.T) {
	dir := t.TempDir()
	past := time.Now().Add(-time.Minute)
	for _, name := range []string{"a.xml", "b.xml", "c.xml"} {
		write(t, dir, name, "<x />")
		os.Chtimes(filepath.Join(dir, name), past, past)
	}
	if !listingTellsFiles(t, dir) {
		t.Skip("a listing does not tell which files it lists, as under Wine: every poll opens all")
	}
	s := filestore.New(dir)
	files := opened(s)
	version := load(t, s).Version
	if got := files(); len(got) != 3 {
		t.Fatalf("the first Load opened %q, want all three", got)
	}
	poll := func(what string, wantModified bool, want ...string) {
		t.Helper()
		snap, err := s.Load(t.Context(), version)
		if modified := err == nil; modified != wantModified || !modified && !errors.Is(err, dataprotection.ErrNotModified) {
			t.Errorf("%s: got error %v, want a snapshot: %v", what, err, wantModified)
		}
		if err == nil {
			version = snap.Version
		}
		if got := files(); !slices.Equal(got, want) {
			t.Errorf("%s: opened %q, want %q", what, got, want)
		}
	}
	poll("nothing has changed", false)

	write(t, dir, "b.xml", "<y />")
	poll("one file has the same size and another time", true, "b.xml")
	poll("that file may be written again within its time", false, "b.xml")
	os.Chtimes(filepath.Join(dir, "b.xml"), past, past)
	poll("touched", false, "b.xml")
	poll("settled", false)

	write(t, dir, "new", "<z />")
	os.Chtimes(filepath.Join(dir, "new"), past, past)
	os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "c.xml"))
	poll("renamed over, same size and time", true, "c.xml")

	os.Remove(filepath.Join(dir, "a.xml"))
	poll("removed", true)
	write(t, dir, "d.xml", "<d />")
	poll("added", true, "d.xml")
}

// Two writes within the resolution of a file's time leave size and time the same.
func TestRewrittenWithinTheSameTime(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.xml")
	write(t, dir, "a.xml", "<a />")
	now := time.Now()
	os.Chtimes(path, now, now)
	s := filestore.New(dir)
	before := load(t, s).Version
	write(t, dir, "a.xml", "<b />")
	os.Chtimes(path, now, now)
	snap, err := s.Load(t.Context(), before)
	if err != nil || string(snap.Elements[0].XML) != "<b />" {
		t.Errorf("got error %v, want the new content", err)
	}
}

// A file that is written while it is read must not be taken for whole.
func TestChangingWhileRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.xml")
	write(t, dir, "a.xml", "<a>")
	grown := false
	s := filestore.OnOpen(filestore.New(dir), func(_ string, open func() (fs.File, error)) (fs.File, error) {
		f, err := open()
		if grown {
			return f, err
		}
		return &growing{File: f, grow: func() {
			grown = true
			write(t, dir, "a.xml", "<a></a>")
			later := time.Now().Add(time.Second)
			os.Chtimes(path, later, later)
		}}, err
	})
	if got := contents(t, s); got["a"] != "<a></a>" {
		t.Errorf("got %q, want the whole element", got)
	}
}

// growing is a file that somebody goes on writing after it has been read.
type growing struct {
	fs.File
	grow func()
	done bool
}

func (f *growing) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if err != nil && !f.done {
		f.done = true
		f.grow()
	}
	return n, err
}

// The version is that of the content, wherever and whenever it is seen.
func TestVersionIsOfTheContent(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		write(t, dir, "a.xml", "<a />")
	}
	past := time.Now().Add(-time.Hour)
	os.Chtimes(filepath.Join(second, "a.xml"), past, past)
	if a, b := load(t, filestore.New(first)).Version, load(t, filestore.New(second)).Version; a != b {
		t.Errorf("the same content has versions %q and %q", a, b)
	}
	write(t, second, "a.xml", "<b />")
	a, b := load(t, filestore.New(first)).Version, load(t, filestore.New(second)).Version
	if a == b || filestore.StateOf(a) != filestore.StateOf(b) {
		t.Errorf("the same names with other content have versions %q and %q", a, b)
	}
}

func TestHungMount(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.xml", "<a />")
	release := make(chan struct{})
	var inside atomic.Int32
	s := filestore.OnReadDir(filestore.New(dir), func(readDir func() ([]fs.DirEntry, error)) ([]fs.DirEntry, error) {
		inside.Add(1)
		<-release
		return readDir()
	})
	before := runtime.NumGoroutine()
	for range 20 {
		for name, call := range map[string]func(ctx context.Context) error{
			"Load": func(ctx context.Context) error { _, err := s.Load(ctx, ""); return err },
			"Add":  func(ctx context.Context) error { return s.Add(ctx, element("b", "<b />"), "") },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			err := call(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), dir+" does not answer") {
				t.Errorf("%s: got error %v, want %v, with the directory's name", name, err, context.DeadlineExceeded)
			}
			cancel()
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if _, err := s.Load(ctx, ""); err != context.Canceled {
			t.Errorf("Load: got error %v, want %v as it is", err, context.Canceled)
		}
		cancel()
	}
	if n := inside.Load(); n > 1 {
		t.Errorf("%d calls hang in the kernel, want 1", n)
	}
	if after := runtime.NumGoroutine(); after > before+2 {
		t.Errorf("%d goroutines after 40 calls, %d before", after, before)
	}
	close(release)
	if got := contents(t, s); got["a"] != "<a />" {
		t.Errorf("after the mount has come back: got %q", got)
	}
}
