package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/diskfile"
)

const (
	// maxSize is the largest element that is read or written.
	maxSize = 64 << 10

	// unsettled is how young a file's time may be for a second write to have
	// left it as it is: FAT counts in two seconds.
	unsettled = 2 * time.Second
)

// errChanging says that a file was not the same before and after it was read.
const errChanging = diskfile.Passing("the file changes while it is read")

// A file is what is known of one entry of the directory.
type file struct {
	info    fs.FileInfo
	xml     []byte
	sum     [sha256.Size]byte
	settled bool  // xml may be used again as long as info stays the same
	err     error // why it could not be read
}

// load lists and reads until no file vanishes in between, within reason.
func (s *Store) load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	for attempt := 0; ; attempt++ {
		l, err := s.list(ctx)
		if err != nil {
			return dataprotection.Snapshot{}, err
		}
		files, vanished, err := s.read(ctx, l)
		if err != nil {
			return dataprotection.Snapshot{}, err
		}
		if !vanished || attempt == diskfile.Attempts-1 {
			s.cache = files
			return s.snapshot(l, files, since)
		}
		if err := diskfile.Pause(ctx, attempt); err != nil {
			return dataprotection.Snapshot{}, err
		}
	}
}

// read returns the files of l, and whether one of them was gone again.
func (s *Store) read(ctx context.Context, l listing) (files map[string]file, vanished bool, err error) {
	files = make(map[string]file, len(l.elements))
	for _, entry := range l.elements {
		f := s.readEntry(ctx, entry)
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		isLink := entry.Type()&fs.ModeSymlink != 0 // a dangling one does not come back by waiting
		vanished = vanished || !isLink && errors.Is(f.err, fs.ErrNotExist)
		files[entry.Name()] = f
	}
	return files, vanished, nil
}

// readEntry returns an element's file, from the cache if it has not changed.
func (s *Store) readEntry(ctx context.Context, entry fs.DirEntry) file {
	path := filepath.Join(s.dir, entry.Name())
	if entry.Name() == elementSuffix {
		return file{err: errors.New("a file must have a name before its .xml; ASP.NET Core does not read this directory either")}
	}
	var f file
	f.err = diskfile.Patiently(ctx, func() error {
		info, err := entry.Info()
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			info, err = os.Stat(path)
		}
		if err != nil {
			return err
		}
		if known := s.cache[entry.Name()]; known.settled && sameFile(known.info, info) {
			f = known
			return nil
		}
		f, err = s.readFile(path, info)
		return err
	})
	return f
}

// sameFile reports whether nothing speaks for a change of content between a and b.
// The mode is compared because a file that becomes readable keeps its time.
func sameFile(a, b fs.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode() && os.SameFile(a, b)
}

// readFile reads a whole file that the directory describes as info.
func (s *Store) readFile(path string, info fs.FileInfo) (file, error) {
	if err := plausible(info); err != nil { // before it is opened: a pipe would block
		return file{}, err
	}
	began := time.Now()
	f, err := s.disk.open(path)
	if err != nil {
		return file{}, err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return file{}, err
	}
	xml, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return file{}, err
	}
	after, err := f.Stat()
	if err != nil {
		return file{}, err
	}
	if err := plausible(after); err != nil {
		return file{}, err
	}
	if int64(len(xml)) != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return file{}, errChanging
	}
	return file{
		info:    after,
		xml:     xml,
		sum:     sha256.Sum256(xml),
		settled: after.ModTime().Before(began.Add(-unsettled)),
	}, nil
}

// plausible reports what keeps a file from being an element.
func plausible(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a directory")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case info.Size() == 0:
		return errors.New("the file is empty")
	case info.Size() > maxSize:
		return fmt.Errorf("the file has %d bytes, and at most %d are read", info.Size(), maxSize)
	}
	return nil
}

// snapshot turns files into what the ring wants, or ErrNotModified.
func (s *Store) snapshot(l listing, files map[string]file, since dataprotection.Version) (dataprotection.Snapshot, error) {
	exposed := s.exposures(l, files)
	snap := dataprotection.Snapshot{Version: version(l, files, exposed)}
	if snap.Version == since {
		return dataprotection.Snapshot{}, dataprotection.ErrNotModified
	}
	for _, entry := range l.elements {
		name, f := entry.Name(), files[entry.Name()]
		if f.err != nil {
			snap.Unreadable = append(snap.Unreadable, &dataprotection.RingError{Op: "read", Element: name, Err: f.err})
			continue
		}
		snap.Elements = append(snap.Elements, dataprotection.Element{
			Name: stem(name),
			Ref:  name,
			XML:  append([]byte(nil), f.xml...), // the cache stays ours
		})
	}
	snap.Warnings = s.warnings(exposed)
	return snap, nil
}

// version has two parts, "{names}.{content}". Add compares the first, Load both.
// It is made from content and not from times, so that every machine finds the
// same and a file that has merely been touched does not count as changed. What
// others may read counts as content: who mends it is to see that it is mended.
func version(l listing, files map[string]file, exposed []exposure) dataprotection.Version {
	h := sha256.New()
	for _, entry := range l.elements {
		f := files[entry.Name()]
		fmt.Fprintf(h, "%s\x00%x\x00%v\x00", entry.Name(), f.sum, f.err)
	}
	for _, e := range exposed {
		fmt.Fprintf(h, "%s\x00%q\x00", e.name, e.findings)
	}
	return dataprotection.Version(l.state() + "." + hex.EncodeToString(h.Sum(nil)[:16]))
}

// stateOf returns the part of a version that tells the names. It is empty, and
// so no state at all, for what is not a version of a filestore.
func stateOf(v dataprotection.Version) string {
	state, _, _ := strings.Cut(string(v), ".")
	return state
}

// stem is an element's friendly name.
func stem(name string) string { return name[:len(name)-len(elementSuffix)] }
