package filestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/diskfile"
)

// The names in a directory. Other programs see only the first kind.
const (
	elementSuffix = ".xml"
	tempSuffix    = ".tmp"
	claimPrefix   = ".sealring-"
	claimSuffix   = ".claim"
	markerName    = ".sealring-store"
)

// markerText is for whoever wonders what the marker is.
const markerText = "This directory holds a key ring. Programs that share it take this file as the sign\n" +
	"that the share is mounted; without it they refuse to start. Do not remove it.\n"

// Provision prepares dir for Shared: it creates the directory with mode 0700,
// parents included, and the marker file in it. Run it once, while the share is
// mounted. Doing so again changes nothing.
func Provision(dir string) error {
	if dir == "" {
		return errors.New("filestore: no directory to provision")
	}
	if err := newStore(dir, false).provision(context.Background()); err != nil {
		return fmt.Errorf("filestore: provision: %w", err)
	}
	return nil
}

func (s *Store) provision(ctx context.Context) error {
	root, err := s.openOrMakeRoot(ctx)
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Lstat(markerName); err == nil {
		return nil
	}
	err = diskfile.Patiently(ctx, func() error { return writeSynced(root, markerName, []byte(markerText)) })
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncRoot(ctx, root)
}

// openRoot opens the directory.
func (s *Store) openRoot(ctx context.Context) (root *os.Root, err error) {
	err = diskfile.Patiently(ctx, func() error {
		root, err = s.disk.openDir(s.dir)
		return err
	})
	return root, err
}

// openOrMakeRoot opens the directory, and makes it first if it is missing.
func (s *Store) openOrMakeRoot(ctx context.Context) (*os.Root, error) {
	root, err := s.openRoot(ctx)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	_ = diskfile.SyncDir(filepath.Dir(s.dir)) // as durable as the parent's owner lets us make it
	return s.openRoot(ctx)
}

// syncRoot makes the names in the directory durable.
func syncRoot(ctx context.Context, root *os.Root) error {
	return diskfile.Patiently(ctx, func() error { return diskfile.SyncRoot(root) })
}

// A listing is the directory at one moment, each part in the order of the names.
type listing struct {
	elements []fs.DirEntry
	temps    []string
	claims   []string
}

// list reads the directory. A missing one is empty, except for a shared store.
// Names are taken from the listing only and never probed for: NFS remembers for
// half a minute that a name was not there.
func (s *Store) list(ctx context.Context) (l listing, err error) {
	err = diskfile.Patiently(ctx, func() error {
		entries, err := s.disk.readDir(s.dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if info, statErr := os.Stat(s.dir); err != nil && statErr == nil && !info.IsDir() {
			return errors.New("it is no directory") // which Windows calls missing
		}
		marked := false
		l, marked = sortOut(entries)
		if s.shared && !marked {
			return errUnmarked
		}
		return nil
	})
	if err == errUnmarked {
		err = fmt.Errorf("not mounted, or not provisioned: there is no file %s; mount the share, or, if it is mounted and new, "+
			"prepare it once with filestore.Provision or: sealring provision directory --shared %s", markerName, quote(s.dir))
	}
	if err != nil {
		return listing{}, s.failed("list", err)
	}
	return l, nil
}

// errUnmarked says that a listing lacks the marker. It may pass: this was seen on SMB
// when the server's process for the client died in the middle of a listing.
const errUnmarked = diskfile.Passing("no marker")

// sortOut makes a listing of what a directory holds, and says whether that is marked.
func sortOut(entries []fs.DirEntry) (l listing, marked bool) {
	for _, entry := range entries {
		switch name := entry.Name(); {
		case isElement(name):
			l.elements = append(l.elements, entry)
		case strings.HasSuffix(name, tempSuffix):
			l.temps = append(l.temps, name)
		case strings.HasPrefix(name, claimPrefix) && strings.HasSuffix(name, claimSuffix):
			l.claims = append(l.claims, name)
		case name == markerName:
			marked = true
		}
	}
	return l, marked
}

// state identifies the set of element names.
func (l listing) state() string {
	h := sha256.New()
	for _, entry := range l.elements {
		fmt.Fprintf(h, "%s\x00", entry.Name())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// has reports whether there is an element of that file name.
func (l listing) has(name string) bool {
	for _, entry := range l.elements {
		if entry.Name() == name {
			return true
		}
	}
	return false
}

// failed puts an error of the file system into the ring's words. An end of the
// context is the caller's own doing and stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &dataprotection.RingError{Op: op, Err: fmt.Errorf("%s: %w", s, err)}
}
