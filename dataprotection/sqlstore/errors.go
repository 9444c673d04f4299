package sqlstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// Errors are known by their SQLSTATE where the driver tells it, and else by their
// text, since this package knows no driver. The texts are those of the servers.
type kind []string

var (
	missing = kind{"42P01", "Error 1146", "no such table"}
	there   = kind{"42P07", "23505", "42710"}
	busy    = kind{
		"40001", "40P01", "55P03", // serialization, deadlock, lock not available
		"Error 1213", "Error 1205", // deadlock, lock wait timeout
		"database is locked", "database table is locked", "SQLITE_BUSY",
	}
	readOnly = kind{"25006", "Error 1290", "Error 1836", "readonly database"}
	denied   = kind{"42501", "Error 1142", "Error 1044", "Error 1045"}
)

// errBusy says that another writer did not come to an end.
var errBusy = errors.New("another instance has been writing for 10 seconds")

func (k kind) is(err error) bool {
	if err == nil {
		return false
	}
	var state interface{ SQLState() string }
	code := ""
	if errors.As(err, &state) {
		code = state.SQLState()
	}
	for _, sign := range k {
		if code == sign || code == "" && strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}

func isMissing(err error) bool { return missing.is(err) }
func isThere(err error) bool   { return there.is(err) }

// attempts is how often an operation is tried that fails in passing. The waits
// between, of 20 ms to 100 ms, add up to some seconds.
const attempts = 60

// patiently repeats an operation that has got in another's way.
func (s *Store) patiently(ctx context.Context, operation func() error) error {
	for attempt := 1; ; attempt++ {
		err := operation()
		if !busy.is(err) || attempt == attempts {
			return err
		}
		var b [1]byte
		rand.Read(b[:])
		timer := time.NewTimer(20*time.Millisecond + time.Duration(b[0])*80*time.Millisecond/256)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// failed puts an error into the ring's words, with what to do about it. An end of
// the context is the caller's own doing and stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	advice := ""
	switch {
	case isMissing(err):
		advice = "; make it once with: " + s.sql.create + "; or set CreateTable"
	case readOnly.is(err):
		advice = "; connect to the primary server"
	case denied.is(err):
		advice = "; docs/load-balancing.md lists the permissions that are needed"
	}
	return &dataprotection.RingError{Op: op, Err: fmt.Errorf("%s: %w%s", s, err, advice)}
}
