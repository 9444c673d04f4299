package journey

import (
	"context"
	"log/slog"
	"math/bits"
)

// A Stage is one of the suite's handlers, or several of them.
type Stage uint32

// The stages, outermost first.
const (
	PublicOrigin Stage = 1 << iota
	RequestLog
	RedirectHTTPS
	SecurityHeaders
	Authenticate
	Antiforgery
)

// Order is the order of the stages, for people.
const Order = "PublicOrigin, RequestLog, RedirectHTTPS, SecurityHeaders, the authenticators' Handler, the antiforgery Handler, routes"

const allStages = Antiforgery<<1 - 1

// String returns the name of one stage.
func (s Stage) String() string {
	return [...]string{"PublicOrigin", "RequestLog", "RedirectHTTPS", "SecurityHeaders", "the authenticator's Handler", "the antiforgery Handler"}[bits.TrailingZeros32(uint32(s))]
}

// A Rule says that one stage must stand outside of another, and why.
type Rule struct {
	Outer, Inner Stage
	Why          string
}

// rules has only what does harm; there are other orders that do none.
var rules = [...]Rule{
	{PublicOrigin, RedirectHTTPS, "behind a proxy that ends TLS it redirects for ever"},
	{PublicOrigin, Authenticate, "behind a proxy that ends TLS it does not find the cookie"},
	{PublicOrigin, Antiforgery, "behind a proxy it takes the site's own pages for those of another"},
	{RequestLog, RedirectHTTPS, "its answers are not logged"},
	{RequestLog, Antiforgery, "its refusals are not logged"},
	{RedirectHTTPS, Authenticate, "it reads and renews cookies over plain HTTP"},
	{RedirectHTTPS, Antiforgery, "it refuses what should be redirected"},
	{SecurityHeaders, Antiforgery, "its answers go out without the headers"},
	{Authenticate, Antiforgery, "it takes every user for nobody"},
}

// violated returns the first rule that stages break by coming after those that were
// passed, counted from 1, or 0.
func violated(stages, passed Stage) uint32 {
	for k := range rules {
		if stages&rules[k].Outer != 0 && passed&rules[k].Inner != 0 {
			return uint32(k) + 1
		}
	}
	return 0
}

// Report logs the first rule that the order of the handlers breaks, if there is one.
func (j *Journey) Report(ctx context.Context, log *slog.Logger) {
	if rule := j.Misplaced(); rule != nil {
		log.LogAttrs(ctx, slog.LevelError, "middleware in the wrong order: "+rule.String(),
			slog.String("order", Order), slog.String("mend", "use that order, or middleware.Stack"))
	}
}

// String says what is wrong and what follows from it.
func (r *Rule) String() string {
	return r.Outer.String() + " must stand outside of " + r.Inner.String() + ", or else " + r.Why
}
