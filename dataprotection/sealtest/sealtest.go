package sealtest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/internal/contracttest"
)

// A Sealer seals, and opens what it has sealed.
type Sealer interface {
	dataprotection.Sealer
	dataprotection.Opener
}

// Options tells what a sealer does not promise. The zero value asks for everything.
type Options struct {
	_ struct{}

	// NotAuthenticated says that the format does not show every change of an
	// element, as XML Encryption with CBC does not. What comes out of a changed one
	// must still not be another key.
	NotAuthenticated bool

	// OneHolder says that all sealers of a program are one holder's, as where the
	// system keeps the keys of the account, so that a foreign one cannot be had.
	OneHolder bool
}

// Run checks a sealer. For each check fresh is called and makes a new holder, with
// keys or secrets of its own; the function that it returns makes one more sealer of
// that holder, as another process would. What sealers need to be closed is for
// t.Cleanup.
func Run(t *testing.T, fresh func(t *testing.T) (open func() Sealer), options Options) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, holders{fresh: func() func() Sealer { return fresh(t) }, Options: options})
		})
	}
}

// A check is one part of the contract.
type check struct {
	name string
	run  func(t reporter, h holders)
}

var checks = []check{
	{"keys come back", roundTrip},
	{"another process opens", anotherProcess},
	{"in a key file", inKeyFile},
	{"one element", oneElement},
	{"nothing in clear", nothingInClear},
	{"never twice the same", neverTwiceTheSame},
	{"no aliasing", noAliasing},
	{"the rest of the type name", restOfTypeName},
	{"foreign types", foreignTypes},
	{"knows its own", knowsItsOwn},
	{"another holder", anotherHolder},
	{"garbage", garbage},
	{"changed elements", changedElements},
	{"cut elements", cutElements},
	{"mixed elements", mixedElements},
	{"in place of another key", inPlaceOfAnother},
	{"at the same time", atTheSameTime},
}

// A reporter is *testing.T, or what tests of this package watch a check fail with.
type reporter = contracttest.T

// holders is what one check works on.
type holders struct {
	Options
	fresh func() (open func() Sealer)
}

// sealer makes one sealer of a new holder.
func (h holders) sealer() Sealer { return h.fresh()() }

// A sealed is a key that was sealed.
type sealed struct {
	id            dataprotection.KeyID
	master        []byte
	fragment      []byte
	decryptorType string
	element       []byte
}

// secret is a key with n bytes, unlike that of any other seed.
func secret(n int, seed byte) sealed {
	k := sealed{id: dataprotection.KeyID{0: seed, 15: 1}, master: make([]byte, n)}
	for i := range k.master {
		k.master[i] = byte(i*i+3*i) ^ 7*seed
	}
	k.fragment = fmt.Appendf(nil, `<masterKey d1p1:requiresEncryption="true" xmlns:d1p1="http://schemas.asp.net/2015/03/dataProtection">`+
		`<!-- Warning: the key below is in an unencrypted form. --><value>%s</value></masterKey>`, k.text())
	return k
}

func (k sealed) text() string { return base64.StdEncoding.EncodeToString(k.master) }

// seal seals a key, and fails the check if that does not work.
func seal(t reporter, s Sealer, k sealed) sealed {
	t.Helper()
	var err error
	k.decryptorType, k.element, err = s.Seal(t.Context(), k.id, bytes.Clone(k.fragment))
	if err != nil {
		t.Fatalf("Seal of a fragment of %d bytes: %v", len(k.fragment), err)
	}
	return k
}

// open opens a sealed key as the ring would. A panic is an error like others.
func open(t reporter, s Sealer, k sealed) (fragment []byte, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("Open has panicked: %v\n%s", p, k.element)
		}
	}()
	if ko, ok := s.(dataprotection.KeyOpener); ok {
		return ko.OpenKey(t.Context(), k.id, k.decryptorType, bytes.Clone(k.element))
	}
	return s.Open(t.Context(), k.decryptorType, bytes.Clone(k.element))
}

// opens fails the check unless k opens to its fragment.
func opens(t reporter, s Sealer, k sealed) {
	t.Helper()
	got, err := open(t, s, k)
	if err != nil {
		t.Fatalf("Open of what was sealed: %v", err)
	}
	if !same(got, k.fragment) {
		t.Fatalf("Open returned\n%.200q\nwant\n%.200q", got, k.fragment)
	}
}

// same compares XML, since some formats encrypt a document, with mark and declaration.
func same(a, b []byte) bool {
	a, err := keyxml.OneLine(a)
	if err != nil {
		return false
	}
	b, err = keyxml.OneLine(b)
	return err == nil && bytes.Equal(a, b)
}

// refused fails the check unless err refuses, and neither it nor what came with it
// shows what was sealed.
func refused(t reporter, k sealed, what string, got []byte, err error) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: Open returned %.100q and no error", what, got)
	}
	if got != nil {
		t.Fatalf("%s: Open returned %d bytes beside the error %v", what, len(got), err)
	}
	if strings.Contains(err.Error(), k.text()) || strings.Contains(err.Error(), string(k.fragment)) {
		t.Fatalf("%s: the error shows the key", what)
	}
}

// notAnother fails the check if a changed element opens as another key. It may be
// refused, or else the change has to be one of no consequence.
func (h holders) notAnother(t reporter, s Sealer, k sealed, what string) {
	t.Helper()
	got, err := open(t, s, k)
	if err != nil {
		refused(t, k, what, got, err)
		return
	}
	if same(got, k.fragment) {
		return
	}
	if !h.NotAuthenticated {
		t.Fatalf("%s: Open returned something else, %.200q", what, got)
	}
	if master, err := masterIn(k, got); err == nil && !bytes.Equal(master, k.master) {
		t.Fatalf("%s: another key came out", what)
	}
}

// masterIn reads the secret that a ring would take from what an opener returned.
func masterIn(k sealed, opened []byte) ([]byte, error) {
	pass := func(fragment []byte) (string, []byte, error) { return "pass", []byte("<through />"), nil }
	file, err := keyFile(k, pass)
	if err != nil {
		return nil, err
	}
	return masterOf(file, func(string, []byte) ([]byte, error) { return opened, nil })
}

// keyFile writes a key as the ring does.
func keyFile(k sealed, seal keyxml.Seal) ([]byte, error) {
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	key := keyxml.Key{ID: k.id, Created: made, Activates: made, Expires: made.AddDate(0, 3, 0)}
	algorithm := keyxml.Algorithm{Kind: keyxml.Portable, Encryption: "AES_256_CBC", Validation: "HMACSHA256"}
	return keyxml.MarshalKey(key, algorithm, k.master, seal)
}

// masterOf reads the secret of a key file as the ring does.
func masterOf(file []byte, unseal func(string, []byte) ([]byte, error)) ([]byte, error) {
	parsed, err := keyxml.Parse(file)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*keyxml.Key)
	if !ok {
		return nil, errors.New("it is no key")
	}
	_, master, err := key.Open(unseal)
	return master, err
}
