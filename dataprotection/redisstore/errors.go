package redisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/redisserver"
)

// failed puts an error into the ring's words. An end of the context is the
// caller's own doing and stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	err = redisserver.Explain(err, "docs/load-balancing.md")
	return &dataprotection.RingError{Op: op, Err: fmt.Errorf("%s: %w", s, err)}
}
