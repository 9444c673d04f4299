package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// This file is the protocol of the package comment, "Compare and append".

const (
	// claimAge is how old a claim is when its writer has stopped looking at it.
	claimAge = time.Minute

	// maxSlots bounds the search. Each dead claim is an Add that failed halfway
	// at one and the same state.
	maxSlots = 1000
)

func claimName(state string, slot int) string {
	return fmt.Sprintf("%s%s-%d%s", claimPrefix, state, slot, claimSuffix)
}

// publishIf publishes the element if the names are still those of state.
func (w *writer) publishIf(ctx context.Context, state string) error {
	claim, err := w.claim(ctx, state)
	if err != nil {
		return err // nobody has heard of our temporary file
	}
	w.at("claimed")
	if err := w.unchanged(ctx, state); errors.Is(err, dataprotection.ErrConflict) {
		return w.withdraw(ctx, claim)
	} else if err != nil {
		return err // the claim stays and is dead once the temporary file is gone
	}
	w.at("looked again")
	err = w.publish(ctx)
	if errors.Is(err, fs.ErrExist) { // by somebody without a claim, this moment
		return cmp.Or(w.unchanged(ctx, state), err)
	}
	if err != nil {
		return err
	}
	w.discard(ctx, claim)
	w.at("claim removed")
	return nil
}

// unchanged returns ErrConflict if the names are not those of state any more.
func (w *writer) unchanged(ctx context.Context, state string) error {
	l, err := w.list(ctx)
	if err == nil && l.state() != state {
		return dataprotection.ErrConflict
	}
	return err
}

// claim wins the first slot of state that is not dead, or returns ErrConflict.
func (w *writer) claim(ctx context.Context, state string) (name string, err error) {
	for slot := range maxSlots {
		name := claimName(state, slot)
		err := w.take(ctx, name)
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		switch dead, err := w.help(ctx, name, state); {
		case err == errOwn:
			return name, nil
		case err != nil:
			return "", err
		case !dead:
			return "", dataprotection.ErrConflict
		}
	}
	return "", errors.New("too many writers have failed at this state of the directory; remove its .claim files while no program runs")
}

// errOwn says that a claim turned out to be ours.
var errOwn = errors.New("filestore: internal error: our own claim")

// take creates the claim, exclusively. With hard links it is complete as soon as
// it is there.
func (w *writer) take(ctx context.Context, claim string) error {
	draft, err := w.writeTemp(ctx, ".claim", []byte(w.temp))
	if err != nil {
		return err
	}
	defer w.root.Remove(draft)
	err = w.disk.link(w.root, draft, claim)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = w.disk.renameNew(w.root, draft, claim)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return writeFile(w.root, claim, []byte(w.temp), w.at)
}

// help publishes the element that a claim stands for, if the names are still those
// of state. It reports whether the claim is dead: its element can never be
// published any more.
func (w *writer) help(ctx context.Context, claim, state string) (dead bool, err error) {
	content, readErr := w.readText(ctx, claim)
	// Looking comes after reading: a claim of which we know that it was there while
	// the names were these is not that of a latecomer who will withdraw it.
	if err := w.unchanged(ctx, state); err != nil {
		return false, err
	}
	if errors.Is(readErr, fs.ErrNotExist) {
		return false, nil // its writer is through
	}
	if readErr != nil {
		return false, readErr
	}
	temp := string(content)
	if temp == w.temp {
		return false, errOwn // the network has repeated our own request
	}
	stem := stemOfTemp(temp)
	if stem == "" {
		return w.abandoned(ctx, claim)
	}
	err = w.place(ctx, temp, stem+elementSuffix)
	switch {
	case err == nil:
		w.at("helped")
		return false, syncRoot(ctx, w.root)
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil // published this moment
	}
	return false, err
}

// abandoned reports whether an incomplete claim is too old to be completed.
func (w *writer) abandoned(ctx context.Context, claim string) (bool, error) {
	own, err := w.lstat(ctx, w.temp)
	if err != nil {
		return false, err
	}
	info, err := w.lstat(ctx, claim)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return own.ModTime().Sub(info.ModTime()) > claimAge, nil
}

// withdraw takes back a claim that came too late. Without the temporary file
// nobody can publish the element; if a helper was faster, it has been added.
func (w *writer) withdraw(ctx context.Context, claim string) error {
	w.discard(ctx, claim)
	w.root.Remove(w.temp)
	l, err := w.list(ctx)
	if err != nil {
		return err
	}
	if l.has(w.name) && w.isOurs(ctx, fs.ErrNotExist) {
		return syncRoot(ctx, w.root)
	}
	return dataprotection.ErrConflict
}
