package ticket

import (
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
)

// A Draft is the ticket of an ordinary sign-in, which nobody wants to see before it
// is sealed: it is written without being made.
type Draft struct {
	// Scheme is the name of the scheme that issues the ticket, and the authentication
	// type of identities that claims.New has made.
	Scheme string
	// Principal is who is signed in.
	Principal *claims.Principal
	// Persistent says that the cookie outlives the browser's session.
	Persistent bool
	// Issued and Expires are the ticket's dates. Zero means none.
	Issued, Expires time.Time
}

// AppendBinary appends the ticket in its format to dst, as that of Ticket does.
func (d *Draft) AppendBinary(dst []byte) ([]byte, error) {
	w := newWriter(dst)
	w.draft(d)
	if w.mustLookCloser() {
		w.draft(d)
	}
	return w.result()
}

func (w *writer) draft(d *Draft) {
	w.head(d.Scheme, d.Principal, d.Scheme)
	w.int32(propertiesVersion)
	w.int32(count(d.Persistent) + count(!d.Issued.IsZero()) + count(!d.Expires.IsZero()))
	if d.Persistent {
		w.string(keyPersistent)
		w.string("")
	}
	w.date(keyIssued, d.Issued)
	w.date(keyExpires, d.Expires)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (w *writer) date(key string, t time.Time) {
	if !t.IsZero() {
		w.string(key)
		w.buf = appendDate(append(w.buf, byte(dateLength)), t)
	}
}
