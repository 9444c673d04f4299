// Package origin says under which address a request was made, as the browser
// sees it. Behind a proxy that is not what the connection says; whoever knows the
// proxy puts the truth into the request's context, and everything that depends on
// it, such as the Secure attribute of a cookie, asks here.
package origin

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// An Origin is a scheme, "http" or "https", and a host with its port if that is
// not the scheme's own.
type Origin struct{ Scheme, Host string }

// String returns the origin in the form that browsers send.
func (o Origin) String() string { return o.Scheme + "://" + o.Host }

// Key is the key of the *Origin in a context, for contexts that have one of their own.
type Key struct{}

// NewContext returns a context that says under which address the request was made.
func NewContext(ctx context.Context, public Origin) context.Context {
	return context.WithValue(ctx, Key{}, &public)
}

// ClientKey is the key of a *netip.Addr in a context: the address that the request
// came from to the first proxy, as far as trusted proxies vouch for it.
type ClientKey struct{}

// Client returns the address of the browser, without port: the one that trusted
// proxies vouch for, else that of the connection, which may be a proxy's.
func Client(r *http.Request) string {
	if addr, _ := r.Context().Value(ClientKey{}).(*netip.Addr); addr != nil {
		return addr.String()
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// Public returns the address that somebody has vouched for, if anybody has.
func Public(r *http.Request) (Origin, bool) {
	if o, _ := r.Context().Value(Key{}).(*Origin); o != nil {
		return *o, true
	}
	return Origin{}, false
}

// Of returns the public address of a request, else what the connection and the
// Host header say. The latter is the client's to choose.
func Of(r *http.Request) Origin {
	if o, ok := Public(r); ok {
		return o
	}
	if r.TLS != nil {
		return Origin{"https", r.Host}
	}
	return Origin{"http", r.Host}
}

// IsHTTPS reports whether the browser used TLS.
func IsHTTPS(r *http.Request) bool {
	if o, ok := Public(r); ok {
		return o.Scheme == "https"
	}
	return r.TLS != nil
}

// forwarding are the headers by which proxies show themselves.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"}

// IsLoopback reports whether browser and server are on the same machine with
// nothing between: both the Host and the peer are loopback addresses, and no
// proxy has left a trace. It is what development without TLS looks like.
func IsLoopback(r *http.Request) bool {
	if !loopbackPeer(r.RemoteAddr) || !loopbackHost(r.Host) {
		return false
	}
	for _, name := range forwarding {
		if _, ok := r.Header[name]; ok {
			return false
		}
	}
	return true
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	host = strings.ToLower(host)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func loopbackPeer(addr string) bool {
	if !strings.HasPrefix(addr, "127.") && !strings.HasPrefix(addr, "[") {
		return false // as nearly all, without taking it apart
	}
	peer, err := netip.ParseAddrPort(addr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
