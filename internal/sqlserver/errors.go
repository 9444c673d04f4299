// Package sqlserver is what stores in databases have in common: what an error
// means, patience with the busy, and names in quotes. It knows no driver.
package sqlserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
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
	duplicate = kind{"23505", "Error 1062", "UNIQUE constraint failed"}
	readOnly  = kind{"25006", "Error 1290", "Error 1836", "readonly database"}
	denied    = kind{"42501", "Error 1142", "Error 1044", "Error 1045"}
)

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

// IsMissing reports whether a table is not there.
func IsMissing(err error) bool { return missing.is(err) }

// IsThere reports whether what was to be made is there.
func IsThere(err error) bool { return there.is(err) }

// IsDuplicate reports whether a row with that key is there.
func IsDuplicate(err error) bool { return duplicate.is(err) }

// attempts is how often an operation is tried that fails in passing. The waits
// between, of 20 ms to 100 ms, add up to some seconds.
const attempts = 60

// Patiently repeats an operation that has got in another's way.
func Patiently(ctx context.Context, operation func() error) error {
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

// Explain adds to an error what to do about it: to make a table that is missing,
// or to read the page that lists permissions.
func Explain(err error, toMake, doc string) error {
	switch {
	case IsMissing(err):
		return fmt.Errorf("%w; %s", err, toMake)
	case readOnly.is(err):
		return fmt.Errorf("%w; connect to the primary server", err)
	case denied.is(err):
		return fmt.Errorf("%w; %s lists the permissions that are needed", err, doc)
	}
	return err
}

// Quote puts a name into quotation marks.
func Quote(mark, name string) string {
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}
