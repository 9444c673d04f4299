package middleware

import (
	"context"
	"log/slog"

	"github.com/rs/zerolog"
)

// RequestID returns the id of the request that ctx belongs to, if RequestLog logs
// it, else "".
func RequestID(ctx context.Context) string {
	if p := passageFrom(ctx); p != nil {
		return p.id()
	}
	return ""
}

// Logger returns the logger of RequestLog, with which events carry the id of the
// request that ctx belongs to. If the request is not logged, it logs nothing.
func Logger(ctx context.Context) *zerolog.Logger {
	p := passageFrom(ctx)
	if p == nil || p.log == nil {
		return new(zerolog.Logger)
	}
	log := p.log.cfg.Logger.With().Str("request_id", p.id()).Logger()
	return &log
}

// Slog returns a logger for libraries that take a *slog.Logger, such as the other
// packages of this module. It writes to log, and what is logged with the context of
// a request carries the request's id.
func Slog(log zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(log.Hook(requestID{})))
}

// requestID adds the id to events.
type requestID struct{}

func (requestID) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	if p := passageFrom(e.GetCtx()); p != nil && p.log != nil {
		p.addID(e)
	}
}
