package middleware

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/sealring/sealring/internal/grammar"
)

// A hop is what one proxy says of the request that came to it. What it does not
// say is "".
type hop struct{ client, proto, host string }

// maxHops bounds what is read.
const maxHops = 32

var (
	errTooManyHops = errors.New("the request went through too many proxies")
	errMalformed   = errors.New("the header Forwarded is malformed")
	errNode        = errors.New("the address of a client or proxy is malformed")
)

// appendHops appends what the headers say, the nearest proxy first, to an empty slice.
func (f HeaderFamily) appendHops(hops []hop, h http.Header) ([]hop, error) {
	if f == Forwarded {
		return forwardedHops(hops, h["Forwarded"])
	}
	return xForwardedHops(hops, h)
}

// xForwardedHops reads three lists that belong together. They are counted from the
// right, because a client may have begun one of them and not the others.
func xForwardedHops(hops []hop, h http.Header) ([]hop, error) {
	for _, parameter := range [...]struct{ header, name string }{{"X-Forwarded-For", "for"}, {"X-Forwarded-Proto", "proto"}, {"X-Forwarded-Host", "host"}} {
		at := 0
		for _, line := range slices.Backward(h[parameter.header]) {
			for rest, more := line, true; more; at++ {
				var item string
				if item, rest, more = cutLast(rest); at == maxHops {
					return nil, errTooManyHops
				}
				if at == len(hops) {
					hops = append(hops, hop{})
				}
				*hops[at].field(parameter.name) = item
			}
		}
	}
	return hops, nil
}

// cutLast splits at the last comma.
func cutLast(s string) (item, rest string, more bool) {
	if k := strings.LastIndexByte(s, ','); k >= 0 {
		return strings.Trim(s[k+1:], " \t"), s[:k], true
	}
	return strings.Trim(s, " \t"), "", false
}

// forwardedHops reads the header of RFC 7239, section 4: elements with commas
// between, each of pairs with semicolons between. Empty ones do not count.
func forwardedHops(hops []hop, lines []string) ([]hop, error) {
	const between = " \t,;"
	for _, line := range lines {
		for rest := strings.TrimLeft(line, between); rest != ""; rest = strings.TrimLeft(rest, between) {
			if len(hops) == maxHops {
				return nil, errTooManyHops
			}
			var h hop
			var err error
			if h, rest, err = cutElement(rest); err != nil {
				return nil, err
			}
			hops = append(hops, h)
		}
	}
	slices.Reverse(hops)
	return hops, nil
}

// cutElement reads the pairs up to a comma or the end. One name comes once.
func cutElement(s string) (h hop, rest string, err error) {
	for {
		name, value, after, ok := cutPair(s)
		if !ok {
			return hop{}, "", errMalformed
		}
		field := h.field(name)
		if field != nil && *field != "" {
			return hop{}, "", errMalformed
		}
		if field != nil {
			*field = value
		}
		after = strings.TrimLeft(after, " \t")
		if after != "" && after[0] != ',' && after[0] != ';' {
			return hop{}, "", errMalformed
		}
		if s = strings.TrimLeft(after, " \t;"); s == "" || s[0] == ',' {
			return h, s, nil
		}
	}
}

// field returns where a parameter belongs, or nil if nobody needs it.
func (h *hop) field(name string) *string {
	switch strings.ToLower(name) {
	case "for":
		return &h.client
	case "proto":
		return &h.proto
	case "host":
		return &h.host
	}
	return nil
}

// cutPair reads name=value, in which the value may be quoted.
func cutPair(s string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(strings.TrimLeft(s, " \t"), "=")
	if !ok || !grammar.IsToken(name) {
		return "", "", "", false
	}
	if strings.HasPrefix(rest, `"`) {
		value, rest, ok = cutQuoted(rest[1:])
		return name, value, rest, ok
	}
	end := strings.IndexAny(rest, ",; \t")
	if end < 0 {
		end = len(rest)
	}
	value = rest[:end]
	return name, value, rest[end:], value != "" && !strings.ContainsAny(value, `"\`)
}

// cutQuoted reads up to the closing quote. Nothing that is looked at needs a
// backslash, so there must be none.
func cutQuoted(s string) (value, rest string, ok bool) {
	value, rest, ok = strings.Cut(s, `"`)
	return value, rest, ok && !strings.Contains(value, `\`)
}

// parseNode reads the address of who came to a proxy, with or without a port. It
// may not be known: proxies may leave it out, say "unknown" or make up a name that
// begins with an underscore. They may make up the port, too (RFC 7239, section 6).
func parseNode(s string) (addr netip.Addr, known bool, err error) {
	if k := strings.LastIndex(s, ":_"); k >= 0 {
		s = s[:k]
	}
	if name, _, _ := strings.Cut(s, ":"); s == "" || s[0] == '_' || strings.EqualFold(name, "unknown") {
		return netip.Addr{}, false, nil
	}
	switch {
	case s[0] == '[' && s[len(s)-1] == ']':
		addr, err = netip.ParseAddr(s[1 : len(s)-1])
	case s[0] == '[' || strings.Count(s, ":") == 1:
		var with netip.AddrPort
		with, err = netip.ParseAddrPort(s)
		addr = with.Addr()
	default:
		addr, err = netip.ParseAddr(s)
	}
	if err != nil {
		return netip.Addr{}, false, errNode
	}
	return addr, true, nil
}
