package middleware_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sealring/sealring/middleware"
)

// abilities lists what a writer can do besides the necessary.
func abilities(w http.ResponseWriter) (list string) {
	note := func(name string, ok bool) {
		if ok {
			list += " " + name
		}
	}
	_, ok := w.(http.Flusher)
	note("Flush", ok)
	_, ok = w.(interface{ FlushError() error })
	note("FlushError", ok)
	_, ok = w.(http.Hijacker)
	note("Hijack", ok)
	_, ok = w.(io.ReaderFrom)
	note("ReadFrom", ok)
	_, ok = w.(http.Pusher)
	note("Push", ok)
	_, ok = w.(io.StringWriter)
	note("WriteString", ok)
	_, ok = w.(interface{ SetReadDeadline(time.Time) error })
	note("SetReadDeadline", ok)
	_, ok = w.(interface{ EnableFullDuplex() error })
	note("EnableFullDuplex", ok)
	return list
}

// start serves h behind Stack over HTTP/1.1 or HTTP/2.
func start(t *testing.T, http2 bool, h http.Handler) (*httptest.Server, *journal) {
	t.Helper()
	j, log := newJournal(t)
	stack := must(t)(middleware.Stack(middleware.Config{Log: middleware.LogConfig{Logger: log}}))
	server := httptest.NewUnstartedServer(stack(h))
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, j
}

// over runs a test with both versions of HTTP.
func over(t *testing.T, do func(t *testing.T, http2 bool)) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) { do(t, http2) })
	}
}

func fetch(t *testing.T, server *httptest.Server, path string) (*http.Response, string) {
	t.Helper()
	res, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestWritersKeepWhatTheyCan(t *testing.T) {
	over(t, func(t *testing.T, http2 bool) {
		var bare, wrapped string
		plain := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { bare = abilities(w) }))
		plain.EnableHTTP2 = http2
		plain.StartTLS()
		defer plain.Close()
		server, _ := start(t, http2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { wrapped = abilities(w) }))
		fetch(t, plain, "/")
		fetch(t, server, "/")
		if bare == "" || bare != wrapped {
			t.Errorf("the server's writer: %s; behind Stack: %s", bare, wrapped)
		}
	})
}

func TestServerSentEvents(t *testing.T) {
	over(t, func(t *testing.T, http2 bool) {
		next := make(chan struct{})
		server, j := start(t, http2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			control := http.NewResponseController(w)
			for k := range 3 {
				fmt.Fprintf(w, "data: %d\n\n", k)
				if err := control.Flush(); err != nil {
					t.Error(err)
				}
				<-next // comes only if the event has arrived
			}
		}))
		res, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if (res.ProtoMajor == 2) != http2 {
			t.Fatal(res.Proto)
		}
		lines := bufio.NewScanner(res.Body)
		for k := 0; lines.Scan(); {
			if lines.Text() == "" {
				continue
			}
			if got, want := lines.Text(), fmt.Sprintf("data: %d", k); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			k++
			next <- struct{}{}
		}
		server.Close()
		if e := j.only(); e["status"] != 200.0 || e["bytes"] != 27.0 {
			t.Error(e)
		}
	})
}

func TestResponseController(t *testing.T) {
	over(t, func(t *testing.T, http2 bool) {
		server, _ := start(t, http2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			control := http.NewResponseController(w)
			for what, err := range map[string]error{
				"read deadline":  control.SetReadDeadline(time.Now().Add(time.Minute)),
				"write deadline": control.SetWriteDeadline(time.Now().Add(time.Minute)),
				"full duplex":    control.EnableFullDuplex(),
				"flush":          control.Flush(),
			} {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		}))
		fetch(t, server, "/")
	})
}

func TestServeFile(t *testing.T) {
	content := strings.Repeat("0123456789", 20_000)
	file := filepath.Join(t.TempDir(), "f.txt")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	over(t, func(t *testing.T, http2 bool) {
		server, j := start(t, http2, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }))
		if _, body := fetch(t, server, "/"); body != content {
			t.Errorf("%d bytes, want %d", len(body), len(content))
		}
		server.Close()
		if e := j.only(); e["bytes"] != float64(len(content)) {
			t.Error(e)
		}
	})
}

// Where there is nothing to copy, the answer has not begun, and can still become
// another.
func TestCopyOfNothing(t *testing.T) {
	long := strings.Repeat("x", 2000)
	for _, c := range []struct {
		name string
		text string
		err  error // what ends it, or nil
		want int
		body string
	}{
		{"empty", "", nil, 404, "nothing"},
		{"fails at once", "", errors.New("upstream"), 404, "nothing"},
		{"fails later", "some", errors.New("upstream"), 200, "some, and then nothing"},
		{"fails late", long, errors.New("upstream"), 200, long + ", and then nothing"},
		{"short", "some", nil, 200, "some"},
		{"long", long, nil, 200, long},
	} {
		t.Run(c.name, func(t *testing.T) {
			over(t, func(t *testing.T, http2 bool) {
				server, j := start(t, http2, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					src := io.Reader(iotest.OneByteReader(strings.NewReader(c.text)))
					if c.err != nil {
						src = io.MultiReader(src, iotest.ErrReader(c.err))
					}
					switch n, err := io.Copy(w, src); {
					case n == 0:
						w.WriteHeader(404)
						io.WriteString(w, "nothing")
					case err != nil:
						io.WriteString(w, ", and then nothing")
					}
				}))
				res, body := fetch(t, server, "/")
				if res.StatusCode != c.want || body != c.body {
					t.Errorf("got %d %q, want %d %q", res.StatusCode, body, c.want, c.body)
				}
				server.Close()
				if e := j.only(); e["status"] != float64(c.want) || e["bytes"] != float64(len(c.body)) {
					t.Errorf("got %v, want status %d and %d bytes", e, c.want, len(c.body))
				}
			})
		})
	}
}

func TestHijack(t *testing.T) {
	server, j := start(t, false, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		buffer.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		buffer.Flush()
		line, _ := buffer.ReadString('\n')
		buffer.WriteString("echo " + line)
		buffer.Flush()
	}))
	req, _ := http.NewRequest("GET", server.URL, nil)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	res, err := server.Client().Do(req)
	if err != nil || res.StatusCode != 101 {
		t.Fatalf("%v, %v", res, err)
	}
	conn := res.Body.(io.ReadWriteCloser)
	defer conn.Close()
	io.WriteString(conn, "hello\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); line != "echo hello\n" {
		t.Errorf("%q, %v", line, err)
	}
	conn.Close()
	for range 200 { // Close does not wait for connections that were taken over
		if j.Len() > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	server.Close()
	if e := j.only(); e["status"] != 101.0 || e["level"] != "info" {
		t.Error(e)
	}
}

// A writer of somebody else's, which can only write, may stand between ours and the
// server's, to which a ResponseController finds its way.
func TestWriterThatUnwraps(t *testing.T) {
	j, log := newJournal(t)
	stack := must(t)(middleware.Stack(middleware.Config{Log: middleware.LogConfig{Logger: log}}))
	h := stack(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		if r.URL.Path == "/flush" {
			w.Header().Set("Set-Cookie", "a=CfDJ8")
			if err := control.Flush(); err != nil {
				t.Error(err)
			}
			return
		}
		conn, _, err := control.Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 0\r\n\r\n")
	}))
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(unwrapper{w}, r) }))
	defer server.Close()
	if res, _ := fetch(t, server, "/flush"); res.Header.Get("Cache-Control") != "no-cache, no-store" {
		t.Errorf("an answer with a cookie: %v", res.Header)
	}
	if res, _ := fetch(t, server, "/hijack"); res.StatusCode != 299 {
		t.Error(res.Status)
	}
	server.Close()
	for range 200 { // Close does not wait for connections that were taken over
		if len(j.events("request")) == 2 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if events := j.events("request"); len(events) != 2 || events[0]["status"] != 200.0 || events[1]["status"] != 101.0 {
		t.Error(events)
	}
	plain := httptest.NewRecorder()
	if got := abilitiesWithin(stack, struct{ http.ResponseWriter }{plain}); got != "" {
		t.Errorf("a writer that can only write can%s", got)
	}
}

type unwrapper struct{ http.ResponseWriter }

func (u unwrapper) Unwrap() http.ResponseWriter { return u.ResponseWriter }

func abilitiesWithin(stack func(http.Handler) http.Handler, w http.ResponseWriter) (got string) {
	stack(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { got = abilities(w) })).ServeHTTP(w, get("/"))
	return got
}

// A hijack that fails leaves an ordinary answer.
func TestHijackThatFails(t *testing.T) {
	j, log := newJournal(t)
	h := middleware.RequestLog(middleware.LogConfig{Logger: log})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); err == nil {
			t.Error("hijacked")
		}
		w.WriteHeader(418)
	}))
	w := &stubborn{httptest.NewRecorder()}
	h.ServeHTTP(w, get("/"))
	if e := j.only(); e["status"] != 418.0 {
		t.Error(e)
	}
}

type stubborn struct{ *httptest.ResponseRecorder }

func (*stubborn) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, http.ErrNotSupported }
