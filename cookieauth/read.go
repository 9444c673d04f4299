package cookieauth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/chunk"
	"github.com/sealring/sealring/internal/cookie"
)

const (
	// maxRead is how many characters of cookie are read, all chunks together.
	maxRead = 64 << 10
	// maxSameName is how many cookies of the name are tried. A browser sends several
	// where they were set for different paths or domains.
	maxSameName = 4

	// sessionIDClaim is the type of the one claim in a ticket that refers to a session
	// in a store.
	sessionIDClaim = "Microsoft.AspNetCore.Authentication.Cookies-SessionId"
)

// foundCookie is the login cookie as the request has it, not yet looked at.
type foundCookie struct {
	header cookie.Header
	name   string
	raw    string // the last one's
	count  int
}

func (a *Authenticator) findCookie(r *http.Request) (f foundCookie) {
	f.header = a.cookies(r)
	if f.header.Empty() {
		return f
	}
	f.name = a.cfg.Cookie.Name
	f.raw, f.count = f.header.Find(f.name)
	if f.count == 0 && a.plainName != "" && a.plainName != f.name {
		// Look at the connection only if there is such a cookie: it is rare and takes longer.
		if raw, count := f.header.Find(a.plainName); count > 0 && a.plainLoopback(r) {
			f.name, f.raw, f.count = a.plainName, raw, count
		}
	}
	return f
}

// A sighting is what else was seen when a cookie was read.
type sighting struct {
	oldKey bool           // it should be sealed anew
	stored *StoredSession // where its ticket comes from, if that is a store
}

// read opens the cookie and judges the ticket in it.
func (a *Authenticator) read(r *http.Request, found foundCookie, now time.Time, t *ticket.Buffer) (seen sighting, err error) {
	s := getScratch()
	defer s.release()
	if found.count == 1 && chunk.Count(found.raw) == 0 && len(found.raw) <= maxRead {
		if err := a.open(r.Context(), found.raw, s, now, t); !errors.Is(err, errMalformed) {
			return s.sighting, err
		}
	}
	values := found.header.All(found.name, maxSameName)
	if a.reference && len(values) > 1 {
		values = []string{found.header.Last(found.name)}
	}
	err = a.choose(r, found, values, s, now, t)
	return s.sighting, err
}

// choose tries several cookies of one name, each with the chunks it may have. The
// one that is valid counts; two that are valid must belong to one session.
func (a *Authenticator) choose(r *http.Request, found foundCookie, values []string, s *scratch, now time.Time, t *ticket.Buffer) (err error) {
	err = errMalformed
	valid := false
	var chosen sighting
	defer func() { s.sighting = chosen }()
	for _, first := range []bool{false, true} {
		for _, value := range values {
			if first && chunk.Count(value) == 0 {
				continue // has no chunks, hence no second set of them
			}
			candidate, candidateErr := a.candidate(r, found, value, first, s, now)
			switch {
			case errors.Is(candidateErr, dataprotection.ErrUnavailable):
				return candidateErr
			case candidateErr != nil:
				err = candidateErr
			case !valid:
				t.Ticket, valid, chosen = candidate.Ticket, true, s.sighting
			case !sameSession(&t.Ticket, &candidate.Ticket):
				t.Ticket = ticket.Ticket{}
				return errAmbiguous
			case endsLater(&candidate.Ticket, &t.Ticket):
				t.Ticket, chosen = candidate.Ticket, s.sighting
			}
		}
		if a.reference {
			break
		}
	}
	if valid {
		return nil
	}
	return err
}

func (a *Authenticator) candidate(r *http.Request, found foundCookie, value string, first bool, s *scratch, now time.Time) (*ticket.Buffer, error) {
	text, err := chunk.Value(found.header, found.name, value, first, maxRead)
	if err != nil {
		return nil, err
	}
	t := new(ticket.Buffer)
	return t, a.open(r.Context(), text, s, now, t)
}

func endsLater(a, b *ticket.Ticket) bool {
	endA, _ := a.Properties.Expires()
	endB, _ := b.Properties.Expires()
	return endA.After(endB)
}

// open decodes and opens the text of a cookie and judges the ticket.
func (a *Authenticator) open(ctx context.Context, text string, s *scratch, now time.Time, t *ticket.Buffer) error {
	if len(text)%4 == 0 { // padding is not ours, but harmless
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	sealed, err := base64url.AppendDecode(s.sealed[:0], text)
	if err != nil {
		return errMalformed
	}
	s.sealed = sealed
	plain, err := a.protector.AppendUnprotect(ctx, s.plain[:0], s.sealed)
	if err != nil {
		return err
	}
	s.plain = plain
	s.sighting = sighting{oldKey: a.isOldKey(ctx, s.sealed, now)}
	if a.cfg.TicketStore != nil {
		return a.openStored(ctx, s, now, t)
	}
	if err := t.UnmarshalBinary(plain); err != nil {
		return err
	}
	return a.judge(&t.Ticket, now)
}

// judge refuses tickets that are no longer valid, or that never were one here.
func (a *Authenticator) judge(t *ticket.Ticket, now time.Time) error {
	expires, ok := t.Properties.Expires()
	switch {
	case ok && expires.Before(now):
		return errExpired
	case !ok && !a.reference:
		return errEndless
	case refersToSession(t):
		return errReference
	}
	if end, ok := a.absoluteEnd(&t.Properties); ok && end.Before(now) {
		return errTooOld
	}
	if a.cfg.Cutoffs != nil {
		return a.overdue(t, now)
	}
	return nil
}

// refersToSession reports whether somebody else's session store has the real
// ticket. This one would else count as that of a user without a name.
func refersToSession(t *ticket.Ticket) bool {
	for i := range t.Principal.Identities {
		list := t.Principal.Identities[i].Claims
		for k := range list {
			if list[k].Type == sessionIDClaim {
				return true
			}
		}
	}
	return false
}
