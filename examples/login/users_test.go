package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func newUsers(t *testing.T) *users {
	t.Helper()
	u, err := openUsers(filepath.Join(t.TempDir(), "users"))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	u := newUsers(t)
	ada, err := u.create(user{Email: " Ada@Example.org", Name: "Ada"})
	if err != nil || ada.ID == "" || ada.Email != email || !ada.Admin {
		t.Fatalf("%+v, %v", ada, err)
	}
	bob, err := u.create(user{Email: "bob@example.org"})
	if err != nil || bob.Admin || bob.ID == ada.ID {
		t.Errorf("the second: %+v, %v", bob, err)
	}
	if _, err := u.create(user{Email: "ADA@example.org"}); !errors.Is(err, errTaken) {
		t.Errorf("the same address: %v", err)
	}
	if found, err := u.find("ADA@example.org "); err != nil || found != ada {
		t.Errorf("%+v, %v; want %+v", found, err, ada)
	}
	if _, err := u.find("nobody@example.org"); !errors.Is(err, errNoUser) {
		t.Errorf("nobody: %v", err)
	}
	all, err := u.all()
	if err != nil || len(all) != 2 || all[0] != ada || all[1] != bob {
		t.Errorf("all: %+v, %v", all, err)
	}
	failed := errors.New("no")
	if _, err := u.update(email, func(*user) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("a change that fails: %v", err)
	}
	if _, err := u.update("nobody@example.org", func(*user) error { return nil }); !errors.Is(err, errNoUser) {
		t.Errorf("a change of nobody: %v", err)
	}
}

// Instances that change a user at the same time lose nothing of each other's.
func TestUsersConcurrently(t *testing.T) {
	u := newUsers(t)
	var together sync.WaitGroup
	made := make(chan user, 8)
	for range 8 {
		together.Go(func() {
			if n, err := (&users{u.dir}).create(user{Email: email}); err == nil {
				made <- n
			} else if !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if len(made) != 1 || !(<-made).Admin {
		t.Fatal("not exactly one of them was created, as admin")
	}
	for k := range 8 {
		together.Go(func() {
			for n := range 5 {
				_, err := (&users{u.dir}).update(email, func(u *user) error {
					u.Name += fmt.Sprintf("%d%d ", k, n)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if _, err := u.find(email); err != nil {
					t.Error(err)
				}
			}
		})
	}
	together.Wait()
	found, err := u.find(email)
	if err != nil || len(found.Name) < 8*5*3 {
		t.Errorf("%d changes of 40 are there: %q, %v", len(found.Name)/3, found.Name, err)
	}
	files, _ := os.ReadDir(u.folder(email))
	if len(files) != 1 {
		t.Errorf("%d files are left, want 1", len(files))
	}
}

func TestDamagedUser(t *testing.T) {
	u := newUsers(t)
	if _, err := u.create(user{Email: email}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(fileOf(u.folder(email), 2), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := u.find(email); err == nil || errors.Is(err, errNoUser) {
		t.Errorf("find: %v", err)
	}
	if _, err := u.create(user{Email: email}); err == nil || errors.Is(err, errTaken) {
		t.Errorf("create: %v", err)
	}
	if _, err := u.all(); err == nil {
		t.Error("all: no error")
	}
}
