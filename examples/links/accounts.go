package main

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"github.com/sealring/sealring/dataprotection"
)

// An account as a database would hold it.
type account struct {
	email     string
	confirmed bool
	hash      []byte
	version   string // another one with each password
}

// accounts are kept in memory. They may be used concurrently.
type accounts struct {
	nobody  []byte // a hash that takes as long to compare as anybody's
	mu      sync.Mutex
	byEmail map[string]account
}

var errTaken = errors.New("there is an account with that address")

func newAccounts() *accounts {
	nobody, _ := bcrypt.GenerateFromPassword([]byte(rand.Text()), bcrypt.DefaultCost) // which fails for over 72 bytes only
	return &accounts{nobody: nobody, byEmail: map[string]account{}}
}

// key is how addresses are compared: nobody who types theirs minds the case.
func key(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func (s *accounts) find(email string) (account, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.byEmail[key(email)]
	return a, ok
}

func (s *accounts) create(email, password string) (account, error) {
	a := account{email: key(email), version: rand.Text()}
	var err error
	if a.hash, err = bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost); err != nil {
		return account{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.byEmail[a.email]; taken {
		return account{}, errTaken
	}
	s.byEmail[a.email] = a
	return a, nil
}

// setPassword sets a new password if the account is still of that version, else it
// returns ErrInvalidPayload. Of two who use one link at the same moment, one is late.
func (s *accounts) setPassword(email, version, password string) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, found := s.byEmail[key(email)]
	if !found || a.version != version {
		return dataprotection.ErrInvalidPayload
	}
	a.hash, a.version, a.confirmed = hash, rand.Text(), true // the link came by that address
	s.byEmail[a.email] = a
	return nil
}

// confirm notes that an address is that of whoever has the account.
func (s *accounts) confirm(email string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, found := s.byEmail[key(email)]; found {
		a.confirmed = true
		s.byEmail[a.email] = a
	}
}

// verify returns the account of that address and password. How long it takes does not
// tell whether there is one of that address.
func (s *accounts) verify(email, password string) (account, bool) {
	a, found := s.find(email)
	if !found {
		a.hash = s.nobody
	}
	err := bcrypt.CompareHashAndPassword(a.hash, []byte(password))
	return a, found && err == nil
}
