package filetickets_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/filetickets"
	"github.com/sealring/sealring/cookieauth/sessiontest"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/realtest"
)

var (
	_ cookieauth.TicketStore = (*filetickets.Store)(nil)
	_ cookieauth.CutoffStore = (*filetickets.Store)(nil)
)

func newStore(t testing.TB, cfg filetickets.Config) *filetickets.Store {
	t.Helper()
	s, err := filetickets.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tempDir returns a directory in memory, where that is quick enough, or with
// SEALRING_REQUIRE=all on a disk.
func tempDir(t testing.TB) string {
	if realtest.All() {
		return t.TempDir()
	}
	return memoryDir(t)
}

func memoryDir(t testing.TB) string {
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil || os.Getenv("TMPDIR") != "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "sealring-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestContract(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
		dir := filepath.Join(tempDir(t), "not there yet")
		return func() sessiontest.Store { return newStore(t, filetickets.Config{Dir: dir}) }
	}, sessiontest.Options{})
}

func TestContractOfSharedDirectory(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) func() sessiontest.Store {
		dir := memoryDir(t)
		if err := filetickets.Provision(dir); err != nil {
			t.Fatal(err)
		}
		return func() sessiontest.Store { return newStore(t, filetickets.Config{Dir: dir, Shared: true}) }
	}, sessiontest.Options{})
}

func BenchmarkStore(b *testing.B) {
	sessiontest.Benchmark(b, newStore(b, filetickets.Config{Dir: b.TempDir()}))
}

// id returns the id of a number.
func id(n int) string {
	digits := fmt.Sprintf("%026d", n)
	return strings.Map(func(r rune) rune { return r - '0' + 'A' }, digits)
}

// session returns a session that lives for an hour.
func session(id, user string) *cookieauth.StoredSession {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return &cookieauth.StoredSession{ID: id, User: user, Created: now, LastSeen: now, Expires: now.Add(time.Hour), Ticket: []byte("ticket of " + id)}
}

func cutoff(user string) cookieauth.Cutoff {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return cookieauth.Cutoff{User: user, Before: now, Until: now.Add(time.Hour)}
}

func create(t testing.TB, s *filetickets.Store, sessions ...*cookieauth.StoredSession) {
	t.Helper()
	for _, n := range sessions {
		if err := s.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

// files lists what lies below a directory, without directories that are always there.
func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		info, infoErr := entry.Info()
		if err != nil || infoErr != nil {
			return errors.Join(err, infoErr)
		}
		if others := info.Mode().Perm() & 0o077; others != 0 && path != dir {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		name, err := filepath.Rel(dir, path)
		if !entry.IsDir() || strings.Contains(name, "/") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := newStore(t, filetickets.Config{Dir: dir})
	given := session(id(1), "../alice")
	given.Scheme = "Cookies"
	create(t, s, given)
	if err := s.AddCutoffs(t.Context(), cookieauth.Cutoff{Session: "B", Until: given.Expires}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(files(t, dir), " ")
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte("../alice")))
	if !strings.Contains(got, "sessions/"+id(1)+" sessions/"+id(1)+"/session users/"+hash+" users/"+hash+"/"+id(1)) || !strings.Contains(got, "cutoffs.version") {
		t.Errorf("got %s", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "sessions", id(1), "session"))
	want := fmt.Sprintf(`{"scheme":"Cookies","user":"../alice","created":%d,"seen":%d,"expires":%d,"address":"","agent":"","ticket":36,"nonce":"`,
		given.Created.UnixMicro(), given.LastSeen.UnixMicro(), given.Expires.UnixMicro())
	if err != nil || !strings.HasPrefix(string(text), want) || !strings.HasSuffix(string(text), "\"}\nticket of "+id(1)) {
		t.Errorf("got %s and error %v, want %s", text, err, want)
	}
	if err := s.End(t.Context(), id(1)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(files(t, dir), " "); strings.Contains(got, "sessions/") || strings.Contains(got, "users/") || strings.Contains(got, "ended/") {
		t.Errorf("after the end there is %s", got)
	}
}

func TestConfig(t *testing.T) {
	if _, err := filetickets.New(filetickets.Config{}); err == nil || err.Error() != "filetickets: invalid configuration: Dir: required" {
		t.Errorf("got error %v", err)
	}
	if err := filetickets.Provision(""); err == nil || !strings.Contains(err.Error(), "provision") {
		t.Errorf("Provision: got error %v", err)
	}
}

// What is no id never becomes a path.
func TestOddIDs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	s := newStore(t, filetickets.Config{Dir: dir})
	create(t, s, session(id(1), "u"))
	for _, odd := range []string{"", ".", "..", "../sessions/" + id(1), id(1) + "/", strings.ToLower(id(1)), id(1)[1:], "\x00" + id(1)[1:]} {
		if err := s.Create(t.Context(), session(odd, "u")); err == nil || errors.Is(err, fs.ErrExist) {
			t.Errorf("Create of %q: got error %v", odd, err)
		}
		if _, err := s.Load(t.Context(), odd); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("Load of %q: got error %v", odd, err)
		}
		if err := s.Update(t.Context(), session(odd, "u")); !errors.Is(err, cookieauth.ErrNoSession) {
			t.Errorf("Update of %q: got error %v", odd, err)
		}
		if err := s.End(t.Context(), odd); err != nil {
			t.Errorf("End of %q: %v", odd, err)
		}
	}
	if _, err := s.Load(t.Context(), id(1)); err != nil {
		t.Error(err)
	}
}

// failing fails the test if err is not one that says that.
func failing(t *testing.T, what string, err error, text string) {
	t.Helper()
	if err == nil || errors.Is(err, cookieauth.ErrNoSession) || errors.Is(err, dataprotection.ErrNotModified) || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, want one that says %q", what, err, text)
	}
}

// allFail fails the test if there is a method that does not fail so.
func allFail(t *testing.T, s *filetickets.Store, text string) {
	t.Helper()
	failing(t, "Create", s.Create(t.Context(), session(id(2), "u")), text)
	_, err := s.Load(t.Context(), id(1))
	failing(t, "Load", err, text)
	failing(t, "Update", s.Update(t.Context(), session(id(1), "u")), text)
	failing(t, "End", s.End(t.Context(), id(1), id(2)), text)
	_, err = s.ByUser(t.Context(), "u")
	failing(t, "ByUser", err, text)
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs", err, text)
	failing(t, "AddCutoffs", s.AddCutoffs(t.Context(), cutoff("u")), text)
}

func TestNotMounted(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, filetickets.Config{Dir: dir, Shared: true})
	allFail(t, s, "not mounted, or not provisioned")
	for range 2 {
		if err := filetickets.Provision(dir); err != nil {
			t.Fatal(err)
		}
	}
	create(t, s, session(id(1), "u"))
	if err := s.AddCutoffs(t.Context(), cutoff("u")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+" elsewhere"); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir + " elsewhere")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	allFail(t, s, "not mounted, or not provisioned")
}

func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, filetickets.Config{Dir: dir})
	create(t, s, session(id(1), "u"), session(id(2), "u"))
	if err := s.AddCutoffs(t.Context(), cutoff("u")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sessions", id(1), "session")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "cut": string(whole[:len(whole)-1]), "grown": string(whole) + "x", "half a header": string(whole[:20]), "zeros": strings.Repeat("\x00", len(whole)),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Load(t.Context(), id(1))
		failing(t, "Load of a file that is "+name, err, id(1)+": not a session's file, or a damaged one")
		_, err = s.ByUser(t.Context(), "u")
		failing(t, "ByUser with a file that is "+name, err, "damaged")
	}
	if _, err := s.Load(t.Context(), id(2)); err != nil {
		t.Error(err)
	}
	if err := s.End(t.Context(), id(1)); err != nil {
		t.Error(err)
	}
	if list, err := s.ByUser(t.Context(), "u"); err != nil || len(list) != 1 {
		t.Errorf("after the end of the damaged one: got %d sessions and error %v", len(list), err)
	}

	entries, err := os.ReadDir(filepath.Join(dir, "cutoffs"))
	if err != nil || len(entries) != 1 {
		t.Fatal(len(entries), err)
	}
	file = filepath.Join(dir, "cutoffs", entries[0].Name())
	if whole, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cutoffs", ".nfs0001"), []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", string(whole[:len(whole)-1]), strings.Replace(string(whole), "u", "v", 1)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, err := newStore(t, filetickets.Config{Dir: dir}).LoadCutoffs(t.Context(), "")
		failing(t, "LoadCutoffs with a damaged file", err, "is damaged")
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	version := filepath.Join(dir, "cutoffs.version")
	if err := os.WriteFile(version, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.LoadCutoffs(t.Context(), "")
	failing(t, "LoadCutoffs with an empty version", err, "the next cut-off that is added mends it")
	if err := s.AddCutoffs(t.Context(), cutoff("v")); err != nil {
		t.Fatal(err)
	}
	if list, _, err := s.LoadCutoffs(t.Context(), ""); err != nil || len(list) != 2 {
		t.Errorf("after another cut-off: got %d and error %v", len(list), err)
	}
	if err := os.Remove(version); err != nil {
		t.Fatal(err)
	}
	for _, since := range []dataprotection.Version{"", "none"} {
		if list, _, err := s.LoadCutoffs(t.Context(), since); err != nil || len(list) != 2 {
			t.Errorf("without a version: got %d and error %v", len(list), err)
		}
	}
}

// Sessions that have expired, and what killed processes left, go as others come.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	s := newStore(t, filetickets.Config{Dir: dir, Now: func() time.Time { return now }})
	for n := range 30 {
		given := session(id(n), "u")
		if n%3 == 0 {
			given.Expires = given.Expires.Add(24 * time.Hour)
		}
		create(t, s, given)
	}
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "temp", "left"), 0o700),
		os.WriteFile(filepath.Join(dir, "temp", "left", "session"), nil, 0o600),
		os.Rename(filepath.Join(dir, "sessions", id(0)), filepath.Join(dir, "ended", id(0)+".X")),
		s.AddCutoffs(t.Context(), cutoff("u")),
	); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2*time.Hour + time.Minute)
	for n := range 10 {
		given := session(id(100+n), "v")
		given.Expires = now.Add(time.Hour)
		create(t, s, given)
	}
	if list, err := s.ByUser(t.Context(), "u"); err != nil || len(list) != 9 {
		t.Errorf("got %d sessions and error %v, want 9", len(list), err)
	}
	if list, _, err := s.LoadCutoffs(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("got %d cut-offs and error %v, want none", len(list), err)
	}
	got := strings.Join(files(t, dir), " ")
	for _, gone := range []string{"temp/", "ended/", "cutoffs/"} {
		if strings.Contains(got, gone) {
			t.Errorf("there is still something in %s: %s", gone, got)
		}
	}
	if n := strings.Count(got, "/session "); n != 19 {
		t.Errorf("%d sessions are left, want 19", n)
	}
}

// An entry in a user's list whose session never came into being goes in time.
func TestStaleEntries(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	s := newStore(t, filetickets.Config{Dir: dir, Now: func() time.Time { return now }})
	create(t, s, session(id(1), "u"))
	if err := os.RemoveAll(filepath.Join(dir, "sessions", id(1))); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {25 * time.Hour, 0}} {
		now = now.Add(row.after)
		if list, err := s.ByUser(t.Context(), "u"); err != nil || len(list) != 0 {
			t.Errorf("got %d sessions and error %v", len(list), err)
		}
		if got := strings.Count(strings.Join(files(t, dir), " "), "/"+id(1)); got != row.want {
			t.Errorf("after %s: %d entries, want %d", row.after, got, row.want)
		}
	}
}
