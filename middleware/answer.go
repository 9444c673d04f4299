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
			return func(src io.Reader) (int64, error) {
				p.begin(http.StatusOK)
				n, err := next(src)
				p.written += n
				return n, err
			}
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
