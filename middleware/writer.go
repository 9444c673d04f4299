package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"
)

// The writers of net/http's servers get wrappers of our own, which need no memory
// but the passage's. All others are left to package httpsnoop, whose wrapper takes
// about twenty allocations where a writer can do everything.

// wrapKnown returns a wrapper that can do what w can, or nil if w is none of the
// writers that it knows.
func (p *passage) wrapKnown(w http.ResponseWriter) http.ResponseWriter {
	if !canMore(w) {
		return p.wrapPlain(w)
	}
	_, isServer := w.(serverWriter)
	_, pushes := w.(http.Pusher)
	_, hijacks := w.(http.Hijacker)
	_, readsFrom := w.(io.ReaderFrom)
	switch {
	case isServer && hijacks && readsFrom && !pushes:
		return http1Writer{knownWriter{plainWriter{p}}}
	case isServer && pushes && !hijacks && !readsFrom:
		return http2Writer{knownWriter{plainWriter{p}}}
	}
	return nil
}

// A serverWriter is what the writers of net/http for HTTP/1 and HTTP/2 have in common.
type serverWriter interface {
	io.StringWriter
	http.Flusher
	FlushError() error
	CloseNotify() <-chan bool
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	EnableFullDuplex() error
}

// canMore reports whether w has any method that those of net/http have beside the
// ones that all have.
func canMore(w http.ResponseWriter) bool {
	switch w.(type) {
	case io.StringWriter, io.ReaderFrom, http.Flusher, http.Hijacker, http.Pusher, interface{ FlushError() error }, interface{ CloseNotify() <-chan bool },
		interface{ SetReadDeadline(time.Time) error }, interface{ SetWriteDeadline(time.Time) error },
		interface{ EnableFullDuplex() error }:
		return true
	}
	return false
}

// A plainWriter can only write.
type plainWriter struct{ p *passage }

func (w plainWriter) Header() http.Header         { return w.p.writer.Header() }
func (w plainWriter) Unwrap() http.ResponseWriter { return w.p.writer }
func (w plainWriter) WriteHeader(status int) {
	w.p.beginFinal(status)
	w.p.writer.WriteHeader(status)
}

func (w plainWriter) Write(b []byte) (int, error) {
	w.p.begin(http.StatusOK)
	return w.p.count(w.p.writer.Write(b))
}

// A knownWriter wraps a serverWriter.
type knownWriter struct{ plainWriter }

func (w knownWriter) server() serverWriter { return w.p.writer.(serverWriter) }

func (w knownWriter) WriteString(s string) (int, error) {
	w.p.begin(http.StatusOK)
	return w.p.count(w.server().WriteString(s))
}

func (w knownWriter) Flush() { w.p.begin(http.StatusOK); w.server().Flush() }

func (w knownWriter) FlushError() error                  { w.p.begin(http.StatusOK); return w.server().FlushError() }
func (w knownWriter) CloseNotify() <-chan bool           { return w.server().CloseNotify() }
func (w knownWriter) SetReadDeadline(t time.Time) error  { return w.server().SetReadDeadline(t) }
func (w knownWriter) SetWriteDeadline(t time.Time) error { return w.server().SetWriteDeadline(t) }
func (w knownWriter) EnableFullDuplex() error            { return w.server().EnableFullDuplex() }

// An http1Writer wraps the writer of a connection of HTTP/1.
type http1Writer struct{ knownWriter }

func (w http1Writer) ReadFrom(src io.Reader) (int64, error) {
	return w.p.readFrom(src, w.p.writer.(io.ReaderFrom).ReadFrom)
}

func (w http1Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := w.p.writer.(http.Hijacker).Hijack()
	w.p.hijacked(err)
	return conn, buffer, err
}

// An http2Writer wraps the writer of a stream of HTTP/2.
type http2Writer struct{ knownWriter }

func (w http2Writer) Push(target string, opts *http.PushOptions) error {
	return w.p.writer.(http.Pusher).Push(target, opts)
}
