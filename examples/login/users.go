package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A user as a database would hold it.
type user struct {
	ID       string    `json:"id"` // never changes, and is never given to somebody else
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Password string    `json:"password"` // a hash
	Admin    bool      `json:"admin"`
	Created  time.Time `json:"created"`
}

var (
	errNoUser = errors.New("there is no such user")
	errTaken  = errors.New("there is a user with that address")
)

// maxTries is how often a file is looked for that has made way for the next one.
const maxTries = 100

// users keeps each user in a folder, as a file that is named after its version:
// 00000001.json, then 00000002.json. A version is written whole before it gets its
// name, and none is ever written twice, so that several instances can share the
// folder without locks. The highest counts. It may be used concurrently.
type users struct{ dir string }

func openUsers(dir string) (*users, error) {
	return &users{dir}, os.MkdirAll(dir, 0o700)
}

// canonical is how addresses are compared: nobody who types theirs minds the case.
func canonical(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// folder is named by a hash, since an address can have what a file's name cannot.
func (u *users) folder(email string) string {
	sum := sha256.Sum256([]byte(canonical(email)))
	return filepath.Join(u.dir, hex.EncodeToString(sum[:16]))
}

// find returns a user, or errNoUser.
func (u *users) find(email string) (user, error) {
	found, _, err := latest(u.folder(email))
	return found, err
}

// all returns everybody, by address.
func (u *users) all() ([]user, error) {
	folders, err := os.ReadDir(u.dir)
	if err != nil {
		return nil, err
	}
	var list []user
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		switch found, _, err := latest(filepath.Join(u.dir, f.Name())); {
		case errors.Is(err, errNoUser): // somebody who is just registering
		case err != nil:
			return nil, err
		default:
			list = append(list, found)
		}
	}
	slices.SortFunc(list, func(a, b user) int { return strings.Compare(a.Email, b.Email) })
	return list, nil
}

// create adds a user, with an id of their own. The first one of all becomes admin. It
// returns errTaken if there is one with that address.
func (u *users) create(n user) (user, error) {
	n.ID, n.Email, n.Created = rand.Text(), canonical(n.Email), time.Now().UTC().Truncate(time.Second)
	folder := u.folder(n.Email)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return user{}, err
	}
	if _, _, err := latest(folder); !errors.Is(err, errNoUser) {
		if err == nil {
			err = errTaken
		}
		return user{}, err
	}
	first, err := u.isFirst(n.Email)
	if err != nil {
		return user{}, err
	}
	n.Admin = first
	switch ok, err := store(folder, 1, n); {
	case err != nil:
		return user{}, err
	case !ok:
		return user{}, errTaken
	}
	return n, nil
}

// update changes a user. If somebody else does so at the same time, change is called
// again with what they have made. It returns the errors of change.
func (u *users) update(email string, change func(*user) error) (user, error) {
	folder := u.folder(email)
	for {
		found, version, err := latest(folder)
		if err != nil {
			return user{}, err
		}
		if err := change(&found); err != nil {
			return user{}, err
		}
		if ok, err := store(folder, version+1, found); ok || err != nil {
			return found, err
		}
	}
}

// isFirst reports whether nobody came before who has another address: there is one
// file with the address of the first, which is never written again.
func (u *users) isFirst(email string) (bool, error) {
	name := filepath.Join(u.dir, "first")
	whole, err := writeTemp(u.dir, []byte(email))
	if err != nil {
		return false, err
	}
	defer os.Remove(whole)
	if err := os.Link(whole, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	first, err := os.ReadFile(name)
	return string(first) == email, err
}

// latest returns the highest version of a user.
func latest(folder string) (found user, version int, err error) {
	for range maxTries {
		versions, err := versionsIn(folder)
		if err != nil {
			return user{}, 0, err
		}
		if len(versions) == 0 {
			return user{}, 0, errNoUser
		}
		version = versions[len(versions)-1]
		text, err := os.ReadFile(fileOf(folder, version))
		if errors.Is(err, fs.ErrNotExist) {
			continue // there is a higher one by now
		} else if err != nil {
			return user{}, 0, err
		}
		err = json.Unmarshal(text, &found)
		return found, version, err
	}
	return user{}, 0, errors.New("read a user: the files change too fast")
}

// versionsIn lists the versions of a user, lowest first.
func versionsIn(folder string) (versions []int, err error) {
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		if n, err := strconv.Atoi(strings.TrimSuffix(f.Name(), ".json")); err == nil {
			versions = append(versions, n)
		}
	}
	slices.Sort(versions)
	return versions, nil
}

func fileOf(folder string, version int) string {
	return filepath.Join(folder, strings.Repeat("0", max(0, 8-len(strconv.Itoa(version))))+strconv.Itoa(version)+".json")
}

// store writes a version and removes older ones. It returns false if somebody else
// was faster: then there is that version, or was, and there is a higher one.
func store(folder string, version int, n user) (ok bool, err error) {
	text, err := json.MarshalIndent(n, "", "\t")
	if err != nil {
		return false, err
	}
	whole, err := writeTemp(folder, text)
	if err != nil {
		return false, err
	}
	defer os.Remove(whole)
	if err := os.Link(whole, fileOf(folder, version)); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	versions, err := versionsIn(folder)
	if err != nil {
		return false, err
	}
	for _, old := range versions {
		if old > version {
			_ = os.Remove(fileOf(folder, version)) // it never counted
			return false, nil
		} else if old < version {
			_ = os.Remove(fileOf(folder, old)) // it counts no more, whether it goes or not
		}
	}
	return true, syncDir(folder)
}

// writeTemp returns the name of a file with text that a power cut does not take away.
func writeTemp(folder string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// syncDir makes the names in a folder last. Systems that cannot do so need not.
func syncDir(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	_ = d.Sync()
	return d.Close()
}
