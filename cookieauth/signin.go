package cookieauth

import (
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
)

// SignInOptions are rare wishes for one sign-in.
type SignInOptions struct {
	_ struct{}

	// Persistent keeps the cookie when the browser is closed ("remember me"). The
	// ticket is valid for the same time either way.
	Persistent bool

	// Expires is when the ticket ends, unless it is renewed. The default is the
	// configured Lifetime from now.
	Expires time.Time

	// Properties are put into the ticket and kept in all renewals. They may also say
	// what package ticket has names for, such as whether it may be renewed.
	Properties ticket.Properties
}

// SignIn signs a user in: it adds a cookie to the response, and keeps the
// response out of caches. With Config.Cutoffs or Config.TicketStore it begins a new
// session, and ends the one that the request comes from, and one that the same answer
// has begun. It writes neither status nor body, so it must be called before both, and
// leaves it to the caller where to go next; see RedirectBack. The user of the present
// request stays who it was.
//
// Call it only when the user has proven who they are. Opts may be nil.
//
// Nothing has been done if there is an error. It is ErrHeaderSent when it is too
// late, as far as that can be told; ErrInsecureTransport when the cookie must not
// travel over this connection; ErrAnonymous when p is nobody; a *ClaimError or a
// *TicketSizeError when p does not go into a cookie. It names Events.SigningIn when
// that made a cookie that cannot be sent. It Is
// dataprotection.ErrUnavailable when the key ring has no key to seal with, or when
// the store of sessions or cut-offs is out of reach and needed.
func (a *Authenticator) SignIn(w http.ResponseWriter, r *http.Request, p *claims.Principal, opts *SignInOptions) error {
	if a.tooLate(w, r) {
		return ErrHeaderSent
	}
	name, attributes, err := a.cookieFor(r)
	if err != nil {
		return err
	}
	now := a.cfg.Now()
	if a.isPlain(opts) {
		draft := ticket.Draft{Scheme: a.cfg.Scheme, Principal: p, Persistent: opts != nil && opts.Persistent, Issued: now, Expires: now.Add(a.cfg.Lifetime)}
		return a.signInPlainly(w.Header(), r, name, &attributes, &draft)
	}
	return a.signInWatched(w.Header(), r, name, attributes, p, opts, now)
}

// signInWatched makes the ticket, and lets the events and the store of sessions see it.
func (a *Authenticator) signInWatched(h http.Header, r *http.Request, name string, attributes CookieAttributes, p *claims.Principal, opts *SignInOptions, now time.Time) (err error) {
	t, issued := a.newTicket(p, opts, now)
	if a.cfg.Events.SigningIn != nil {
		if attributes, err = a.signingIn(r, t, name, attributes, now); err != nil {
			return err
		}
	}
	if err := checkPrincipal(t.Principal, a.cfg.Scheme); err != nil {
		return err
	}
	if err := checkProperties(&t.Properties); err != nil {
		return err
	}
	a.begin(t, now)
	if t.Properties.Persistent() {
		expires, ok := t.Properties.Expires()
		if !ok {
			expires = issued.Add(a.cfg.Lifetime)
		}
		attributes.Expires = expires
	}
	if a.keepsSessions() {
		err = a.beginSession(h, r, name, &attributes, t, now)
	} else {
		err = a.writeCookie(h, r, name, &attributes, t)
	}
	if err != nil {
		return err
	}
	a.signedIn(r)
	if a.cfg.Events.SignedIn != nil {
		a.cfg.Events.SignedIn(&SignedInContext{Request: r, Principal: t.Principal, Properties: t.Properties})
	}
	return nil
}

// isPlain reports whether a sign-in leaves nothing behind but the cookie: nobody
// asks to see the ticket, and no session is kept of it. Most are plain.
func (a *Authenticator) isPlain(opts *SignInOptions) bool {
	return a.cfg.Events.SigningIn == nil && a.cfg.Events.SignedIn == nil && a.cfg.Revalidation.Check == nil && !a.keepsStart() &&
		(opts == nil || opts.Expires.IsZero() && opts.Properties.Len() == 0)
}

// signInPlainly does what SignIn does where nobody wants a ticket for it, so that
// none has to be made.
func (a *Authenticator) signInPlainly(h http.Header, r *http.Request, name string, attributes *CookieAttributes, draft *ticket.Draft) error {
	if err := checkPrincipal(draft.Principal, draft.Scheme); err != nil {
		return err
	}
	if draft.Persistent {
		attributes.Expires = draft.Expires
	}
	s := getScratch()
	defer s.release()
	if err := s.setPlain(draft.AppendBinary(s.plain[:0])); err != nil {
		return err
	}
	if err := a.writePlain(h, r, name, attributes, s, draft.Principal); err != nil {
		return err
	}
	a.signedIn(r)
	return nil
}

// signedIn is what follows when the cookie is in the header.
func (a *Authenticator) signedIn(r *http.Request) {
	a.settle(r)
	a.cfg.Logger.InfoContext(r.Context(), "signed in")
}

// newTicket returns the ticket of a sign-in that begins now, or when its
// properties say, and that moment with its fractions of a second.
func (a *Authenticator) newTicket(p *claims.Principal, opts *SignInOptions, now time.Time) (*ticket.Ticket, time.Time) {
	t := &ticket.Ticket{Scheme: a.cfg.Scheme, Principal: p.Authenticated(a.cfg.Scheme)}
	if opts != nil {
		t.Properties = opts.Properties.Clone()
		if opts.Persistent {
			t.Properties.SetPersistent(true)
		}
		if !opts.Expires.IsZero() {
			t.Properties.SetExpires(opts.Expires)
		}
	}
	return t, a.setDates(&t.Properties, now)
}

// setDates sets those dates that are missing. It returns when the ticket is issued.
func (a *Authenticator) setDates(p *ticket.Properties, now time.Time) time.Time {
	issued, ok := p.Issued()
	if !ok {
		issued = now
		p.SetIssued(issued)
	}
	if _, ok := p.Expires(); !ok {
		p.SetExpires(issued.Add(a.cfg.Lifetime))
	}
	return issued
}

func (a *Authenticator) signingIn(r *http.Request, t *ticket.Ticket, name string, attributes CookieAttributes, now time.Time) (CookieAttributes, error) {
	secure := attributes.Secure
	c := &SigningInContext{Request: r, Principal: t.Principal, Properties: &t.Properties, Cookie: &attributes}
	if err := a.cfg.Events.SigningIn(c); err != nil {
		return attributes, err
	}
	if c.Principal == nil {
		return attributes, ErrAnonymous
	}
	t.Principal, t.Properties = c.Principal.Authenticated(a.cfg.Scheme), leftBy(c.Properties)
	if !a.reference {
		a.setDates(&t.Properties, now) // a ticket without an end is not accepted
	}
	return *c.Cookie, a.checkChanged("SigningIn", name, secure, *c.Cookie)
}
