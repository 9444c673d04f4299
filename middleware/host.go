package middleware

import (
	"strconv"
	"strings"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/origin"
)

// A hostList has the hosts that a site is known by, as they are with either scheme.
type hostList struct {
	http, https map[string]*origin.Origin
	below       []string // ".app.example"
}

func newHostList(hosts []string, problems *confcheck.Problems, prefix string) hostList {
	list := hostList{http: map[string]*origin.Origin{}, https: map[string]*origin.Origin{}}
	for _, host := range hosts {
		name, wildcard := strings.CutPrefix(host, "*.")
		problems.Add(!isHost(name), prefix+"Hosts", strconv.Quote(host)+" is no host; one is such as app.example or app.example:8443")
		if wildcard {
			list.below = append(list.below, "."+strings.ToLower(name))
			continue
		}
		for scheme, known := range map[string]map[string]*origin.Origin{"http": list.http, "https": list.https} {
			canonical := canonicalHost(host, scheme)
			known[canonical] = &origin.Origin{Scheme: scheme, Host: canonical}
		}
	}
	return list
}

// find returns the origin of a host that is in the list, or nil.
func (l *hostList) find(scheme, host string) *origin.Origin {
	host = canonicalHost(host, scheme)
	known := l.http
	if scheme == "https" {
		known = l.https
	}
	if o := known[host]; o != nil {
		return o
	}
	for _, suffix := range l.below {
		if strings.HasSuffix(host, suffix) && isHost(host) {
			return &origin.Origin{Scheme: scheme, Host: host}
		}
	}
	return nil
}

// canonicalHost returns the host as browsers write it: in lower case, and without
// the scheme's own port.
func canonicalHost(host, scheme string) string {
	host = strings.ToLower(host)
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}

// isHost reports whether s is a name or address, an IPv6 one in brackets, with or
// without a port.
func isHost(s string) bool {
	name, port := s, ""
	if end := strings.IndexByte(s, ']'); end >= 0 {
		if s[0] != '[' || strings.Trim(s[1:end], "0123456789abcdefABCDEF:.") != "" {
			return false
		}
		name, port = "v6", s[end+1:]
	} else if colon := strings.IndexByte(s, ':'); colon >= 0 {
		name, port = s[:colon], s[colon:]
	}
	return isHostName(name) && isPort(port)
}

func isHostName(s string) bool {
	for k := range len(s) {
		c := s[k]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return s != "" && s[0] != '.'
}

// isPort takes the colon, too, or nothing at all.
func isPort(s string) bool {
	if s == "" {
		return true
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	return s[0] == ':' && err == nil && n > 0
}
