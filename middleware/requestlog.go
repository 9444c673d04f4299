package middleware

import (
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/sealring/sealring/internal/journey"
	"github.com/sealring/sealring/internal/origin"
)

// LogConfig configures RequestLog. It is copied.
type LogConfig struct {
	_ struct{}

	// Logger receives one event for each request. The zero value logs nothing.
	Logger zerolog.Logger

	// IDHeader is the header, such as "X-Request-Id", in which a proxy in front passes
	// on the id of a request, and in which answers tell it. An id is taken over if it
	// has at most 64 letters, digits, dots, dashes and underscores; where no proxy
	// replaces what clients send, they can choose it. Without this setting each request
	// gets a new id that answers do not tell.
	IDHeader string

	// SecretPath, if set, reports whether the path of a request is a secret, as that of
	// a link from an e-mail may be. Such requests are logged without it. It must not
	// read the body.
	SecretPath func(*http.Request) bool
}

// RequestLog logs one event for each request when it has been answered, at level
// error if the status is 500 or more, else at level info:
//
//	request_id  a random id, which Logger, Slog and RequestID have, too
//	method
//	host        as the browser sees it, see PublicOrigin
//	https       whether the browser used TLS
//	path        without the query, and not at all if LogConfig.SecretPath says so
//	route       the pattern of http.ServeMux or chi, if there is one
//	status      of the answer; 101 for connections that were taken over
//	bytes       of the body of the answer
//	duration    in milliseconds, unless zerolog is set otherwise
//	user        the id of the user, and
//	scheme      the scheme that identified the user, if anybody is signed in
//	panicked    true, if that is how the handler ended
//
// Queries, headers and bodies are not logged, as they may have secrets.
//
// The writer is wrapped in one that can do what the original can.
func RequestLog(cfg LogConfig) func(http.Handler) http.Handler {
	return newRequestLog(cfg, nil)
}

type requestLog struct {
	cfg  LogConfig
	last func(http.Header) // called when the header goes out, or nil
}

func newRequestLog(cfg LogConfig, last func(http.Header)) func(http.Handler) http.Handler {
	l := &requestLog{cfg, last}
	return (&layer{stage: journey.RequestLog, log: Slog(cfg.Logger), serve: l.serve}).handler
}

func (l *requestLog) serve(p *passage, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if p.log != nil { // logged further out
		next.ServeHTTP(w, r)
		return
	}
	p.log, p.id = l, l.requestID(p, r)
	if l.cfg.IDHeader != "" {
		w.Header().Set(l.cfg.IDHeader, p.id)
	}
	start, path, panicked := time.Now(), l.path(r), true
	defer func() { l.finish(p, r, path, time.Since(start), panicked) }()
	next.ServeHTTP(p.watch(w, l.last), r)
	if !p.answer.hijacked {
		p.begin(http.StatusOK) // where nothing was written, the header goes out only now
	}
	panicked = false
}

func (l *requestLog) requestID(p *passage, r *http.Request) string {
	if l.cfg.IDHeader != "" {
		if id := r.Header.Get(l.cfg.IDHeader); isID(id) {
			return id
		}
	}
	return p.randomText()
}

// path returns the path before anybody takes something off it, "" for a secret one.
func (l *requestLog) path(r *http.Request) string {
	if l.cfg.SecretPath != nil && l.cfg.SecretPath(r) {
		return ""
	}
	return r.URL.Path
}

func isID(s string) bool {
	for k := range len(s) {
		c := s[k]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 64
}

func (l *requestLog) finish(p *passage, r *http.Request, path string, took time.Duration, panicked bool) {
	status := p.answer.status
	switch {
	case p.answer.hijacked:
		status = http.StatusSwitchingProtocols
	case status == 0:
		status = http.StatusInternalServerError // by a panic; else it was set
	}
	e := l.event(status >= 500 || panicked)
	if e == nil {
		return
	}
	noteRoute(&p.journey, r)
	public := origin.Of(r)
	e.Str("request_id", p.id).Str("method", cut(r.Method)).Str("host", cut(public.Host)).Bool("https", public.Scheme == "https")
	if path != "" {
		e.Str("path", cut(path))
	}
	if route := p.journey.Route(); route != "" {
		e.Str("route", route)
	}
	e.Int("status", status).Int64("bytes", p.answer.bytes).Dur("duration", took)
	if user, scheme := p.journey.User(); user != nil {
		e.Str("user", user.ID()).Str("scheme", scheme)
	}
	if panicked {
		e.Bool("panicked", true)
	}
	e.Msg("request")
}

// event returns nil if the logger does not want it.
func (l *requestLog) event(failed bool) *zerolog.Event {
	if failed {
		return l.cfg.Logger.Error()
	}
	return l.cfg.Logger.Info()
}

// cut bounds what a client can put into a log.
func cut(s string) string {
	const limit = 1024
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
