package ticket

import (
	"errors"
	"fmt"

	"github.com/sealring/sealring/cookieauth/claims"
)

// ErrMalformed says that data is no ticket of the supported version. The errors
// that wrap it say why, for a log.
var ErrMalformed = errors.New("ticket: malformed")

// ErrInvalid says that a ticket cannot be written. The errors that wrap it say why.
var ErrInvalid = errors.New("ticket: cannot be written")

// A Ticket is what a sign-in leaves behind. It may be used concurrently as long
// as nobody modifies it.
type Ticket struct {
	// Scheme is the name of the scheme that issued the ticket.
	Scheme string
	// Principal is who was signed in. Its identities' labels are not kept by the format.
	Principal *claims.Principal
	// Properties are those of the sign-in.
	Properties Properties
}

// Clone returns a copy that shares nothing that can be modified.
func (t *Ticket) Clone() *Ticket {
	return &Ticket{Scheme: t.Scheme, Principal: t.Principal.Clone(), Properties: t.Properties.Clone()}
}

// String names the scheme and tells how many identities there are, and shows
// nothing else.
func (t *Ticket) String() string {
	return fmt.Sprintf("ticket of %s with %d identities", t.Scheme, len(t.Principal.Identities()))
}

// GoString is String, so that %#v shows no secrets either.
func (t *Ticket) GoString() string { return t.String() }

const (
	ticketVersion     = 5
	propertiesVersion = 1

	// maxActors is how deeply identities may act for one another. Nobody needs
	// more than two; the bound keeps a hostile ticket from exhausting the stack.
	maxActors = 16

	// The least bytes that one of each takes, by which counts are judged before
	// anything is allocated.
	minIdentity = 9 // three strings, a count, two flags
	minClaim    = 9 // five strings, a count
	minPair     = 2 // two strings
)
