package middleware

import (
	"log/slog"
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
	// a link from an e-mail may be. Such requests are logged without it, by the packages
	// cookieauth and antiforgery, too. It must not read the body.
	SecretPath func(*http.Request) bool
}

// RequestLog logs one event for each request when it has been answered, at level
// error if the status is 500 or more or the handler panicked, else at level info:
//
//	request_id  a random id, which Logger, Slog and RequestID have, too
//	method
//	host        as the browser sees it, see PublicOrigin
//	https       whether the browser used TLS
//	path        without the query, and not at all if LogConfig.SecretPath says so
//	route       the pattern of http.ServeMux, or of a chi router in whose Use this is
//	status      of the answer; 101 for connections that were taken over, 500 where a
//	            panic came before any, none where it was aborted before any
//	bytes       of the body of the answer
//	duration    in milliseconds, unless zerolog is set otherwise
//	user        the id of the user, and
//	scheme      the scheme that identified the user, if anybody is signed in
//	panicked    true, if that is how the handler ended
//	aborted     true, if it ended by http.ErrAbortHandler, as httputil.ReverseProxy does
//	            when one of both sides has hung up
//
// Queries, headers and bodies are not logged, as they may have secrets.
//
// The writer is wrapped in one that can do what the original can.
func RequestLog(cfg LogConfig) func(http.Handler) http.Handler {
	l := newRequestLog(cfg, nil)
	return logged{requestLog: l}.handler
}

// mistakes returns the logger for what an operator has to mend. That is not lost where
// nobody wants requests to be logged.
func (c *LogConfig) mistakes() *slog.Logger {
	if c.Logger.Log() == nil && c.Logger.GetLevel() != zerolog.Disabled { // it has no writer
		return slog.Default()
	}
	return Slog(c.Logger)
}

type requestLog struct {
	cfg   LogConfig
	last  func(http.Header) // called when the header goes out, or nil
	order orderCheck
	since time.Time // when is told from here: how long ago it was is cheaper to ask than what time it is

	// What is the same for all requests of a site with one origin is written once.
	site   *told
	atSite zerolog.Logger
}

func newRequestLog(cfg LogConfig, last func(http.Header)) *requestLog {
	return &requestLog{cfg: cfg, last: last, order: orderCheck{log: cfg.mistakes()}, since: time.Now()}
}

// expect has the log be ready for requests to a site.
func (l *requestLog) expect(site *told) {
	l.site = site
	l.atSite = addOrigin(l.cfg.Logger.With(), *site.origin).Logger()
}

// addOrigin adds the fields of an origin to an event, or to what all events have.
func addOrigin[T interface {
	Str(key, value string) T
	Bool(key string, value bool) T
}](to T, public origin.Origin) T {
	return to.Str("host", journey.Logged(public.Host)).Bool("https", public.Scheme == "https")
}

// A logged handler is one with a log, and with the layers that stand directly around
// the log and directly within.
type logged struct {
	*requestLog
	around, within layers
	stages         journey.Stage
	open           bool // next is an authenticator or userNoter
	next           http.Handler
}

func (l logged) handler(next http.Handler) http.Handler {
	l.stages, l.next = l.around.stages()|journey.RequestLog|l.within.stages(), next
	return &l
}

func (l *logged) ServeHTTP(w http.ResponseWriter, outer *http.Request) {
	p, r := enter(outer)
	p.journey.Pass(l.stages)
	if inner := l.around.before(p, w, r); inner != nil {
		p.open = l.open && r != outer // or else somebody knows the passage already
		if p.log == nil {
			l.serve(p, w, inner)
		} else { // logged further out
			l.within.serve(p, w, inner, l.next)
		}
		notePattern(outer, inner)
	}
	if r != outer {
		l.order.check(p)
	}
}

func (l *logged) serve(p *passage, w http.ResponseWriter, r *http.Request) {
	l.identify(p, w, r)
	start, path, ended := time.Since(l.since), l.path(p, r), panicked
	defer func() {
		var cause any
		if ended == panicked {
			if cause = recover(); cause == http.ErrAbortHandler {
				ended = aborted
			}
		}
		l.finish(p, r, path, time.Since(l.since)-start, ended)
		if cause != nil {
			panic(cause) // whoever prints the stack from here on still finds where it began
		}
	}()
	l.within.serve(p, p.watch(w), r, l.next)
	p.begin(http.StatusOK) // where nothing was written, the header goes out only now
	ended = returned
}

// An ending is how a handler has ended.
type ending int8

const (
	returned ending = iota
	panicked        // or by runtime.Goexit
	aborted
)

// identify gives the request its id.
func (l *requestLog) identify(p *passage, w http.ResponseWriter, r *http.Request) {
	p.log = l
	if l.cfg.IDHeader == "" {
		p.draw()
		return
	}
	if id := r.Header.Get(l.cfg.IDHeader); isID(id) {
		p.learn(&told{id: id})
	} else {
		p.draw()
	}
	w.Header().Set(l.cfg.IDHeader, p.id())
}

// path returns the path before anybody takes something off it, "" for a secret one.
func (l *requestLog) path(p *passage, r *http.Request) string {
	if l.cfg.SecretPath != nil && l.cfg.SecretPath(r) {
		p.journey.Secret()
		return ""
	}
	return journey.Logged(r.URL.Path)
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

func (l *requestLog) finish(p *passage, r *http.Request, path string, took time.Duration, ended ending) {
	status := int64(p.status)
	if status == 0 && ended == panicked {
		status = http.StatusInternalServerError
	}
	log, atSite := &l.cfg.Logger, l.site != nil && p.told.Load() == l.site
	if atSite {
		log = &l.atSite
	}
	e := event(log, status >= 500 || ended == panicked)
	if e == nil {
		return
	}
	found := p.journey.End(routeOf(r))
	p.addID(e).Str("method", journey.Logged(r.Method))
	if !atSite {
		addOrigin(e, origin.Of(r))
	}
	if path != "" {
		e.Str("path", path)
	}
	if found.Route != "" {
		e.Str("route", found.Route)
	}
	if status != 0 {
		e.Int64("status", status)
	}
	e.Int64("bytes", p.written)
	addDuration(e, took)
	if found.User != nil {
		e.Str("user", found.User.ID()).Str("scheme", found.Scheme)
	}
	switch ended {
	case panicked:
		e.Bool("panicked", true)
	case aborted:
		e.Bool("aborted", true)
	}
	e.Msg("request")
}

// event returns nil if the logger does not want it.
func event(log *zerolog.Logger, failed bool) *zerolog.Event {
	if failed {
		return log.Error()
	}
	return log.Info()
}
