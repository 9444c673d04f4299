package cookieauth

import (
	"net/http"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/chunk"
	"github.com/sealring/sealring/internal/journey"
)

// writeCookie seals a ticket, adds the cookie to a header and keeps the answer
// out of caches. Either all of that happens or nothing.
func (a *Authenticator) writeCookie(h http.Header, r *http.Request, name string, attributes *CookieAttributes, t *ticket.Ticket) error {
	s := getScratch()
	defer s.release()
	if err := a.setPlain(s, t); err != nil {
		return err
	}
	return a.writePlain(h, r, name, attributes, s, t.Principal)
}

// setPlain makes s.plain what the cookie of a ticket holds: the ticket, or the id of
// its session where a store keeps that.
func (a *Authenticator) setPlain(s *scratch, t *ticket.Ticket) error {
	if a.cfg.TicketStore != nil {
		s.plain = append(s.plain[:0], sessionID(t)...)
		return nil
	}
	return s.setPlain(t.AppendBinary(s.plain[:0]))
}

// writePlain is writeCookie for what has been written to s.plain, of a principal.
func (a *Authenticator) writePlain(h http.Header, r *http.Request, name string, attributes *CookieAttributes, s *scratch, p *claims.Principal) error {
	if err := a.seal(s); err != nil {
		return err
	}
	if limit := a.cfg.MaxCookieSize; len(s.text) > limit {
		return newTicketSizeError(len(s.text), limit, p)
	}
	if !a.reference {
		chunk.Forget(h, name) // one line for each name
	}
	if err := chunk.Write(h, a.cookies(r), name, s.text, attributes.line(), a.cfg.ChunkSize); err != nil {
		return err
	}
	forbidCaching(h)
	return nil
}

// seal turns s.plain into the text of a cookie, s.text.
func (a *Authenticator) seal(s *scratch) error {
	sealed, err := a.protector.AppendProtect(s.sealed[:0], s.plain)
	if err != nil {
		return err
	}
	s.sealed = sealed
	s.text = base64url.AppendEncode(s.text[:0], sealed)
	return nil
}

// forbidCaching replaces what the header said about caches: a response with a
// login in it, once stored and served to others, makes them that user.
func forbidCaching(h http.Header) {
	values := [...]string{"no-cache,no-store", "no-cache", "Thu, 01 Jan 1970 00:00:00 GMT"}
	h["Cache-Control"] = values[0:1:1]
	h["Pragma"] = values[1:2:2]
	h["Expires"] = values[2:3:3]
}

// tooLate reports whether the header has gone out, as far as a writer in the
// chain can tell, or the request has ended, after which nothing goes out any more.
func (a *Authenticator) tooLate(w http.ResponseWriter, r *http.Request) bool {
	if headerSent(r.Context()) || r.Context().Err() != nil {
		return true
	}
	return journey.Begun(w, r)
}

// settle says to the visit, if there is one, that the cookie has been decided on.
func (a *Authenticator) settle(r *http.Request) {
	if v := a.visit(r); v != nil {
		v.settle()
	}
}
