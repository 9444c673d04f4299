package filetickets

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/internal/record"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/diskfile"
)

// slack is how long what has expired is kept, since clocks differ.
const slack = time.Hour

// A batch is what one call adds, in one file: a line for each cut-off, with its
// Until in microseconds and its identity as JSON.
type batch struct {
	text  string
	until int64 // the latest
}

func newBatch(cutoffs []cookieauth.Cutoff) (b batch, err error) {
	for _, c := range cutoffs {
		identity, err := record.Identity(c)
		if err != nil {
			return b, err
		}
		until := record.Micros(c.Until)
		b.text += strconv.FormatInt(until, 10) + " " + identity + "\n"
		b.until = max(b.until, until)
	}
	return b, nil
}

// name is that of the file: "{hash of the text}-{latest Until}".
func (b batch) name() string {
	sum := sha256.Sum256([]byte(b.text))
	return hex.EncodeToString(sum[:]) + "-" + strconv.FormatInt(b.until, 10)
}

// cutoffs is the reverse of newBatch.
func (b batch) cutoffs() (cutoffs []cookieauth.Cutoff, err error) {
	for line := range strings.Lines(b.text) {
		digits, identity, _ := strings.Cut(line, " ")
		until, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("not a cut-off: %w", err)
		}
		c, err := record.Cutoff(identity, until)
		if err != nil {
			return nil, err
		}
		cutoffs = append(cutoffs, c)
	}
	return cutoffs, nil
}

// untilOf is the reverse; what else lies in the directory is not ours.
func untilOf(name string) (until int64, ok bool) {
	hash, digits, _ := strings.Cut(name, "-")
	sum, err := hex.DecodeString(hash)
	if err != nil || len(sum) != sha256.Size {
		return 0, false
	}
	until, err = strconv.ParseInt(digits, 10, 64)
	return until, err == nil
}

// AddCutoffs writes a file with the cut-offs and then a new version.
func (s *Store) AddCutoffs(ctx context.Context, cutoffs ...cookieauth.Cutoff) error {
	cutoffs = append([]cookieauth.Cutoff(nil), cutoffs...)
	_, err := work(ctx, s, "add cut-offs", func() (struct{}, error) { return struct{}{}, s.addCutoffs(cutoffs) })
	return err
}

func (s *Store) addCutoffs(cutoffs []cookieauth.Cutoff) error {
	if len(cutoffs) == 0 {
		return nil
	}
	if err := s.ready(); err != nil {
		return err
	}
	b, err := newBatch(cutoffs)
	if err != nil {
		return err
	}
	if err := s.place(s.path(cutoffsDir, b.name()), b.text); err != nil {
		return err
	}
	s.step("cut-offs placed")
	if err := diskfile.SyncDir(s.path(cutoffsDir)); err != nil {
		return err
	}
	if err := s.place(s.path(versionFile), rand.Text()); err != nil {
		return err
	}
	s.step("version placed")
	return diskfile.SyncDir(s.dir)
}

// place gives a file its content, whatever it has been.
func (s *Store) place(path, content string) error {
	temp := s.path(tempDir, rand.Text())
	if err := diskfile.Write(temp, []byte(content)); err != nil {
		return err
	}
	err := rename(temp, path, []byte(content))
	if err != nil {
		os.Remove(temp)
	}
	return err
}

// A list is what LoadCutoffs returns.
type list struct {
	cutoffs []cookieauth.Cutoff
	version dataprotection.Version
}

// LoadCutoffs reads the version, and the cut-offs that it has not read before.
func (s *Store) LoadCutoffs(ctx context.Context, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version, error) {
	l, err := work(ctx, s, "load cut-offs", func() (list, error) { return s.loadCutoffs(since) })
	return l.cutoffs, l.version, err
}

func isNotModified(err error) bool { return errors.Is(err, dataprotection.ErrNotModified) }

// relists is how often the directory is listed again because a file has gone.
const relists = 10

func (s *Store) loadCutoffs(since dataprotection.Version) (l list, err error) {
	// The version comes first: a list that is newer than its version is read once more
	// than it must be, and one that is older would miss something.
	l.version, err = s.version()
	if err == nil && l.version == since && since != nothing {
		err = dataprotection.ErrNotModified
	}
	for attempt := 0; err == nil; attempt++ {
		l.cutoffs, err = s.allCutoffs()
		if err == nil {
			break
		}
		if errors.Is(err, fs.ErrNotExist) && attempt < relists {
			err = nil
		}
	}
	if err == nil && l.version == since && len(l.cutoffs) == 0 {
		err = dataprotection.ErrNotModified
	}
	if err != nil {
		return list{}, err
	}
	return l, nil
}

// nothing is the version of a directory that is not there yet.
const nothing dataprotection.Version = "none"

func (s *Store) version() (dataprotection.Version, error) {
	text, err := os.ReadFile(s.path(versionFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !s.shared:
		return nothing, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", s.notMounted(err)
	case err != nil:
		return "", err
	case len(text) != len(rand.Text()):
		return "", fmt.Errorf("%s is damaged; the next cut-off that is added mends it", versionFile)
	}
	return dataprotection.Version(text), nil
}

// allCutoffs lists the directory and reads what is not known yet.
func (s *Store) allCutoffs() (cutoffs []cookieauth.Cutoff, err error) {
	if err := s.fresh(s.path(cutoffsDir)); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.path(cutoffsDir))
	if errors.Is(err, fs.ErrNotExist) && !s.shared {
		return nil, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.notMounted(err) // and that is not a file that has gone
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := make(map[string][]cookieauth.Cutoff, len(entries))
	latest := make(map[cookieauth.Cutoff]time.Time, len(entries))
	for _, entry := range entries {
		until, ok := untilOf(entry.Name())
		if !ok {
			continue
		}
		if record.Time(until).Before(s.now().Add(-slack)) {
			os.Remove(s.path(cutoffsDir, entry.Name()))
			continue
		}
		some, ok := s.known[entry.Name()]
		if !ok {
			if some, err = s.readBatch(entry.Name(), until); err != nil {
				return nil, err
			}
		}
		known[entry.Name()] = some
		for _, c := range some {
			until := c.Until
			c.Until = time.Time{}
			if until.After(latest[c]) {
				latest[c] = until
			}
		}
	}
	s.known = known
	for c, until := range latest {
		c.Until = until
		cutoffs = append(cutoffs, c)
	}
	return cutoffs, nil
}

func (s *Store) readBatch(name string, until int64) ([]cookieauth.Cutoff, error) {
	text, err := os.ReadFile(s.path(cutoffsDir, name))
	if err != nil {
		return nil, err
	}
	b := batch{string(text), until}
	if b.name() != name {
		return nil, fmt.Errorf("%s is damaged", name)
	}
	return b.cutoffs()
}
