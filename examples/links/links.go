package main

import (
	"context"
	"net/url"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// How long links are good. One that opens an account is good for as long as a person
// needs who waits for it, and no longer.
const (
	resetLife   = 30 * time.Minute
	confirmLife = 7 * 24 * time.Hour
)

// A reset is what a link says that sets a new password. Version is that of the
// account when the link was made: each change of the password makes another, so that
// a link is good once, and the ones before it not at all any more.
type reset struct {
	Email   string `json:"e"`
	Version string `json:"v"`
}

// A confirmation is what a link says that confirms an address. Used again it changes
// nothing.
type confirmation struct {
	Email string `json:"e"`
}

// links makes and opens links. Each kind has purposes of its own: nothing else keeps
// one from being taken for the other.
type links struct {
	resets        *dataprotection.Typed[reset]
	confirmations *dataprotection.Typed[confirmation]
}

func newLinks(ring *dataprotection.KeyRing) *links {
	return &links{
		dataprotection.NewTyped[reset](ring.Protector("Links.Reset", "v1").TimeLimited()),
		dataprotection.NewTyped[confirmation](ring.Protector("Links.Confirmation", "v1").TimeLimited()),
	}
}

// forReset returns the path of a link. What is sealed can stand in a query as it is.
func (l *links) forReset(a account) (string, error) {
	return path(l.resets, "/reset", reset{a.email, a.version}, resetLife)
}

func (l *links) forConfirmation(a account) (string, error) {
	return path(l.confirmations, "/confirm", confirmation{a.email}, confirmLife)
}

// path puts the text into the query, which is neither logged here nor, given the
// right Referrer-Policy, told to other sites.
func path[T any](kind *dataprotection.Typed[T], page string, value T, life time.Duration) (string, error) {
	text, err := kind.Protect(value, time.Now().Add(life))
	if err != nil {
		return "", err
	}
	return page + "?link=" + url.QueryEscape(text), nil
}

// openReset returns the account that a link is good for now. Links that have been
// used, that are too old or that are made up are all ErrInvalidPayload: whoever
// holds one can do the same about each, which is to ask for another.
func (l *links) openReset(ctx context.Context, text string, accounts *accounts) (account, error) {
	said, err := l.resets.Unprotect(ctx, text)
	if err != nil {
		return account{}, err
	}
	a, ok := accounts.find(said.Email)
	if !ok || a.version != said.Version {
		return account{}, dataprotection.ErrInvalidPayload
	}
	return a, nil
}
