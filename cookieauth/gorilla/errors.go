package gorilla

import (
	"errors"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/dataprotection"
)

// A kind is one of the three of securecookie.Error.
type kind int

const (
	usage kind = iota
	decode
	internal
)

// A codecError is a securecookie.Error that errors.Is and errors.As see through.
type codecError struct {
	kind  kind
	what  string // empty if the cause says it all
	cause error  // may be nil
}

var _ securecookie.Error = (*codecError)(nil)

func (e *codecError) IsUsage() bool    { return e.kind == usage }
func (e *codecError) IsDecode() bool   { return e.kind == decode }
func (e *codecError) IsInternal() bool { return e.kind == internal }
func (e *codecError) Cause() error     { return e.cause }
func (e *codecError) Unwrap() error    { return e.cause }

// Is reports that an error about the value is a dataprotection.ErrInvalidPayload.
func (e *codecError) Is(target error) bool {
	return e.kind == decode && target == dataprotection.ErrInvalidPayload
}

func (e *codecError) Error() string {
	switch {
	case e.cause == nil:
		return "gorilla: " + e.what
	case e.what == "":
		return "gorilla: " + e.cause.Error()
	}
	return "gorilla: " + e.what + ": " + e.cause.Error()
}

// asCodecError gives an error of the ring its kind. What is neither about the
// value nor an outage is about the name, which must be valid UTF-8, or the clock.
func asCodecError(err error) *codecError {
	switch {
	case errors.Is(err, dataprotection.ErrUnavailable):
		return &codecError{internal, "", err}
	case errors.Is(err, dataprotection.ErrInvalidPayload):
		return &codecError{decode, "", err}
	}
	return &codecError{usage, "", err}
}

// kindOf returns the kind of a legacy codec's error. securecookie returns a plain
// error for a value that is too long: whatever has no kind is about the value.
func kindOf(err error) kind {
	var e securecookie.Error
	switch {
	case !errors.As(err, &e):
		return decode
	case e.IsInternal():
		return internal
	case e.IsUsage():
		return usage
	}
	return decode
}
