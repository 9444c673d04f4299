package middleware

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/sealring/sealring/internal/journey"
)

// A layer is a handler of this package that does what it does before those further
// in.
type layer struct {
	doer
	stage journey.Stage
	order orderCheck
}

// A doer does what a layer does. It returns the request for handlers further in, or
// nil if it has answered.
type doer interface {
	before(p *passage, w http.ResponseWriter, r *http.Request) *http.Request
}

func newLayer(stage journey.Stage, log *slog.Logger, what doer) *layer {
	return &layer{doer: what, stage: stage, order: orderCheck{log: log}}
}

// handler is the middleware of this layer alone.
func (l *layer) handler(next http.Handler) http.Handler { return layers{l}.handler(next) }

// layers are those that stand directly within one another, outermost first. They
// are one handler, as the deeper a chain of calls is, the more of its returns a
// processor guesses wrong.
type layers []*layer

func (l layers) handler(next http.Handler) http.Handler { return &layered{l, l.stages(), next} }

func (l layers) stages() (all journey.Stage) {
	for _, layer := range l {
		all |= layer.stage
	}
	return all
}

type layered struct {
	layers layers
	stages journey.Stage
	next   http.Handler
}

func (l *layered) ServeHTTP(w http.ResponseWriter, outer *http.Request) {
	p, r := enter(outer)
	p.journey.Pass(l.stages)
	l.layers.serve(p, w, r, l.next)
	if r != outer {
		notePattern(outer, r)
		l.layers[0].order.check(p)
	}
}

func (l layers) serve(p *passage, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if inner := l.before(p, w, r); inner != nil {
		next.ServeHTTP(w, inner)
		notePattern(r, inner)
	}
}

func (l layers) before(p *passage, w http.ResponseWriter, r *http.Request) *http.Request {
	p.bare = len(w.Header()) == 0
	for _, layer := range l {
		if r = layer.before(p, w, r); r == nil {
			return nil
		}
	}
	return r
}

// notePattern hands the pattern of the route outwards.
func notePattern(outer, inner *http.Request) {
	if inner != outer {
		outer.Pattern = inner.Pattern
	}
}

// An orderCheck says once if the handlers stand in an order that does harm.
type orderCheck struct {
	log  *slog.Logger
	once sync.Once
}

func (c *orderCheck) check(p *passage) {
	if p.journey.Misplaced() != nil {
		c.once.Do(func() { p.journey.Report(p, c.log) })
	}
}

func loggerOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.Default()
	}
	return log
}
