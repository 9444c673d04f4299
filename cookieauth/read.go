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

// A sighting is what else is known about a ticket that has been accepted.
type sighting struct {
	expires time.Time      // zero: it does not say
	oldKey  bool           // it should be sealed anew
	stored  *StoredSession // where it comes from, if that is a store
}

// read opens the cookie and judges the ticket in it.
func (a *Authenticator) read(r *http.Request, found foundCookie, now time.Time, t *ticket.Buffer) (sighting, error) {
	s := getScratch()
	defer s.release()
	if found.count == 1 && chunk.Count(found.raw) == 0 && len(found.raw) <= maxRead {
		if seen, err := a.open(r.Context(), found.raw, s, now, t); !errors.Is(err, errMalformed) {
			return seen, err
		}
	}
	values := found.header.All(found.name, maxSameName)
	if a.reference && len(values) > 1 {
		values = []string{found.header.Last(found.name)}
	}
	return a.choose(r, found, values, s, now, t)
}

// choose tries several cookies of one name, each with the chunks it may have. The
// one that is valid counts; two that are valid must belong to one session.
func (a *Authenticator) choose(r *http.Request, found foundCookie, values []string, s *scratch, now time.Time, t *ticket.Buffer) (seen sighting, err error) {
	err = errMalformed
	valid := false
	for _, first := range []bool{false, true} {
		for _, value := range values {
			if first && chunk.Count(value) == 0 {
				continue // has no chunks, hence no second set of them
			}
			candidate, its, candidateErr := a.candidate(r, found, value, first, s, now)
			switch {
			case errors.Is(candidateErr, dataprotection.ErrUnavailable):
				return sighting{}, candidateErr
			case candidateErr != nil:
				err = candidateErr
			case !valid:
				t.Ticket, seen, valid = candidate.Ticket, its, true
			case !sameSession(&t.Ticket, &candidate.Ticket):
				t.Ticket = ticket.Ticket{}
				return sighting{}, errAmbiguous
			case its.expires.After(seen.expires):
				t.Ticket, seen = candidate.Ticket, its
			}
		}
		if a.reference {
			break
		}
	}
	if valid {
		return seen, nil
	}
	return sighting{}, err
}

func (a *Authenticator) candidate(r *http.Request, found foundCookie, value string, first bool, s *scratch, now time.Time) (*ticket.Buffer, sighting, error) {
	text, err := chunk.Value(found.header, found.name, value, first, maxRead)
	if err != nil {
		return nil, sighting{}, err
	}
	t := new(ticket.Buffer)
	seen, err := a.open(r.Context(), text, s, now, t)
	return t, seen, err
}

// open decodes and opens the text of a cookie and judges the ticket.
func (a *Authenticator) open(ctx context.Context, text string, s *scratch, now time.Time, t *ticket.Buffer) (seen sighting, err error) {
	if len(text)%4 == 0 { // padding is not ours, but harmless
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	sealed, err := base64url.AppendDecode(s.sealed[:0], text)
	if err != nil {
		return sighting{}, errMalformed
	}
	s.sealed = sealed
	s.wipe()
	plain, err := a.protector.AppendUnprotect(ctx, s.plain, sealed)
	if err != nil {
		return sighting{}, err
	}
	s.plain = plain
	seen.oldKey = a.isOldKey(ctx, sealed, now)
	if a.cfg.TicketStore != nil {
		err = a.openStored(ctx, plain, now, t, &seen)
	} else if err = t.UnmarshalBinary(plain); err == nil {
		seen.expires, err = a.judge(&t.Ticket, now)
	}
	return seen, err
}

// judge refuses tickets that are no longer valid, or that never were one here. It
// returns when the ticket ends.
func (a *Authenticator) judge(t *ticket.Ticket, now time.Time) (time.Time, error) {
	expires, ok := t.Properties.Expires()
	switch {
	case ok && expires.Before(now):
		return expires, errExpired
	case !ok && !a.reference:
		return expires, errEndless
	case refersToSession(t):
		return expires, errReference
	}
	if end, ok := a.absoluteEnd(&t.Properties); ok && end.Before(now) {
		return expires, errTooOld
	}
	if a.cfg.Cutoffs != nil {
		return expires, a.overdue(t, now)
	}
	return expires, nil
}

// refersToSession reports whether somebody else's session store has the real
// ticket. This one would else count as that of a user without a name.
func refersToSession(t *ticket.Ticket) bool {
	_, ok := t.Principal.Find(sessionIDClaim)
	return ok
}
