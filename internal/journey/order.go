package journey

import (
	"context"
	"log/slog"
)

// A Stage is one of the suite's handlers.
type Stage uint8

// The stages, outermost first.
const (
	PublicOrigin Stage = iota
	RequestLog
	RedirectHTTPS
	SecurityHeaders
	Authenticate
	Antiforgery
)

// Order is the order of the stages, for people.
const Order = "PublicOrigin, RequestLog, RedirectHTTPS, SecurityHeaders, the authenticators' Handler, the antiforgery Handler, routes"

func (s Stage) bit() uint32 { return 1 << s }

// within returns all stages further in, harmless orders or not.
func (s Stage) within() uint32 { return allStages &^ (s.bit()<<1 - 1) }

const allStages uint32 = 1<<(Antiforgery+1) - 1

// String returns the name of the stage.
func (s Stage) String() string {
	return [...]string{"PublicOrigin", "RequestLog", "RedirectHTTPS", "SecurityHeaders", "the authenticator's Handler", "the antiforgery Handler"}[s]
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

// violated returns the rule that a stage breaks by coming after the passed ones,
// counted from 1, or 0.
func violated(s Stage, passed uint32) uint32 {
	for k := range rules {
		if rules[k].Outer == s && passed&rules[k].Inner.bit() != 0 {
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
