package dataprotection

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors that callers may branch on. Three audiences: whoever configures the
// ring gets a *ConfigError; a client with a bad payload gets ErrInvalidPayload,
// and which check failed stays unsaid; an outage of our own is ErrUnavailable
// and never looks like either.
var (
	// ErrInvalidPayload says that a payload was not made by this ring for this
	// purpose, or was changed, or is no longer to be accepted.
	ErrInvalidPayload = errors.New("dataprotection: the payload is not valid")

	// ErrExpired says that a time-limited payload is past its end. It Is ErrInvalidPayload.
	ErrExpired error = &payloadError{"dataprotection: the payload has expired"}

	// ErrUnavailable says that the ring cannot judge or make a payload now: its
	// store cannot be reached or a key of it cannot be opened. It says nothing
	// about the payload.
	ErrUnavailable = errors.New("dataprotection: the key ring is not available")

	// ErrNoDefaultKey says that the ring has no key to protect with: it may not make
	// one, or has not made it yet, as in the moment after another program has revoked
	// the last one. It Is ErrUnavailable.
	ErrNoDefaultKey error = &unavailableError{"dataprotection: the key ring has no usable key, and a new one may not be made or has not been made yet"}

	// ErrConflict is returned by a Store whose content has moved on.
	ErrConflict = errors.New("dataprotection: the store has changed meanwhile")

	// ErrNotModified is returned by a Store whose content is still of the version asked about.
	ErrNotModified = errors.New("dataprotection: the store has not changed")

	// ErrNotMine is returned by an Opener for an element that is not of its kind.
	ErrNotMine = errors.New("dataprotection: the key was sealed by another mechanism or for another holder")
)

type payloadError struct{ text string }

func (e *payloadError) Error() string        { return e.text }
func (e *payloadError) Is(target error) bool { return target == ErrInvalidPayload }

type unavailableError struct{ text string }

func (e *unavailableError) Error() string        { return e.text }
func (e *unavailableError) Is(target error) bool { return target == ErrUnavailable }

// A KeyNotFoundError says that a payload names a key that is not in the ring.
// It Is ErrInvalidPayload. Its text is for the operator.
type KeyNotFoundError struct {
	KeyID KeyID
	// RingKeys is the number of keys that the ring does have.
	RingKeys int
}

func (e *KeyNotFoundError) Error() string {
	return fmt.Sprintf("dataprotection: key %s is not among the %d keys of the ring; likely causes: the payload was made with another key directory or before the keys were deleted", e.KeyID, e.RingKeys)
}

// Is reports that a KeyNotFoundError is an ErrInvalidPayload.
func (e *KeyNotFoundError) Is(target error) bool { return target == ErrInvalidPayload }

// A KeyRevokedError says that a payload was made with a revoked key. It Is ErrInvalidPayload.
type KeyRevokedError struct{ KeyID KeyID }

func (e *KeyRevokedError) Error() string {
	return fmt.Sprintf("dataprotection: key %s has been revoked", e.KeyID)
}

// Is reports that a KeyRevokedError is an ErrInvalidPayload.
func (e *KeyRevokedError) Is(target error) bool { return target == ErrInvalidPayload }

// A ConfigError lists everything that is wrong with a configuration.
type ConfigError struct{ Problems []FieldError }

// A FieldError says what is wrong with one field of a configuration.
type FieldError struct{ Field, Reason string }

func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString("dataprotection: invalid configuration:")
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte(';')
		}
		fmt.Fprintf(&b, " %s: %s", p.Field, p.Reason)
	}
	return b.String()
}

// A RingError says which element of a ring could not be dealt with, and why. It
// Is ErrUnavailable, since a ring that cannot be read or written is an outage and
// no fault of any payload.
type RingError struct {
	// Op is what was tried: "list", "wait", "read", "parse", "open", "seal", "add", "remove", ….
	Op string
	// Element names the element, by file name or key id. It is empty where the
	// store as a whole is meant.
	Element string
	// Store says where the element is, if the ring knows.
	Store string
	Err   error
}

func (e *RingError) Error() string {
	if e.Element == "" {
		return fmt.Sprintf("dataprotection: %s: %v", e.Op, e.Err)
	}
	if e.Store != "" {
		return fmt.Sprintf("dataprotection: %s %s in %s: %v", e.Op, e.Element, e.Store, e.Err)
	}
	return fmt.Sprintf("dataprotection: %s %s: %v", e.Op, e.Element, e.Err)
}

func (e *RingError) Unwrap() error { return e.Err }

// Is reports that a RingError is an ErrUnavailable.
func (e *RingError) Is(target error) bool { return target == ErrUnavailable }

// A KeyInUseError is returned when a key is to be deleted whose payloads may
// still be in use, and deletion was not forced.
type KeyInUseError struct {
	KeyID KeyID
	// Default reports whether the key is the one that the ring protects with.
	Default bool
	// Expires is when the key stops being used for new payloads.
	Expires time.Time
}

func (e *KeyInUseError) Error() string {
	what := "payloads made with it would become unreadable"
	if e.Default {
		what = "it is the key that new payloads are made with, and they would become unreadable"
	}
	return fmt.Sprintf("dataprotection: key %s is still in use until %s: %s", e.KeyID, e.Expires.UTC().Format(time.RFC3339), what)
}
