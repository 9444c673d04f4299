package writers_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
)

// TestAbilities compares what a handler's writer can do behind Handler with what
// it can do without.
func TestAbilities(t *testing.T) {
	bothWays(t, func(t *testing.T, h2, due bool) {
		var got []string
		note := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = abilities(w) })
		s := newSite(t, h2, func(s *site) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/bare", note)
			mux.Handle("/", s.auth.Handler(note))
			return mux
		})
		b := s.browser(due)
		b.get("/bare")
		want := got
		b.renewed(b.get("/"))
		if !slices.Equal(got, want) || len(want) < 4 {
			t.Errorf("the writer has %v, without us %v", got, want)
		}
	})
}

func abilities(w http.ResponseWriter) (all []string) {
	note := func(name string, ok bool) {
		if ok {
			all = append(all, name)
		}
	}
	_, ok := w.(http.Flusher)
	note("Flush", ok)
	_, ok = w.(interface{ FlushError() error })
	note("FlushError", ok)
	_, ok = w.(http.Hijacker)
	note("Hijack", ok)
	_, ok = w.(http.Pusher)
	note("Push", ok)
	_, ok = w.(io.ReaderFrom)
	note("ReadFrom", ok)
	_, ok = w.(io.StringWriter)
	note("WriteString", ok)
	c := http.NewResponseController(w)
	note("full duplex", c.EnableFullDuplex() == nil)
	return all
}
