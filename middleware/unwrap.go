package middleware

import (
	"bufio"
	"net"
	"net/http"
)

// Writers that can only write may wrap others that can do more, to which an
// http.ResponseController finds its way. It must not go past ours.

// An unwrapWriter is for writers that flush in this way.
type unwrapWriter struct{ plainWriter }

func (w unwrapWriter) FlushError() error {
	w.p.begin(http.StatusOK)
	return http.NewResponseController(w.p.writer).Flush()
}

// An unwrapHijacker is for those whose connections can be taken over, too.
type unwrapHijacker struct{ unwrapWriter }

func (w unwrapHijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.p.writer).Hijack()
	w.p.hijacked(err)
	return conn, buffer, err
}

// wrapPlain returns a wrapper of a writer that can only write.
func (p *passage) wrapPlain(w http.ResponseWriter) http.ResponseWriter {
	plain := plainWriter{p}
	switch _, unwraps := w.(interface{ Unwrap() http.ResponseWriter }); {
	case unwraps && reaches[http.Hijacker](w):
		return unwrapHijacker{unwrapWriter{plain}}
	case unwraps && (reaches[http.Flusher](w) || reaches[interface{ FlushError() error }](w)):
		return unwrapWriter{plain}
	}
	return plain
}

// reaches reports whether a writer, or one that it wraps, is a T.
func reaches[T any](w http.ResponseWriter) bool {
	for {
		if _, ok := w.(T); ok {
			return true
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = u.Unwrap()
	}
}
