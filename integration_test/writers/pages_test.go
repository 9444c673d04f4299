package writers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"

	"github.com/coder/websocket"
)

// pages are what the tests ask for. Each handler writes in a way of its own.
func (s *site) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.auth.User(r).Name()) })
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) { s.succeeds(s.auth.SignIn(w, r, bob, nil)) })
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) { s.succeeds(s.auth.SignOut(w, r)) })
	mux.HandleFunc("/late", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "x")
		s.late <- s.auth.SignIn(w, r, bob, nil)
	})
	mux.HandleFunc("/in-vain", func(w http.ResponseWriter, r *http.Request) {
		if _, _, err := http.NewResponseController(w).Hijack(); err == nil {
			s.Error("hijacked a connection of many")
		}
		s.succeeds(s.auth.SignIn(w, r, bob, nil))
	})
	mux.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		io.WriteString(w, "x")
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("as expected") })
	mux.HandleFunc("/abort", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "the beginning of")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/events", s.events)
	mux.HandleFunc("/socket", s.socket)
	mux.Handle("/behind/", http.StripPrefix("/behind", s.proxy()))
	return mux
}

func (s *site) succeeds(err error) {
	if err != nil {
		s.Error(err)
	}
}

// events sends three events, each only when the one before has arrived.
func (s *site) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	s.succeeds(http.NewResponseController(w).Flush()) // the header goes out before there is anything to say
	for i := range 3 {
		fmt.Fprintf(w, "data: %d\n\n", i)
		s.succeeds(http.NewResponseController(w).Flush())
		select {
		case <-s.more:
		case <-r.Context().Done():
			s.Errorf("event %d did not arrive", i)
			return
		}
	}
}

// socket sends back what it is sent.
func (s *site) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		s.Error(err)
		return
	}
	defer conn.CloseNow()
	for {
		kind, message, err := conn.Read(r.Context())
		if err != nil || conn.Write(r.Context(), kind, message) != nil {
			return
		}
	}
}

// proxy passes requests on to a server that knows nothing of logins.
func (s *site) proxy() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "from behind") })
	mux.HandleFunc("/events", s.events)
	mux.HandleFunc("/socket", s.socket)
	backend := httptest.NewServer(mux)
	s.Cleanup(backend.Close)
	target, err := url.Parse(backend.URL)
	if err != nil {
		s.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Header.Del("Origin") }}
}
