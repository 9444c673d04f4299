package middleware

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/journey"
)

// DefaultContentSecurityPolicy lets pages load what comes from the site itself, and
// run inline scripts and styles that have the nonce: both have no directive of their
// own and fall back on the default. No page can be shown in a frame, and forms can only
// be sent to the site.
const DefaultContentSecurityPolicy = "default-src 'self' 'nonce-{nonce}'; " +
	"img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// HeadersConfig configures SecurityHeaders. It is copied.
type HeadersConfig struct {
	_ struct{}

	// ContentSecurityPolicy is the policy of each page, in which {nonce} stands for the
	// request's nonce. The default is DefaultContentSecurityPolicy.
	ContentSecurityPolicy string

	// ReportOnly has browsers report what the policy forbids, where the policy says
	// where to, and do it all the same.
	ReportOnly bool

	// Override replaces headers by other values, adds some, or leaves them out where the
	// value is "". The defaults are:
	//
	//	X-Content-Type-Options: nosniff
	//	X-Frame-Options: DENY
	//	Referrer-Policy: strict-origin-when-cross-origin
	//	Cross-Origin-Opener-Policy: same-origin
	//
	// Referrer-Policy: no-referrer makes browsers send "Origin: null" with forms, so
	// that they cannot be told from those of other sites by that header.
	Override map[string]string

	// Logger is told of handlers in the wrong order. The default is slog.Default().
	Logger *slog.Logger
}

var defaultHeaders = map[string]string{
	"X-Content-Type-Options":     "nosniff",
	"X-Frame-Options":            "DENY",
	"Referrer-Policy":            "strict-origin-when-cross-origin",
	"Cross-Origin-Opener-Policy": "same-origin",
}

// SecurityHeaders sets headers that have browsers forbid what pages do not need,
// unless a handler further out has set them. Handlers further in may replace them.
// Templates get the nonce of the policy with Nonce.
func SecurityHeaders(cfg HeadersConfig) (func(http.Handler) http.Handler, error) {
	var problems confcheck.Problems
	cfg.check(&problems, "")
	if err := problems.Err("middleware: SecurityHeaders"); err != nil {
		return nil, err
	}
	return newSecurityHeaders(cfg).handler, nil
}

// Nonce returns the nonce of the request that ctx belongs to. It allows inline
// scripts and styles:
//
//	<script nonce="{{ .Nonce }}">…</script>
//
// It is "" if the request did not go through SecurityHeaders, or the policy has no
// nonce. A page that was made with one must not be cached for others.
func Nonce(ctx context.Context) string {
	if p := passageFrom(ctx); p != nil {
		return p.nonce()
	}
	return ""
}

func (c *HeadersConfig) check(p *confcheck.Problems, prefix string) {
	p.Add(!grammar.IsText(c.ContentSecurityPolicy), prefix+"ContentSecurityPolicy", grammar.NotText)
	for name, value := range c.Override {
		p.Add(!grammar.IsToken(name), prefix+"Override", "a name of a header "+grammar.NotToken)
		p.Add(!grammar.IsText(value), prefix+"Override", "the value of "+name+" "+grammar.NotText)
		p.Add(strings.EqualFold(name, "Content-Security-Policy"), prefix+"Override", "the policy goes into ContentSecurityPolicy")
	}
}

type securityHeaders struct {
	names  []string // that of the policy comes last
	values []string // of all but the policy
	policy contentPolicy
	look   bool // one of the names may be set twice, by RedirectHTTPS or here
}

func newSecurityHeaders(cfg HeadersConfig) *layer {
	set := maps.Clone(defaultHeaders)
	for name, value := range cfg.Override {
		set[http.CanonicalHeaderKey(name)] = value
	}
	s := new(securityHeaders)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] != "" {
			s.names, s.values = append(s.names, name), append(s.values, set[name])
		}
	}
	policyName := "Content-Security-Policy"
	if cfg.ReportOnly {
		policyName += "-Report-Only"
	}
	s.names, s.look = append(s.names, policyName), set[policyName] != "" || set[hstsName] != ""
	s.policy = newContentPolicy(cmp.Or(cfg.ContentSecurityPolicy, DefaultContentSecurityPolicy))
	return newLayer(journey.SecurityHeaders, loggerOr(cfg.Logger), s)
}

func (s *securityHeaders) before(p *passage, w http.ResponseWriter, r *http.Request) *http.Request {
	h := w.Header()
	// The values are of this request: what is in a header may be changed.
	values := append(p.takeValues(len(s.names)), s.values...)
	values = append(values, s.policy.of(p))
	unset := p.bare && !s.look // mostly, and quicker to find
	for k, name := range s.names {
		if unset || !isSet(h, name) {
			h[name] = values[k : k+1 : k+1]
		}
	}
	return r
}

func isSet(h http.Header, name string) bool {
	_, ok := h[name]
	return ok
}
