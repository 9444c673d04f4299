package main

import (
	"crypto/rand"
	"crypto/subtle"

	"golang.org/x/crypto/argon2"
)

// A user as a database would hold it: no password, only what it hashes to.
type user struct {
	id, name   string
	salt, hash []byte
}

// users are those of the demonstration, kept in memory.
type users struct {
	byName  map[string]user
	nobody  user          // hashed for names that do not exist, so that they take as long
	hashing chan struct{} // each hash takes 64 MiB, so few run at a time
}

func demoUsers() *users {
	u := &users{byName: map[string]user{}, nobody: newUser("", "", rand.Text()), hashing: make(chan struct{}, 2)}
	for id, name := range map[string]string{"1": "alice", "2": "bob"} {
		u.byName[name] = newUser(id, name, "correct horse")
	}
	return u
}

func newUser(id, name, password string) user {
	salt := make([]byte, 16)
	rand.Read(salt)
	return user{id: id, name: name, salt: salt, hash: hashPassword(password, salt)}
}

// verify returns the user if the password is right. It takes the same time
// whether the name exists or not.
func (u *users) verify(name, password string) (user, bool) {
	found, exists := u.byName[name]
	if !exists {
		found = u.nobody
	}
	u.hashing <- struct{}{}
	defer func() { <-u.hashing }()
	right := subtle.ConstantTimeCompare(hashPassword(password, found.salt), found.hash) == 1
	return found, right && exists
}

// hashPassword uses argon2id with the second choice of RFC 9106, section 4.
func hashPassword(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, 3, 64<<10, 4, 32)
}
