package sessions_test

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// A mode is what a program keeps of sessions.
type mode struct {
	name           string
	cutoffs, store bool
	poll           time.Duration // in a program it is ten seconds
}

const quick = 20 * time.Millisecond

var modes = []mode{{"cut-offs", true, false, quick}, {"a store", false, true, quick}, {"both", true, true, quick}}

// An instance is one program of several behind a load balancer, with a key ring and
// cut-offs of its own on stores that it shares with the others.
type instance struct {
	auth    *cookieauth.Authenticator
	cutoffs *cookieauth.Cutoffs
	handler http.Handler
}

// clock is one that all instances have. It never stands still, and jumps when told.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time           { return time.Unix(0, c.now.Add(int64(time.Millisecond))) }
func (c *clock) advance(by time.Duration) { c.now.Add(int64(by)) }

const lifetime = 24 * time.Hour

func newInstances(t *testing.T, n int, m mode, shared store, c *clock) []*instance {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	keys := memstore.New()
	var all []*instance
	for range n {
		ring, err := dataprotection.Open(t.Context(), dataprotection.Config{Application: "app", Store: keys, Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ring.Close() })
		i := new(instance)
		cfg := cookieauth.Config{KeyRing: ring, Lifetime: lifetime, Logger: log, Now: c.Now}
		if m.cutoffs {
			i.cutoffs, err = cookieauth.OpenCutoffs(t.Context(), cookieauth.CutoffsConfig{Store: shared, PollInterval: m.poll, Logger: log, Now: c.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { i.cutoffs.Close() })
			cfg.Cutoffs = i.cutoffs
		}
		if m.store {
			cfg.TicketStore = shared
		}
		if i.auth, err = cookieauth.New(cfg); err != nil {
			t.Fatal(err)
		}
		i.handler = i.auth.Handler(i.routes())
		all = append(all, i)
	}
	return all
}

func (i *instance) routes() http.Handler {
	answer := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) {
		answer(w, i.auth.SignIn(w, r, claims.New(r.FormValue("user")), nil))
	})
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) { answer(w, i.auth.SignOut(w, r)) })
	mux.Handle("/everywhere", i.auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(w, i.auth.EndSessionsOf(r.Context(), i.auth.User(r).ID()))
	})))
	mux.Handle("/me", i.auth.RequireUser(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, i.auth.User(r).ID())
	})))
	return mux
}

// An answer is what a browser makes of a response.
type answer struct {
	status int
	body   string
	cookie string // that it keeps from now on
	set    bool   // the response has set or removed it
}

// send sends a request with a cookie, "" for none.
func (i *instance) send(path, cookie string) answer {
	r := httptest.NewRequest("GET", path, nil)
	r.TLS = &tls.ConnectionState{}
	if cookie != "" {
		r.Header.Set("Cookie", "__Host-sealring="+cookie)
	}
	w := httptest.NewRecorder()
	i.handler.ServeHTTP(w, r)
	a := answer{status: w.Code, body: w.Body.String(), cookie: cookie}
	for _, line := range w.Result().Header["Set-Cookie"] {
		value, _, _ := strings.Cut(strings.TrimPrefix(line, "__Host-sealring="), ";")
		a.cookie, a.set = value, true
	}
	return a
}
