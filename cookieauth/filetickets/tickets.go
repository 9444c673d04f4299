package filetickets

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/diskfile"
)

// Create makes the session's directory.
func (s *Store) Create(ctx context.Context, session *cookieauth.StoredSession) error {
	nonce := rand.Text()
	file, err := encode(session, nonce) // at once, as the work may outlive the call
	id, user := session.ID, session.User
	if err == nil && !isID(id) {
		err = fmt.Errorf("filetickets: %q is no id of a session", id)
	}
	if err != nil {
		return err
	}
	_, err = work(ctx, s, "create", func() (struct{}, error) {
		return struct{}{}, s.create(id, user, nonce, file, session.Expires)
	})
	return err
}

func (s *Store) create(id, user, nonce string, file []byte, expires time.Time) error {
	if err := s.ready(); err != nil {
		return err
	}
	s.sweep()
	temp := s.path(tempDir, rand.Text())
	defer os.RemoveAll(temp) // which is gone if all went well
	if err := os.Mkdir(temp, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err // nobody else has that name: if it is there, the network has repeated the request
	}
	if err := writeSession(filepath.Join(temp, sessionFile), file, expires); err != nil {
		return err
	}
	if err := diskfile.SyncDir(temp); err != nil {
		return err
	}
	s.step("written")
	if err := s.list(id, user); err != nil {
		return err
	}
	s.step("listed")
	err := renameNew(temp, s.path(sessionsDir, id))
	if err != nil && !s.isOurs(id, nonce) {
		return s.taken(id, user, err)
	}
	s.step("created")
	return diskfile.SyncDir(s.path(sessionsDir))
}

// writeSession writes a session's file, whose time tells the sweeper when it expires.
func writeSession(path string, file []byte, expires time.Time) error {
	if err := diskfile.Write(path, file); err != nil {
		return err
	}
	_ = os.Chtimes(path, time.Time{}, expires) // else it is looked into when it is swept
	return nil
}

// renameNew gives a directory a name that is not taken. (Renaming to an empty
// directory would succeed, but that of a session never is.)
func renameNew(dir, name string) error {
	if _, err := os.Lstat(name); err == nil {
		return fs.ErrExist
	}
	return os.Rename(dir, name)
}

// isOurs reports whether a rename has failed because the network repeated it.
func (s *Store) isOurs(id, nonce string) bool {
	_, h, err := s.read(id)
	return err == nil && h.Nonce == nonce
}

// taken finds out whether a rename has failed because there is a session.
func (s *Store) taken(id, user string, cause error) error {
	there, _, err := s.read(id)
	switch {
	case errors.Is(err, cookieauth.ErrNoSession):
		return cause
	case errors.Is(err, errDamaged):
		// which is one, too
	case err != nil:
		return err
	case there.User != user:
		s.unlist(id, user)
	}
	return fmt.Errorf("filetickets: session %s: %w", id, fs.ErrExist)
}

// list puts a session into the list of its user, whose directory others may remove
// as long as it is empty.
func (s *Store) list(id, user string) error {
	dir := s.userDir(user)
	for attempt := 0; ; attempt++ {
		if err := diskfile.Make(dir); err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(dir, id), os.O_WRONLY|os.O_CREATE, 0o600)
		if err == nil {
			err = f.Close()
		}
		if err == nil {
			err = diskfile.SyncDir(dir)
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) || attempt == 100 {
			return err
		}
	}
}

// unlist takes a session that is gone out of the list of its user. If that fails,
// the list is too long.
func (s *Store) unlist(id, user string) {
	dir := s.userDir(user)
	os.Remove(filepath.Join(dir, id))
	os.Remove(dir) // which works only if it is empty
}

// Load reads the session's file.
func (s *Store) Load(ctx context.Context, id string) (*cookieauth.StoredSession, error) {
	return work(ctx, s, "load", func() (*cookieauth.StoredSession, error) {
		session, _, err := s.read(id)
		if errors.Is(err, cookieauth.ErrNoSession) {
			if err := s.mounted(); err != nil {
				return nil, err
			}
		}
		return session, err
	})
}

func (s *Store) read(id string) (*cookieauth.StoredSession, header, error) {
	if !isID(id) {
		return nil, header{}, cookieauth.ErrNoSession
	}
	file, err := os.ReadFile(s.path(sessionsDir, id, sessionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, header{}, cookieauth.ErrNoSession
	}
	if err != nil {
		return nil, header{}, err
	}
	return decode(id, file)
}

// Update replaces the file in the session's directory.
func (s *Store) Update(ctx context.Context, session *cookieauth.StoredSession) error {
	file, err := encode(session, "")
	if err != nil {
		return err
	}
	id, expires := session.ID, session.Expires
	_, err = work(ctx, s, "update", func() (struct{}, error) { return struct{}{}, s.update(id, file, expires) })
	return err
}

func (s *Store) update(id string, file []byte, expires time.Time) error {
	if err := s.mounted(); err != nil {
		return err
	}
	if !isID(id) {
		return cookieauth.ErrNoSession
	}
	dir := s.path(sessionsDir, id)
	temp := filepath.Join(dir, rand.Text()+".tmp")
	err := writeSession(temp, file, expires)
	if err == nil {
		s.step("update written")
		err = rename(temp, filepath.Join(dir, sessionFile), file)
	}
	if err == nil {
		s.step("updated")
		err = diskfile.SyncDir(dir)
	} else {
		os.Remove(temp)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return cookieauth.ErrNoSession
	}
	return err
}

// End moves the sessions' directories away and removes them.
func (s *Store) End(ctx context.Context, ids ...string) error {
	ids = append([]string(nil), ids...)
	_, err := work(ctx, s, "end", func() (struct{}, error) { return struct{}{}, s.end(ids) })
	return err
}

func (s *Store) end(ids []string) error {
	if err := s.mounted(); err != nil {
		return err
	}
	for _, id := range ids {
		if !isID(id) {
			continue
		}
		ended := s.path(endedDir, id+"."+rand.Text())
		err := os.Rename(s.path(sessionsDir, id), ended)
		if errors.Is(err, fs.ErrNotExist) {
			if err := s.finish(id); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		s.step("moved")
		if err := s.remove(id, ended); err != nil {
			return err
		}
		s.step("removed")
	}
	return errors.Join(
		ignore(diskfile.SyncDir(s.path(sessionsDir)), fs.ErrNotExist),
		ignore(diskfile.SyncDir(s.path(endedDir)), fs.ErrNotExist),
	)
}

// finish removes what another, who may have been killed, has moved away.
func (s *Store) finish(id string) error {
	entries, err := os.ReadDir(s.path(endedDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), id+".") || id == "" {
			was, _, _ := strings.Cut(entry.Name(), ".")
			if err := s.remove(was, s.path(endedDir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes a session's directory that was moved away, with what updates that
// came too late may still put into it, and takes the session out of its user's list.
func (s *Store) remove(id, ended string) error {
	file, readErr := os.ReadFile(filepath.Join(ended, sessionFile))
	for attempt := 0; ; attempt++ {
		err := os.RemoveAll(ended)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.ENOTEMPTY) || attempt == 100 {
			return err
		}
	}
	if session, _, err := decode(id, file); readErr == nil && err == nil {
		s.unlist(id, session.User)
	}
	return nil
}

// staleAge is how old an entry in a user's list is when nobody is about to create
// its session any more.
const staleAge = 24 * time.Hour

// ByUser reads the sessions in the list of a user.
func (s *Store) ByUser(ctx context.Context, user string) ([]*cookieauth.StoredSession, error) {
	return work(ctx, s, "list", func() ([]*cookieauth.StoredSession, error) { return s.byUser(user) })
}

func (s *Store) byUser(user string) (sessions []*cookieauth.StoredSession, err error) {
	dir := s.userDir(user)
	entries, err := s.entries(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		session, _, err := s.read(entry.Name())
		switch {
		case errors.Is(err, cookieauth.ErrNoSession):
			info, err := entry.Info()
			if err == nil && isID(entry.Name()) && s.now().Sub(info.ModTime()) > staleAge {
				os.Remove(filepath.Join(dir, entry.Name()))
			}
		case err != nil:
			return nil, err
		case session.User == user:
			sessions = append(sessions, session)
		}
	}
	return sessions, nil
}

// entries lists the directory of a user, who may have none.
func (s *Store) entries(dir string) ([]fs.DirEntry, error) {
	if err := s.mounted(); err != nil {
		return nil, err
	}
	if s.shared { // making it asks the server whether it is there
		if err := os.Mkdir(dir, 0o700); err == nil {
			return nil, ignore(os.Remove(dir), syscall.ENOTEMPTY, fs.ErrNotExist)
		}
		if err := s.fresh(dir); err != nil {
			return nil, ignore(err, fs.ErrNotExist)
		}
	}
	entries, err := os.ReadDir(dir)
	return entries, ignore(err, fs.ErrNotExist)
}

// ignore returns err unless it is one of these.
func ignore(err error, expected ...error) error {
	for _, e := range expected {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}
