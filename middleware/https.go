package middleware

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/origin"
)

// DefaultHSTSMaxAge is for how long browsers remember to use HTTPS only.
const DefaultHSTSMaxAge = 365 * 24 * time.Hour

// HTTPSConfig configures RedirectHTTPS. It is copied.
type HTTPSConfig struct {
	_ struct{}

	// Port is the port of HTTPS. The default is 443.
	Port int

	// MaxAge is for how long browsers remember to use HTTPS only, in whole seconds.
	// The default is DefaultHSTSMaxAge. Nobody can take it back from a browser before
	// its end, except over HTTPS.
	MaxAge time.Duration

	// NoHSTS leaves out the header Strict-Transport-Security. Somebody on the way can
	// then answer each first request of a browser that comes over plain HTTP.
	NoHSTS bool

	// IncludeSubDomains has it hold for all hosts below this one, too.
	IncludeSubDomains bool

	// Preload asks the makers of browsers to ship the rule. It needs IncludeSubDomains
	// and at least a year.
	Preload bool

	// Logger is told of a proxy that PublicOrigin is missing for, and of handlers in the
	// wrong order. The default is slog.Default().
	Logger *slog.Logger
}

// RedirectHTTPS sends browsers that come over plain HTTP to HTTPS, and has them
// remember it (HTTP Strict Transport Security, RFC 6797). Requests other than GET
// and HEAD are refused with status 403: what they carried has been on the way
// already. Between a browser and a server on the same machine plain HTTP is let
// through, and nothing is to be remembered for such hosts.
//
// Whether a request came over HTTPS behind a proxy is for PublicOrigin to say.
// Where that is missing, a redirect would come back for ever; the answer is status
// 500 then, and the log says why.
func RedirectHTTPS(cfg HTTPSConfig) (func(http.Handler) http.Handler, error) {
	var problems confcheck.Problems
	cfg.check(&problems, "")
	if err := problems.Err("middleware: RedirectHTTPS"); err != nil {
		return nil, err
	}
	return newRedirectHTTPS(cfg).handler, nil
}

func (c *HTTPSConfig) check(p *confcheck.Problems, prefix string) {
	const year = 365 * 24 * time.Hour
	p.Add(c.Port < 0 || c.Port > 65535, prefix+"Port", "must be between 1 and 65535")
	p.Add(c.MaxAge < 0, prefix+"MaxAge", "negative; NoHSTS turns it off")
	p.Add(0 < c.MaxAge && c.MaxAge < time.Second, prefix+"MaxAge", "less than a second, which has browsers forget the rule")
	p.Add(c.Preload && (!c.IncludeSubDomains || c.MaxAge != 0 && c.MaxAge < year || c.NoHSTS), prefix+"Preload", "needs IncludeSubDomains, and a MaxAge of at least a year")
}

type redirectHTTPS struct {
	port string // with its colon, "" for the usual one
	hsts string // "" for none
	log  *slog.Logger
	once sync.Once
}

func newRedirectHTTPS(cfg HTTPSConfig) *layer {
	s := &redirectHTTPS{log: loggerOr(cfg.Logger), hsts: cfg.hsts()}
	if cfg.Port != 0 && cfg.Port != 443 {
		s.port = ":" + strconv.Itoa(cfg.Port)
	}
	return newLayer(journey.RedirectHTTPS, s.log, s)
}

func (c *HTTPSConfig) hsts() string {
	if c.NoHSTS {
		return ""
	}
	age := c.MaxAge
	if age == 0 {
		age = DefaultHSTSMaxAge
	}
	value := "max-age=" + strconv.FormatInt(int64(age/time.Second), 10)
	if c.IncludeSubDomains {
		value += "; includeSubDomains"
	}
	if c.Preload {
		value += "; preload"
	}
	return value
}

const hstsName = "Strict-Transport-Security"

func (s *redirectHTTPS) before(p *passage, w http.ResponseWriter, r *http.Request) *http.Request {
	switch {
	case origin.IsHTTPS(r):
		if s.hsts != "" && !origin.IsLoopback(r) {
			if h := w.Header(); !isSet(h, hstsName) {
				h[hstsName] = append(p.takeValues(1), s.hsts)
			}
		}
		return r
	case origin.IsLoopback(r):
		return r
	case saysHTTPS(r):
		s.once.Do(func() {
			s.log.ErrorContext(r.Context(), "a proxy says that requests came over HTTPS, and nobody vouches for it; install middleware.PublicOrigin and name the proxy or the origin")
		})
		http.Error(w, "The server is not set up for the proxy before it.", http.StatusInternalServerError)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Error(w, "HTTPS required", http.StatusForbidden)
	default:
		s.redirect(w, r)
	}
	return nil
}

// saysHTTPS reports whether a header that nobody vouches for says that the browser
// used HTTPS. Anybody can say so; all they get is another error.
func saysHTTPS(r *http.Request) bool {
	if _, vouched := origin.Public(r); vouched {
		return false
	}
	proto := strings.ToLower(strings.Join(r.Header["X-Forwarded-Proto"], ","))
	forwarded := strings.ToLower(strings.ReplaceAll(strings.Join(r.Header["Forwarded"], ","), `"`, ""))
	return strings.Contains(proto, "https") || strings.Contains(proto, "wss") || strings.Contains(forwarded, "proto=https")
}

// redirect is temporary: what makes it permanent is HSTS, which a proxy that is not
// set up rightly cannot turn into a redirect for ever.
func (s *redirectHTTPS) redirect(w http.ResponseWriter, r *http.Request) {
	host := origin.Of(r).Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
		if strings.Contains(name, ":") {
			host = "[" + name + "]"
		}
	}
	if !isHost(host) {
		http.Error(w, "Bad Host", http.StatusBadRequest)
		return
	}
	target := r.URL.RequestURI()
	if strings.HasPrefix(r.RequestURI, "/") {
		target = r.RequestURI // whatever a router has taken off r.URL
	}
	if !strings.HasPrefix(target, "/") {
		target = "/" // as in OPTIONS *
	}
	h := w.Header()
	h.Set("Location", "https://"+host+s.port+target)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusTemporaryRedirect)
}
