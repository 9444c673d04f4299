package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sealring/sealring/dataprotection"
)

// advice is what to do about an error of the server. The codes stand at the
// beginning of a message, or, in older servers, within that of a script.
var advice = []struct{ code, advice string }{
	{"READONLY ", "the client is connected to a replica; connect it to the master, by Sentinel for instance"},
	{"WRONGTYPE ", "the key holds something else than a list; another program uses it"},
	{"NOPERM ", "the user lacks permissions; docs/load-balancing.md lists those that are needed"},
	{"can't run this command", "the user lacks permissions; docs/load-balancing.md lists those that are needed"},
	{"OOM ", "the server has reached maxmemory; give it more, or the ring a server of its own"},
	{"MISCONF ", "the server cannot write to its disk and takes no changes until it can"},
	{"NOREPLICAS ", "fewer replicas are connected than min-replicas-to-write asks for"},
}

// failed puts an error into the ring's words. An end of the context is the
// caller's own doing and stays as it is.
func (s *Store) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	for _, a := range advice {
		if strings.Contains(err.Error(), a.code) {
			err = fmt.Errorf("%w (%s)", err, a.advice)
			break
		}
	}
	return &dataprotection.RingError{Op: op, Err: fmt.Errorf("%s: %w", s, err)}
}
