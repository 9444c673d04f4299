package antiforgery

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sealring/sealring/internal/origin"
)

// A verdict is what the browser says about where a request comes from.
type verdict int

const (
	silent    verdict = iota // nothing
	ours                     // from this very origin, or from the user's own hand
	trusted                  // from a trusted origin
	elsewhere                // from anywhere else
)

// ask reads what the browser says. Pages cannot set or change these headers. What
// programs that are no browsers put there does not matter: nobody can make them
// send somebody else's cookies.
//
// It is the algorithm of net/http's CrossOriginProtection, except that origins are
// compared with their schemes and that silence is no consent.
func (p *Protection) ask(r *http.Request) (verdict, *Error) {
	switch site := only(r.Header["Sec-Fetch-Site"]); {
	case site == "":
		return p.askOrigin(r)
	case site == "same-origin" || site == "none":
		return ours, nil
	case p.trusts(only(r.Header["Origin"])):
		return trusted, nil
	case site == "same-site":
		return elsewhere, &Error{Reason: SameSite}
	}
	return elsewhere, &Error{Reason: CrossSite} // or a word that we do not know
}

// askOrigin is for browsers that do not know Sec-Fetch-Site, or that do not send
// it because the connection is plain HTTP.
func (p *Protection) askOrigin(r *http.Request) (verdict, *Error) {
	seen := only(r.Header["Origin"])
	if seen == "" {
		return silent, nil
	}
	own := origin.Of(r)
	if o, ok := parseOrigin(seen); ok && o.isOwn(own) {
		return ours, nil
	}
	if p.trusts(seen) {
		return trusted, nil
	}
	return elsewhere, &Error{OtherOrigin, fmt.Errorf("from %.100q to %.100q", seen, own.String())}
}

func (p *Protection) trusts(seen string) bool {
	if len(p.trusted) == 0 {
		return false
	}
	o, ok := parseOrigin(seen)
	if !ok {
		return false
	}
	for _, t := range p.trusted {
		if o.equal(t) {
			return true
		}
	}
	return false
}

// only returns the value of a header that must have one. Several are joined, so
// that they make no sense to anybody.
func only(values []string) string {
	switch len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	}
	return strings.Join(values, ",")
}

// isSafe reports whether a request is of a method that must change nothing. A
// WebSocket begins with a GET that any page can make, with the visitor's cookies.
func (p *Protection) isSafe(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return !isWebSocket(r)
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return false
	}
	if !p.reference {
		return false
	}
	for _, safe := range [...]string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace} {
		if strings.EqualFold(r.Method, safe) {
			return !isWebSocket(r)
		}
	}
	return false
}

// isWebSocket reports whether a request is to become a WebSocket. In HTTP/2 it is a
// CONNECT, of which net/http puts the protocol into the header.
func isWebSocket(r *http.Request) bool {
	return hasWebSocket(r.Header["Upgrade"]) || r.Method == http.MethodConnect && hasWebSocket(r.Header[":protocol"])
}

func hasWebSocket(lines []string) bool {
	for _, line := range lines {
		for line != "" {
			var protocol string
			protocol, line, _ = strings.Cut(line, ",")
			if strings.EqualFold(strings.TrimSpace(protocol), "websocket") {
				return true
			}
		}
	}
	return false
}
