package middleware

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/origin"
)

// A HeaderFamily is the headers by which proxies say what came to them.
type HeaderFamily int

const (
	// XForwarded is X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
	XForwarded HeaderFamily = iota + 1
	// Forwarded is the header of RFC 7239.
	Forwarded
)

// OriginConfig configures PublicOrigin. It is copied. Either Origins is set, or
// Proxies, Headers and Hosts are.
type OriginConfig struct {
	_ struct{}

	// Origins are the addresses under which browsers know the site, such as
	// "https://app.example". A single one holds for every request, whatever its Host;
	// of several it is the one whose host the request's Host is. The server must not be
	// reachable in other ways than under them: what comes over plain HTTP to a site
	// whose origin is https is taken for HTTPS that a proxy has ended.
	Origins []string

	// Proxies are the addresses of proxies, such as "10.1.2.3" or "10.1.0.0/16". What
	// they say in headers is believed, and of nobody else.
	Proxies []string

	// Headers is the one family of headers that the proxies replace or append to. They
	// must take away what clients put there. The other family is not looked at.
	Headers HeaderFamily

	// Hosts are the hosts under which browsers know the site, with a port where it is
	// not the usual one, such as "app.example" or "app.example:8443". "*.app.example"
	// stands for all hosts below app.example.
	Hosts []string

	// StrippedPrefix is the path, such as "/app", that the proxies take off the front of
	// a path before they pass the request on. It goes with either kind of setting. What
	// writes addresses finds it again in Request.RequestURI, so that browsers are sent to
	// /app/login; routes do not see it. It is the PathBase of cookieauth.Config and
	// antiforgery.Config then, too. Without it nothing is put back.
	StrippedPrefix string

	// Logger is told of requests through proxies that make no sense, at most one a
	// minute, and of handlers in the wrong order. The default is slog.Default().
	Logger *slog.Logger
}

// PublicOrigin finds out under which address the browser made a request, where a
// proxy in front ends TLS or changes the Host. Secure attributes of cookies,
// redirects, the antiforgery check of Origin and the log all go by it.
//
// Headers are read from right to left, as far as the addresses in them are those of
// trusted proxies, so that what clients have put there is never reached. A request
// that came to the server itself over TLS stays HTTPS, whatever is said. Where
// something does not parse, or the host is none of those that are allowed, nobody
// vouches for the request, and it counts as what the connection says.
//
// It must stand outside of everything else.
func PublicOrigin(cfg OriginConfig) (func(http.Handler) http.Handler, error) {
	var problems confcheck.Problems
	l := newPublicOrigin(cfg, &problems, "")
	if err := problems.Err("middleware: PublicOrigin"); err != nil {
		return nil, err
	}
	return l.handler, nil
}

// A publicOrigin has either fixed origins or proxies.
type publicOrigin struct {
	only    *told            // the single fixed one
	fixed   map[string]*told // by host
	proxies []netip.Prefix
	family  HeaderFamily
	hosts   hostList
	prefix  string // as it is in addresses
	log     *slog.Logger
	warned  atomic.Int64 // when, in Unix seconds
}

func newPublicOrigin(cfg OriginConfig, problems *confcheck.Problems, prefix string) *layer {
	o := &publicOrigin{family: cfg.Headers, log: loggerOr(cfg.Logger)}
	if len(cfg.Origins) > 0 {
		problems.Add(len(cfg.Proxies) > 0 || len(cfg.Hosts) > 0 || cfg.Headers != 0, prefix+"Origins", "needs no Proxies, Headers and Hosts beside it")
		o.addFixed(cfg.Origins, problems, prefix)
	} else {
		problems.Add(len(cfg.Proxies) == 0, prefix+"Origins", "required, or else Proxies, Headers and Hosts")
		problems.Add(cfg.Headers != XForwarded && cfg.Headers != Forwarded, prefix+"Headers", "must be XForwarded or Forwarded, whichever the proxies set")
		problems.Add(len(cfg.Hosts) == 0, prefix+"Hosts", "required with Proxies: else anybody could say what the site is called")
		o.addProxies(cfg.Proxies, problems, prefix)
		o.hosts = newHostList(cfg.Hosts, problems, prefix)
	}
	problems.Add(cfg.StrippedPrefix != "" && !grammar.IsPathBase(cfg.StrippedPrefix), prefix+"StrippedPrefix", grammar.NotPathBase)
	o.prefix = (&url.URL{Path: cfg.StrippedPrefix}).EscapedPath()
	return newLayer(journey.PublicOrigin, o.log, o)
}

func (o *publicOrigin) addFixed(origins []string, problems *confcheck.Problems, prefix string) {
	o.fixed = map[string]*told{}
	for _, text := range origins {
		public, ok := parseOrigin(text)
		problems.Add(!ok, prefix+"Origins", strconv.Quote(text)+" is no origin; one has scheme and host, such as https://app.example, and no path")
		problems.Add(ok && o.fixed[public.Host] != nil, prefix+"Origins", "two of the host "+public.Host)
		o.only = &told{origin: &public}
		o.fixed[public.Host] = o.only
	}
	if len(origins) > 1 {
		o.only = nil
	}
}

// site returns what one of the layers has to tell of every request, if that is the same.
func (l layers) site() *told {
	for _, layer := range l {
		if o, ok := layer.doer.(*publicOrigin); ok {
			return o.only
		}
	}
	return nil
}

func parseOrigin(text string) (origin.Origin, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Path != "" || strings.ContainsAny(text, "?#") || !isHost(u.Host) {
		return origin.Origin{}, false
	}
	return origin.Origin{Scheme: u.Scheme, Host: canonicalHost(u.Host, u.Scheme)}, true
}

func (o *publicOrigin) addProxies(list []string, problems *confcheck.Problems, prefix string) {
	for _, text := range list {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			var addr netip.Addr
			addr, err = netip.ParseAddr(text)
			network = netip.PrefixFrom(addr, addr.BitLen())
		}
		problems.Add(err != nil, prefix+"Proxies", strconv.Quote(text)+" is neither an address nor a network such as 10.1.0.0/16")
		problems.Add(err == nil && network.Bits() == 0, prefix+"Proxies", text+" is everybody; if only the proxy can reach the server, set Origins")
		o.proxies = append(o.proxies, network.Masked())
	}
}

func (o *publicOrigin) before(p *passage, _ http.ResponseWriter, r *http.Request) *http.Request {
	news, err := o.find(r)
	if err != nil {
		o.warn(r, err)
	}
	if news == nil {
		return r
	}
	p.learn(news)
	if news.origin == nil {
		return r
	}
	return o.asRequested(r)
}

// asRequested returns the request with what the browser asked for in RequestURI.
// The URL stays as it is, as it does within http.StripPrefix.
func (o *publicOrigin) asRequested(r *http.Request) *http.Request {
	if o.prefix == "" || !strings.HasPrefix(r.RequestURI, "/") {
		return r
	}
	inner := *r
	inner.RequestURI = o.prefix + r.RequestURI
	return &inner
}

// find returns the public origin of a request and where it comes from, as far as
// somebody vouches for that.
func (o *publicOrigin) find(r *http.Request) (*told, error) {
	if o.fixed == nil {
		return o.forwarded(r)
	}
	news := o.only
	if news == nil {
		news = o.byHost(r)
	}
	if news == nil {
		return nil, fmt.Errorf("the host %.100q is none of the public origins", r.Host)
	}
	if r.TLS != nil && news.origin.Scheme == "http" {
		return nil, nil // never less than the connection is
	}
	return news, nil
}

func (o *publicOrigin) byHost(r *http.Request) *told {
	for _, scheme := range [...]string{"https", "http"} {
		if news := o.fixed[canonicalHost(r.Host, scheme)]; news != nil && news.origin.Scheme == scheme {
			return news
		}
	}
	return nil
}

// forwarded asks the headers, if the request comes from a proxy. Where the host is
// none that is allowed, the client may be known all the same.
func (o *publicOrigin) forwarded(r *http.Request) (*told, error) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !o.trusts(peer.Addr()) {
		return nil, nil
	}
	var few [4]hop
	hops, err := o.family.appendHops(few[:0], r.Header)
	if err != nil || len(hops) == 0 {
		return nil, err
	}
	seen, client, err := o.outermost(hops)
	if err != nil {
		return nil, err
	}
	scheme, host := "http", seen.host
	if r.TLS != nil || seen.proto == "https" {
		scheme = "https"
	}
	if host == "" {
		host = r.Host
	}
	news := &told{origin: o.hosts.find(scheme, host), client: client}
	if news.origin == nil {
		return news, fmt.Errorf("the host %.100q is none of those allowed", host)
	}
	return news, nil
}

// outermost goes through the hops, nearest first, as long as they name a trusted
// proxy as the one before. What that one said replaces what is known so far. The
// client is the last one named, if it was named by a trusted proxy.
func (o *publicOrigin) outermost(hops []hop) (seen hop, client netip.Addr, err error) {
	for _, h := range hops {
		switch strings.ToLower(h.proto) {
		case "":
		case "http", "ws": // which some proxies say of a WebSocket, as Traefik does
			seen.proto = "http"
		case "https", "wss":
			seen.proto = "https"
		default:
			return hop{}, netip.Addr{}, fmt.Errorf("the scheme %.100q is none that browsers use", h.proto)
		}
		if h.host != "" {
			seen.host = h.host
		}
		node, known, err := parseNode(h.client)
		switch {
		case err != nil:
			return hop{}, netip.Addr{}, err
		case !known: // who came to the last trusted proxy, nobody says
			return seen, netip.Addr{}, nil
		}
		client = node.Unmap()
		if !o.trusts(client) {
			break
		}
	}
	return seen, client, nil
}

// ClientAddress returns the address of the browser that a request comes from, without
// a port: the client that trusted proxies vouch for, if the request came through
// PublicOrigin with Proxies, else the peer of the connection. It is for logs, limits
// and lists of sessions, and no proof of who somebody is.
func ClientAddress(r *http.Request) string { return origin.Client(r) }

func (o *publicOrigin) trusts(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, network := range o.proxies {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

func (o *publicOrigin) warn(r *http.Request, err error) {
	const pause = 60
	now, last := time.Now().Unix(), o.warned.Load()
	if now-last < pause || !o.warned.CompareAndSwap(last, now) {
		return
	}
	o.log.LogAttrs(r.Context(), slog.LevelWarn, "nobody vouches for the public origin of a request", slog.String("reason", err.Error()))
}
