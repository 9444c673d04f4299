package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/cookieauth/ticket"
)

// readTicket tells what a login cookie holds.
func readTicket(e *explainer, r *report, plain []byte) {
	var t ticket.Ticket
	if err := t.UnmarshalBinary(plain); err != nil {
		r.refuse("the ticket in it cannot be read: %v", err)
		return
	}
	r.fact("scheme", t.Scheme)
	for _, id := range t.Principal.Identities() {
		if id.AuthenticationType == "" {
			r.fact("identity", "not authenticated")
		}
		for _, c := range id.Claims {
			r.fact("claim", fmt.Sprintf("%s = %s", shortType(c.Type), e.masked(c.Value)))
		}
	}
	if !t.Principal.IsAuthenticated() {
		r.refuse("nobody in it is authenticated")
	}
	e.readDates(r, &t.Properties)
	for key, value := range t.Properties.All() {
		e.readProperty(r, key, value)
	}
}

// readProperty tells of what readDates has not told, Sealring's own properties by
// their meaning (docs/formats.md, Ticket).
func (e *explainer) readProperty(r *report, key, value string) {
	own := map[string]string{".sealring.start": "signed in", ".sealring.checked": "user checked"}
	switch name := own[key]; {
	case key == ".issued" || key == ".expires":
	case key == ".sealring.session":
		r.fact("session", e.masked(value))
		r.unless("its session was ended (only the store of cut-offs knows)")
	case name != "":
		nanoseconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			r.fact(name, "cannot be read")
			return
		}
		r.fact(name, ago(time.Unix(0, nanoseconds), e.now))
	default:
		r.fact("property", fmt.Sprintf("%s = %s", key, e.masked(value)))
	}
}

func (e *explainer) readDates(r *report, p *ticket.Properties) {
	if issued, ok := p.Issued(); ok {
		r.fact("issued", ago(issued, e.now))
	}
	expires, ok := p.Expires()
	if !ok {
		r.fact("expires", "never")
		r.refuse("it has no end, which only the profile ASPNETCore accepts")
		return
	}
	r.fact("expires", ago(expires, e.now))
	if expires.Before(e.now) {
		r.refuse("it has expired")
	}
}

// shortType leaves out of a claim's type what is the same in all of them.
func shortType(s string) string {
	for _, prefix := range []string{
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/",
		"http://schemas.microsoft.com/ws/2008/06/identity/claims/",
	} {
		if short, ok := strings.CutPrefix(s, prefix); ok {
			return short
		}
	}
	return s
}

// masked shows enough of a value to recognise one's own, and no more.
func (e *explainer) masked(s string) string {
	if e.showValues || s == "" {
		return s
	}
	_, size := utf8.DecodeRuneInString(s)
	if n := utf8.RuneCountInString(s); n > 3 {
		return fmt.Sprintf("%s… (%d characters)", s[:size], n)
	}
	return strings.Repeat("*", utf8.RuneCountInString(s))
}

// readToken tells which half of an antiforgery pair it is (docs/formats.md,
// Antiforgery tokens).
func readToken(e *explainer, r *report, plain []byte) {
	switch {
	case len(plain) == 18 && plain[0] == 1 && plain[17] == 1:
		r.fact("token", "the one in the cookie")
	case len(plain) > 18 && plain[0] == 1 && plain[17] == 0 && plain[18] == 1:
		r.fact("token", "the one in the form or header, bound to a user by a claim")
	case len(plain) > 18 && plain[0] == 1 && plain[17] == 0:
		r.fact("token", "the one in the form or header, bound to a user's name or to nobody")
	default:
		r.refuse("the token in it cannot be read")
		return
	}
	r.doubt("that depends on the other half of the pair and on who is signed in")
}
