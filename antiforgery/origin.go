package antiforgery

import (
	"strconv"
	"strings"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/origin"
)

// A webOrigin is where a page comes from.
type webOrigin struct {
	scheme, host string // in whatever case
	port         int
}

// parseOrigin reads scheme://host or scheme://host:port, in which nothing may be
// left out and nothing follow. "null", which browsers send for pages without an
// origin, is none. It allocates nothing.
func parseOrigin(s string) (o webOrigin, ok bool) {
	scheme, authority, ok := strings.Cut(s, "://")
	if !ok || scheme == "" {
		return webOrigin{}, false
	}
	return splitAuthority(scheme, authority)
}

func splitAuthority(scheme, authority string) (o webOrigin, ok bool) {
	host, port := authority, ""
	end := strings.IndexByte(authority, ']') // IPv6 has colons of its own
	if colon := strings.LastIndexByte(authority, ':'); colon > end {
		host, port = authority[:colon], authority[colon+1:]
		if port == "" {
			return webOrigin{}, false
		}
	} else if end >= 0 && end != len(authority)-1 {
		return webOrigin{}, false
	}
	if host == "" || strings.ContainsAny(host, "/?#@\\, \t*") || strings.IndexByte(host, '[') > 0 || (host[0] == '[') != (end >= 0) || end < 0 && strings.Contains(host, ":") {
		return webOrigin{}, false
	}
	n, ok := portNumber(scheme, port)
	return webOrigin{scheme, host, n}, ok
}

// portNumber returns the port, which goes without saying for the usual schemes.
func portNumber(scheme, digits string) (int, bool) {
	if digits != "" {
		n, err := strconv.ParseUint(digits, 10, 16)
		return int(n), err == nil
	}
	switch {
	case strings.EqualFold(scheme, "https"):
		return 443, true
	case strings.EqualFold(scheme, "http"):
		return 80, true
	}
	return 0, false
}

func (o webOrigin) equal(other webOrigin) bool {
	return o.port == other.port && strings.EqualFold(o.host, other.host) && strings.EqualFold(o.scheme, other.scheme)
}

// isOwn reports whether a page's origin is that of the request.
func (o webOrigin) isOwn(request origin.Origin) bool {
	own, ok := splitAuthority(request.Scheme, request.Host)
	return ok && o.equal(own)
}

func parseTrusted(list []string, p *confcheck.Problems) (trusted []webOrigin) {
	for _, s := range list {
		o, ok := parseOrigin(s)
		ok = ok && (strings.EqualFold(o.scheme, "https") || strings.EqualFold(o.scheme, "http")) && grammar.IsText(s)
		p.Add(!ok, "TrustedOrigins", strconv.Quote(s)+" is no origin; one has scheme and host, such as https://admin.example.com, and no path")
		trusted = append(trusted, o)
	}
	return trusted
}
