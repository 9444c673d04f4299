package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// checkInterval is how often it is found out which instances are there.
	checkInterval = 300 * time.Millisecond
	// checkTimeout is for an instance that is there and busy.
	checkTimeout = 3 * time.Second
)

// A balancer hands each request to the next instance that is there.
type balancer struct {
	backends []*backend
	turn     atomic.Uint64
	through  http.RoundTripper
}

type backend struct {
	address string
	up      atomic.Bool
}

// newBalancer returns the proxy. It checks the instances until ctx ends.
func newBalancer(ctx context.Context, addresses []string) http.Handler {
	b := &balancer{through: &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute}}
	for _, address := range addresses {
		one := &backend{address: address}
		b.backends = append(b.backends, one)
		one.check(ctx)
		go one.watch(ctx)
	}
	return &httputil.ReverseProxy{
		Transport: b,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "instance"}) // RoundTrip chooses
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "No instance is there.", http.StatusBadGateway)
		},
	}
}

func (b *backend) watch(ctx context.Context) {
	for tick := time.NewTicker(checkInterval); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
			b.check(ctx)
		}
	}
}

func (b *backend) check(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+b.address+"/static/style.css", nil)
	if err != nil {
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err == nil {
		answer.Body.Close()
	}
	b.up.Store(err == nil && answer.StatusCode == http.StatusOK)
}

// RoundTrip tries one instance after the other, as long as none can have seen the
// request, or it is one that may be repeated.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	var failed error
	for range b.backends {
		one := b.next()
		answer, err := b.through.RoundTrip(one.request(r))
		if err == nil {
			return answer, nil
		}
		failed = err
		if r.Context().Err() != nil || !repeatable(r, err) {
			break
		}
		one.up.Store(false)
	}
	return nil, failed
}

// next returns the next instance that is there. If none seems to be, it is the next
// one all the same: it may be busy, or have come back since.
func (b *balancer) next() (one *backend) {
	for range b.backends {
		if one = b.backends[b.turn.Add(1)%uint64(len(b.backends))]; one.up.Load() {
			break
		}
	}
	return one
}

// request is the request for this instance. Its body stays open for another try.
func (b *backend) request(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Host = b.address
	if r.Body != nil {
		r.Body = io.NopCloser(r.Body)
	}
	return r
}

func repeatable(r *http.Request, err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	return r.Body == nil && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}
