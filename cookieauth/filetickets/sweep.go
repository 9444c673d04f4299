package filetickets

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A sweeper goes through the sessions, a few at a time.
type sweeper struct {
	mu   sync.Mutex
	left []string // the names that it has not looked at yet
}

const (
	// sweptAtOnce is how many sessions are looked at for each that is created.
	sweptAtOnce = 10
	// tempAge is how old something is in temp/ when nobody is at work on it any more.
	tempAge = time.Hour
)

// next returns a few names, and lists the sessions again when there are no more.
func (w *sweeper) next(dir string) (names []string, again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.left) == 0 {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, true
		}
		for _, entry := range entries {
			w.left = append(w.left, entry.Name())
		}
		again = true
	}
	n := min(len(w.left), sweptAtOnce)
	names, w.left = w.left[:n], w.left[n:]
	return names, again
}

// sweep ends a few sessions whose end is more than an hour ago, and removes what
// killed processes have left. Nothing depends on its success.
func (s *Store) sweep() {
	names, again := s.sweeper.next(s.path(sessionsDir))
	for _, id := range names {
		if s.hasExpired(id) {
			_ = s.end([]string{id})
		}
	}
	if !again {
		return
	}
	_ = s.finish("")
	entries, _ := os.ReadDir(s.path(tempDir))
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && s.now().Sub(info.ModTime()) > tempAge {
			os.RemoveAll(filepath.Join(s.path(tempDir), entry.Name()))
		}
	}
}

// hasExpired goes by the time of the file, and if that is past, by what it says.
func (s *Store) hasExpired(id string) bool {
	past := s.now().Add(-slack)
	info, err := os.Lstat(s.path(sessionsDir, id, sessionFile))
	if err != nil || info.ModTime().After(past) {
		return false
	}
	session, _, err := s.read(id)
	return err == nil && session.Expires.Before(past)
}
