package cookieauth

import (
	"context"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// A CutoffStore keeps the cut-offs of an application where all its instances see
// them. It may also be a dataprotection.Notifier.
//
// Implementations must be safe for concurrent use, by several goroutines and by
// several processes on several machines. Package sessiontest checks the contract.
type CutoffStore interface {
	// LoadCutoffs returns all cut-offs, in no particular order, and the version of that
	// list, which is never empty. One whose Until has passed by more than an hour may
	// be missing, and no other, since clocks differ. With since set to the
	// version of an earlier list it may return dataprotection.ErrNotModified when
	// nothing has changed; it should find that out cheaply, because it is asked every
	// few seconds. A store that cannot be read in full returns an error, and never
	// part of the list: a cut-off that is missing lets somebody in.
	LoadCutoffs(ctx context.Context, since dataprotection.Version) ([]Cutoff, dataprotection.Version, error)

	// AddCutoffs stores cut-offs durably: once it has returned nil, they are in what
	// any process loads from then on. Adding what is there already succeeds; of two
	// that differ in Until only, the later one alone is in the list. An error leaves
	// open which of them were added. It may remove cut-offs whose Until has passed by
	// more than an hour.
	AddCutoffs(ctx context.Context, cutoffs ...Cutoff) error
}

// A Cutoff says that sessions are over: one session, or those of a user or of
// everybody that began before some moment. It is comparable, with times in UTC
// and whole microseconds.
type Cutoff struct {
	// Session is the id of the one session that is over, and then User, Before and
	// Except are empty. Any valid UTF-8 without NUL, at most 128 bytes.
	Session string
	// User is the id of the user whose sessions are over, at most 512 bytes, any valid
	// UTF-8 without NUL. If both Session and User are empty, everybody's are.
	User string
	// Before is the moment: sessions that began before it are over.
	Before time.Time
	// Except is the id of a session of the user that goes on all the same.
	Except string
	// Until is when the cut-off may be forgotten, because no ticket that it concerns
	// can be valid any more.
	Until time.Time
}
