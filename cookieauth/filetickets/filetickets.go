package filetickets

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/diskfile"
)

// Config says where sessions and cut-offs are. It is copied.
type Config struct {
	_ struct{}

	// Dir is the directory. Required. If it is missing it is made, with mode 0700,
	// by the first write. It belongs to one application.
	Dir string

	// Shared says that Dir is on a mount that several machines use. Then Provision
	// must have prepared it, and every call fails where it has not.
	Shared bool

	// Now is the time by which what has expired is removed. If it is nil, it is
	// time.Now. It should be that of the Authenticator.
	Now func() time.Time
}

// A Store keeps sessions and cut-offs in a directory. It implements
// cookieauth.TicketStore and cookieauth.CutoffStore, and is safe for concurrent
// use, by several processes too.
type Store struct {
	dir    string // absolute
	shared bool
	now    func() time.Time
	lanes  chan struct{}     // one for each call that is at work
	step   func(name string) // told of each step of writing, by tests

	sweeper sweeper
	mu      sync.Mutex
	known   map[string][]cookieauth.Cutoff // what was read of cutoffs/, by name
}

// New returns a store. It does not look at the directory.
func New(cfg Config) (*Store, error) {
	var problems confcheck.Problems
	problems.Add(cfg.Dir == "", "Dir", "required")
	if err := problems.Err("filetickets"); err != nil {
		return nil, err
	}
	// Later changes of the working directory must not move it.
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("filetickets: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{dir: dir, shared: cfg.Shared, now: cfg.Now, lanes: make(chan struct{}, 64), step: func(string) {}}, nil
}

// The names in the directory.
const (
	sessionsDir = "sessions"
	usersDir    = "users"
	cutoffsDir  = "cutoffs"
	tempDir     = "temp"
	endedDir    = "ended"
	versionFile = "cutoffs.version"
	sessionFile = "session"
)

// Provision prepares dir for Config.Shared: it makes the directory and what belongs
// into it. Run it once, while the share is mounted. Doing so again changes nothing.
func Provision(dir string) error {
	s, err := New(Config{Dir: dir})
	if err == nil {
		err = diskfile.Patiently(context.Background(), s.prepare)
	}
	if err != nil {
		return fmt.Errorf("filetickets: provision: %w", err)
	}
	return nil
}

// prepare makes what is missing. The version comes last: it is the sign that the
// rest is there. If another instance has placed one meanwhile it is replaced, which
// does no harm: everybody looks once more.
func (s *Store) prepare() error {
	if _, err := os.Lstat(s.path(versionFile)); err == nil {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{sessionsDir, usersDir, cutoffsDir, tempDir, endedDir} {
		if err := diskfile.Make(s.path(name)); err != nil {
			return err
		}
	}
	if err := s.place(s.path(versionFile), rand.Text()); err != nil {
		return err
	}
	return diskfile.SyncDir(s.dir)
}

// String names the directory, for logs.
func (s *Store) String() string {
	if s.shared {
		return "sessions in the shared directory " + s.dir
	}
	return "sessions in the directory " + s.dir
}

func (s *Store) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}

// userDir is where the list of a user is, who may be called anything.
func (s *Store) userDir(user string) string {
	sum := sha256.Sum256([]byte(user))
	return s.path(usersDir, hex.EncodeToString(sum[:]))
}

// isID reports whether an id can be a name in the directory.
func isID(id string) bool {
	for _, r := range id {
		if (r < 'A' || r > 'Z') && (r < '2' || r > '7') {
			return false
		}
	}
	return len(id) == 26
}

// work does what a call has to do, in a goroutine that the call leaves behind if
// its context ends first. What fails in passing is done once more from the beginning:
// each f may be repeated, whatever it had done already.
func work[T any](ctx context.Context, s *Store, op string, f func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case s.lanes <- struct{}{}:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-s.lanes }()
		var r result
		r.err = diskfile.Patiently(ctx, func() (err error) {
			r.value, err = f()
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, s.failed(op, r.err)
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// failed says what failed. What the contracts name stays as it is.
func (s *Store) failed(op string, err error) error {
	for _, named := range []error{cookieauth.ErrNoSession, fs.ErrExist, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, named) {
			return err
		}
	}
	if err == nil || isNotModified(err) {
		return err
	}
	return fmt.Errorf("filetickets: %s: %s: %w", op, s, err)
}

// mounted reports an error if what may be there only once must be.
func (s *Store) mounted() error {
	if !s.shared {
		return nil
	}
	_, err := os.Lstat(s.path(versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s.notMounted(err)
	}
	return err
}

func (s *Store) notMounted(err error) error {
	return fmt.Errorf("not mounted, or not provisioned; mount the share, or, if it is mounted and new, prepare it once with filetickets.Provision or: sealring provision sessions %s: %v", s.dir, err)
}

// ready prepares the directory for a write.
func (s *Store) ready() error {
	if s.shared {
		return s.mounted()
	}
	return s.prepare()
}

// fresh makes a client of a network file system ask its server what a directory
// holds: it does so once it has changed it.
func (s *Store) fresh(dir string) error {
	if !s.shared {
		return nil
	}
	probe := filepath.Join(dir, ".look-"+rand.Text())
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return err
	}
	return ignore(os.Remove(probe), fs.ErrNotExist) // that of the probe: the network has repeated the request
}

// rename gives a file of that content its name, whatever has had it. If the file is
// gone, the network may have repeated the request.
func rename(temp, path string, content []byte) error {
	err := os.Rename(temp, path)
	if errors.Is(err, fs.ErrNotExist) {
		if there, readErr := os.ReadFile(path); readErr == nil && bytes.Equal(there, content) {
			return nil
		}
	}
	return err
}
