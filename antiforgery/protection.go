package antiforgery

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sealring/sealring/antiforgery/internal/token"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/confcheck"
	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/setcookie"
)

// A Protection refuses forged requests and makes the tokens for forms. It may be
// used concurrently. Make one with New.
type Protection struct {
	cfg       Config
	protector *dataprotection.Protector
	headerKey string // Config.Header as in a header map
	plainName string // the cookie's name without prefix, for plain HTTP; else that name
	reference bool   // as ASP.NET Core does it, where that is not the safest way
	trusted   []webOrigin
	exempt    *http.ServeMux // nil if nothing is
	toWatch   atomic.Int32   // for how many requests the order of handlers is looked at
	misplaced sync.Once      // for an error
	overruled sync.Once      // for a warning
	refused   [reasons]atomic.Uint64
}

// New returns a Protection. It touches neither network nor disk. The error names
// everything that is wrong with cfg.
func New(cfg Config) (*Protection, error) {
	var problems confcheck.Problems
	cfg = cfg.withDefaults()
	cfg.check(&problems)
	p := &Protection{
		cfg:       cfg,
		protector: cfg.KeyRing.Protector(token.Purpose),
		headerKey: http.CanonicalHeaderKey(cfg.Header),
		plainName: cfg.Cookie.Name,
		reference: cfg.Profile == ASPNETCore,
		trusted:   parseTrusted(cfg.TrustedOrigins, &problems),
		exempt:    newExemptions(cfg.DangerouslyExempt, &problems),
	}
	if !p.reference {
		p.plainName = strings.TrimPrefix(strings.TrimPrefix(cfg.Cookie.Name, setcookie.HostPrefix), setcookie.SecurePrefix)
	}
	p.toWatch.Store(firstRequests)
	if err := problems.Err("antiforgery"); err != nil {
		return nil, err
	}
	return p, nil
}

// Handler lets only requests through to next that Check finds no fault with. It
// must stand behind what identifies the user, such as the Handler of a
// cookieauth.Authenticator, and before what reads bodies.
func (p *Protection) Handler(next http.Handler) http.Handler {
	return &protected{p, next}
}

type protected struct {
	by   *Protection
	next http.Handler
}

func (h *protected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, j := h.by, journey.From(r.Context())
	j.Pass(journey.Antiforgery)
	if err := p.Check(r); err != nil {
		p.note(r, err)
		if !p.cfg.ReportOnly {
			p.cfg.Refused(w, r, err)
			return
		}
	}
	if j == nil && p.toWatch.Load() > 0 {
		p.watch(w, r, h.next)
		return
	}
	h.next.ServeHTTP(w, r)
}

// firstRequests is how many requests are watched.
const firstRequests = 100

// watch serves one of the first requests, and says if the handlers stand in an
// order that does harm, where nobody further out does. It mostly shows with the first
// user.
func (p *Protection) watch(w http.ResponseWriter, r *http.Request, next http.Handler) {
	p.toWatch.Add(-1)
	j := journey.Late()
	if user := claims.FromContext(r.Context()); user.IsAuthenticated() {
		j.Identified(user, "")
	}
	j.Pass(journey.Antiforgery)
	inner := r.WithContext(context.WithValue(r.Context(), journey.Key{}, j))
	next.ServeHTTP(w, inner)
	r.Pattern = inner.Pattern // the route, for those further out
	if j.Misplaced() != nil {
		p.misplaced.Do(func() { j.Report(inner.Context(), p.cfg.Logger) })
	}
}

// Check returns an error if a request should not be carried out. GET, HEAD,
// OPTIONS and TRACE are always good, except for the beginning of a WebSocket. The
// body is read only if it is a form and may hold the token that is needed, and can
// be read again afterwards.
//
// A refusal is an *Error. Other errors are no fault of the visitor: one that Is
// dataprotection.ErrUnavailable says that it cannot be told now, and
// ErrInsecureTransport is for the operator.
func (p *Protection) Check(r *http.Request) error {
	if p.isSafe(r) {
		return nil
	}
	origin := silent
	if p.cfg.Mode != TokensOnly || isWebSocket(r) {
		var refusal *Error
		if origin, refusal = p.ask(r); refusal != nil {
			if p.isExempt(r) {
				return nil
			}
			return refusal
		}
	}
	// A browser cannot send a token when it opens a WebSocket, so its word must do.
	if origin != silent && (p.cfg.Mode == BrowserFirst || isWebSocket(r)) || p.isExempt(r) {
		return nil
	}
	return p.checkTokens(r, origin == ours)
}

// CheckTokens returns an error unless a request has a pair of tokens for its user,
// whatever its method and whatever the mode, the browser and the exemptions say.
// Errors are as those of Check.
func (p *Protection) CheckTokens(r *http.Request) error { return p.checkTokens(r, false) }

// checkTokens judges the pair. Where the browser has vouched for the request, one
// that was made for nobody is good for everybody.
func (p *Protection) checkTokens(r *http.Request, vouched bool) error {
	cookie, request, err := p.openPair(r)
	if err != nil {
		return err
	}
	current := userOf(claims.FromContext(r.Context()))
	if vouched && request.User == (token.User{}) {
		current = token.User{}
	}
	if fault := token.Match(&cookie, &request, &current); fault != token.None {
		return p.mismatch(r, reasonOf[fault])
	}
	if !p.acceptsData(r, request.Additional) {
		return &Error{Reason: AdditionalData}
	}
	return nil
}

// mismatch returns the error for a pair that does not fit. That it is for another
// user cannot be said while nobody can tell who the user is.
func (p *Protection) mismatch(r *http.Request, reason Reason) error {
	if reason == OtherUser || reason == OtherUserID {
		if err := p.outage(r); err != nil {
			return err
		}
	}
	return &Error{Reason: reason}
}

func (p *Protection) acceptsData(r *http.Request, data string) bool {
	if p.cfg.CheckAdditionalData == nil {
		return data == ""
	}
	return p.cfg.CheckAdditionalData(r, data)
}

// outage returns why it cannot be told who a request comes from, if that is so.
func (p *Protection) outage(r *http.Request) error {
	if p.cfg.Outage == nil {
		return unavailable(journey.From(r.Context()).Outage())
	}
	return unavailable(p.cfg.Outage(r))
}

// exempt is what the patterns of exempt requests lead to.
var exempt http.Handler = exemption{}

type exemption struct{}

func (exemption) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (p *Protection) isExempt(r *http.Request) bool {
	if p.exempt == nil {
		return false
	}
	h, _ := p.exempt.Handler(r)
	return h == exempt
}

// note counts and logs a request that is refused, or would be.
func (p *Protection) note(r *http.Request, err error) {
	level, message, reason := slog.LevelError, "request cannot be judged", "none"
	var refusal *Error
	if errors.As(err, &refusal) {
		p.refused[refusal.Reason].Add(1)
		level, message, reason = slog.LevelWarn, "request refused", refusal.Reason.String()
	}
	p.cfg.Logger.LogAttrs(r.Context(), level, message,
		slog.String("reason", reason), slog.String("error", err.Error()), slog.Bool("reportOnly", p.cfg.ReportOnly),
		slog.String("method", journey.Logged(r.Method)), slog.String("host", journey.Logged(r.Host)), slog.String("path", journey.LoggedPath(r)))
}

// Refusals returns how many requests Handler has refused, or would have with
// ReportOnly, for each reason.
func (p *Protection) Refusals() map[Reason]uint64 {
	counts := make(map[Reason]uint64, reasons)
	for r := CrossSite; r < reasons; r++ {
		counts[r] = p.refused[r].Load()
	}
	return counts
}
