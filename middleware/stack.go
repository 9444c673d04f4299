package middleware

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/grammar"
	"github.com/sealring/sealring/internal/journey"
)

// Config configures Stack. It is copied.
type Config struct {
	_ struct{}

	// PublicOrigin is for sites behind a proxy. Where neither Origins nor Proxies are
	// set, it is left out.
	PublicOrigin OriginConfig

	// Log configures RequestLog. Its Logger also takes what the other handlers of this
	// package have to say, unless they have one of their own; without it slog.Default()
	// does.
	Log LogConfig

	// HTTPS configures RedirectHTTPS.
	HTTPS HTTPSConfig

	// DangerouslyAllowHTTP leaves RedirectHTTPS out. What goes over plain HTTP,
	// everybody on the way can read and change.
	DangerouslyAllowHTTP bool

	// Headers configures SecurityHeaders.
	Headers HeadersConfig

	// Authenticators say who a request comes from. Of several the identities are
	// merged: those of later ones come first.
	Authenticators []Authenticator

	// Antiforgery refuses forged requests. It is an *antiforgery.Protection; others
	// with such a Handler do, too. Without one, pages of other sites can act for the
	// user.
	Antiforgery interface {
		Handler(next http.Handler) http.Handler
	}
}

// Stack puts the lot around a handler in the right order: PublicOrigin, RequestLog,
// RedirectHTTPS, SecurityHeaders, authenticators, antiforgery. It is for the Use of
// a chi router as well as for an http.ServeMux:
//
//	stack, err := middleware.Stack(cfg)
//	router.Use(stack)
//	http.ListenAndServe(addr, stack(mux))
//
// It also keeps answers out of caches that set or remove one of the suite's
// cookies, whatever handlers further in say about caching. The error names everything
// that is wrong with cfg.
func Stack(cfg Config) (func(http.Handler) http.Handler, error) {
	var problems confcheck.Problems
	handlers := cfg.handlers(&problems)
	if err := problems.Err("middleware: Stack"); err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		for _, handler := range slices.Backward(handlers) {
			next = handler(next)
		}
		return next
	}, nil
}

// handlers returns them, outermost first.
func (c Config) handlers(problems *confcheck.Problems) (handlers []func(http.Handler) http.Handler) {
	log := c.Log.mistakes()
	for _, logger := range []**slog.Logger{&c.PublicOrigin.Logger, &c.HTTPS.Logger, &c.Headers.Logger} {
		if *logger == nil {
			*logger = log
		}
	}
	around, within, requestLog := c.around(problems), c.within(problems), newRequestLog(c.Log, keepOut)
	if site := around.site(); site != nil {
		requestLog.expect(site)
	}
	problems.Add(c.Log.IDHeader != "" && !grammar.IsToken(c.Log.IDHeader), "Log.IDHeader", grammar.NotToken)
	handlers = append(handlers, logged{requestLog: requestLog, around: around, within: within, open: true}.handler)
	for k, auth := range c.Authenticators {
		problems.Add(auth == nil, "Authenticators", "one is nil")
		if k > 0 {
			handlers = append(handlers, shutBetween)
		}
		if auth != nil {
			handlers = append(handlers, auth.Handler)
		}
	}
	handlers = append(handlers, noteUser)
	if c.Antiforgery != nil {
		handlers = append(handlers, c.Antiforgery.Handler)
	}
	return append(handlers, handRouteOut)
}

// around returns the layers that stand around the log.
func (c *Config) around(problems *confcheck.Problems) layers {
	if o := &c.PublicOrigin; len(o.Origins) > 0 || len(o.Proxies) > 0 || len(o.Hosts) > 0 || o.Headers != 0 || o.StrippedPrefix != "" {
		return layers{newPublicOrigin(*o, problems, "PublicOrigin.")}
	}
	return nil
}

// within returns the layers that stand directly within the log.
func (c *Config) within(problems *confcheck.Problems) (within layers) {
	if !c.DangerouslyAllowHTTP {
		c.HTTPS.check(problems, "HTTPS.")
		within = append(within, newRedirectHTTPS(c.HTTPS))
	}
	c.Headers.check(problems, "Headers.")
	return append(within, newSecurityHeaders(c.Headers))
}

// shutBetween stands between authenticators.
func shutBetween(next http.Handler) http.Handler { return shutter{next} }

type shutter struct{ next http.Handler }

func (s shutter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shut(r)
	s.next.ServeHTTP(w, r)
}

// noteUser tells the log who authenticators have found that do not tell it themselves.
func noteUser(next http.Handler) http.Handler { return userNoter{next} }

type userNoter struct{ next http.Handler }

func (n userNoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	shut(r)
	j := journey.From(r.Context())
	if !j.HasUser() {
		if user := claims.FromContext(r.Context()); user.IsAuthenticated() {
			j.Identified(user, user.Primary().AuthenticationType)
		}
	}
	n.next.ServeHTTP(w, r)
}

// handRouteOut tells the log the pattern of the route, which a router puts into a
// request that those further out do not have.
func handRouteOut(next http.Handler) http.Handler { return routeNoter{next} }

type routeNoter struct{ next http.Handler }

func (n routeNoter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p, ok := r.Context().(*passage); ok && r == &p.request {
		n.next.ServeHTTP(w, r) // the log has this request itself
		return
	}
	defer noteRoute(r)
	n.next.ServeHTTP(w, r)
}

// keepOut keeps an answer out of caches that sets or removes a cookie of the suite.
func keepOut(h http.Header) {
	if slices.ContainsFunc(h["Set-Cookie"], isOurs) && !forbidsStoring(h["Cache-Control"]) {
		h.Set("Cache-Control", "no-cache, no-store")
		h.Set("Pragma", "no-cache")
	}
}

// isOurs reports whether a line sets a cookie of the suite, all of which are sealed
// and begin alike (docs/formats.md, Payload), or removes any cookie.
func isOurs(line string) bool {
	_, value, _ := strings.Cut(line, "=")
	return strings.HasPrefix(value, "CfDJ8") || value == "" || value[0] == ';'
}

func forbidsStoring(lines []string) bool {
	for _, line := range lines {
		for directive := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(directive, " \t"), "no-store") {
				return true
			}
		}
	}
	return false
}
