package cookieauth

import (
	"crypto/sha256"
	"encoding/base32"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/ticket"
)

const (
	maxSessionID = 128 // bytes, as CutoffStore says
	maxUserID    = 512 // bytes, as CutoffStore and TicketStore say

	// derivedPrefix begins an id that was derived from a ticket that had none.
	derivedPrefix = "~"
)

// SessionID returns the id of the session that the request belongs to, or "" if
// User returns nil or sessions have no ids because neither Config.Cutoffs nor
// Config.TicketStore is set. It stays the same through all renewals. It is a name
// and no secret: nobody gets in with it.
func (a *Authenticator) SessionID(r *http.Request) string {
	if t := a.Ticket(r); t != nil && a.keepsSessions() {
		return sessionID(t)
	}
	return ""
}

func sessionID(t *ticket.Ticket) string {
	id, _ := t.Properties.Get(keySession)
	return id
}

// identifySession gives a ticket that has none the marks of a session. A .NET
// program made it, or an earlier configuration. All that is certain of it is the
// ticket itself, so the id comes from that; what we renew keeps it.
func identifySession(t *ticket.Ticket) error {
	p := &t.Properties
	if _, ok := p.Get(keySession); ok {
		return nil
	}
	plain, err := t.MarshalBinary()
	if err != nil {
		return err
	}
	digest := sha256.Sum256(plain)
	p.Set(keySession, derivedPrefix+base32.StdEncoding.EncodeToString(digest[:])[:len(rand26)])
	if _, ok := moment(p, keyStart); !ok {
		if issued, ok := p.Issued(); ok {
			setMoment(p, keyStart, issued)
		}
	}
	return nil
}

// rand26 is as long as what crypto/rand.Text returns.
const rand26 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isStoredID reports whether text is what an id in a TicketStore looks like.
func isStoredID(text []byte) bool {
	for _, c := range text {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return len(text) == len(rand26)
}

// sameSession reports whether two tickets are of one login. Where both know their
// session's id, that decides. Otherwise tickets of one user are, even where they
// were issued at different times; where there is no user's id to compare, they
// are not.
func sameSession(a, b *ticket.Ticket) bool {
	idA, idB := sessionID(a), sessionID(b)
	if idA == idB && idA != "" {
		return true
	}
	if isOwnID(idA) && isOwnID(idB) {
		return false
	}
	user := a.Principal.ID()
	return user != "" && user == b.Principal.ID()
}

// isOwnID is false for an id that was derived from one of several tickets that a
// session may have had.
func isOwnID(id string) bool { return id != "" && !strings.HasPrefix(id, derivedPrefix) }

// isStorable reports whether a store can keep a text.
func isStorable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// overdue says why a ticket does not count any more because of Config.Cutoffs, or
// returns nil. A ticket that outlives its cut-off, because somebody who knows of
// none has renewed it, prolongs the cut-off.
func (a *Authenticator) overdue(t *ticket.Ticket, now time.Time) error {
	if err := identifySession(t); err != nil {
		return err
	}
	end, ok := a.lastEnd(&t.Properties)
	switch {
	case !ok:
		return errEndless
	case end.Before(now):
		return errExpired
	}
	start, _ := started(&t.Properties)
	cut, over := a.cfg.Cutoffs.current.Load().find(sessionID(t), t.Principal.ID(), start)
	if !over {
		return nil
	}
	if end.After(cut.Until) {
		a.cfg.Cutoffs.prolong(cut, end)
	}
	return errEnded
}

// lastEnd returns when a ticket ends if it is not renewed.
func (a *Authenticator) lastEnd(p *ticket.Properties) (time.Time, bool) {
	end, ok := p.Expires()
	if last, bounded := a.longestEnd(p); bounded && (!ok || last.Before(end)) {
		return last, true
	}
	return end, ok
}
