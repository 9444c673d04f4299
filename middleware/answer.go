package middleware

import (
	"bufio"
	"io"
	"net"
	"net/http"

	"github.com/felixge/httpsnoop"
)

// watch returns a writer like w that keeps count in p. Before the header
// goes out it tells the log.
func (p *passage) watch(w http.ResponseWriter) http.ResponseWriter {
	p.writer = w
	if known := p.wrapKnown(w); known != nil {
		return known
	}
	return httpsnoop.Wrap(w, httpsnoop.Hooks{
		WriteHeader: func(next httpsnoop.WriteHeaderFunc) httpsnoop.WriteHeaderFunc {
			return func(status int) {
				p.beginFinal(status)
				next(status)
			}
		},
		Write: func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
			return func(b []byte) (int, error) {
				p.begin(http.StatusOK)
				return p.count(next(b))
			}
		},
		WriteString: func(next httpsnoop.WriteStringFunc) httpsnoop.WriteStringFunc {
			return func(s string) (int, error) {
				p.begin(http.StatusOK)
				return p.count(next(s))
			}
		},
		ReadFrom: func(next httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
			return func(src io.Reader) (int64, error) { return p.readFrom(src, next) }
		},
		Flush: func(next httpsnoop.FlushFunc) httpsnoop.FlushFunc {
			return func() { p.begin(http.StatusOK); next() }
		},
		FlushError: func(next httpsnoop.FlushErrorFunc) httpsnoop.FlushErrorFunc {
			return func() error { p.begin(http.StatusOK); return next() }
		},
		Hijack: func(next httpsnoop.HijackFunc) httpsnoop.HijackFunc {
			return func() (net.Conn, *bufio.ReadWriter, error) {
				conn, buffer, err := next()
				p.hijacked(err)
				return conn, buffer, err
			}
		},
	})
}

// count adds to the bytes of the body what Write and the like return.
func (p *passage) count(n int, err error) (int, error) {
	p.written += int64(n)
	return n, err
}

// firstBytes is how much net/http, too, copies by itself before it leaves the rest to
// the system.
const firstBytes = 512

// readFrom is the ReadFrom of a writer whose original's is next. The header goes out
// with the first byte. Where there is none to read, it has not, and the handler may
// answer something else.
func (p *passage) readFrom(src io.Reader, next func(io.Reader) (int64, error)) (first int64, err error) {
	if !p.journey.Answered() {
		if first, err = io.CopyN(plainWriter{p}, src, firstBytes); err == io.EOF {
			return first, nil
		} else if err != nil {
			return first, err
		}
	}
	rest, err := next(src)
	p.written += rest
	return first + rest, err
}

// hijacked notes that the connection was taken over, unless there was an error.
func (p *passage) hijacked(err error) {
	if err == nil {
		p.status = http.StatusSwitchingProtocols
		p.journey.Answer()
	}
}

// beginFinal is begin for a status that may be an announcement.
func (p *passage) beginFinal(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		p.begin(status)
	}
}

// begin notes that the header goes out, the first time.
func (p *passage) begin(status int) {
	if p.journey.Answered() {
		return
	}
	if p.log.last != nil {
		p.log.last(p.writer.Header())
	}
	p.status = int16(status)
	p.journey.Answer()
}
