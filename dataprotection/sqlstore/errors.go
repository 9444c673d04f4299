package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/sqlserver"
)

// errBusy says that another writer did not come to an end.
var errBusy = errors.New("another instance has been writing for 10 seconds")

// failed puts an error into the ring's words, with what to do about it. An end of
// the context is the caller's own doing and stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	err = sqlserver.Explain(err, "make it once with: "+s.sql.create+"; or set CreateTable", "docs/load-balancing.md")
	return &dataprotection.RingError{Op: op, Err: fmt.Errorf("%s: %w", s, err)}
}
