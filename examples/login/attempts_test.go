package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestAttempts(t *testing.T) {
	now := time.Unix(1e9, 0)
	a := newAttempts(func() time.Time { return now })
	three := try{"ada": {burst: 3, every: time.Minute}}
	for k := range 3 {
		if wait := a.take(three); wait != 0 {
			t.Fatalf("attempt %d has to wait %s", k+1, wait)
		}
	}
	if wait := a.take(three); wait != time.Minute {
		t.Errorf("wait %s, want a minute", wait)
	}
	if wait := a.take(try{"bob": {burst: 3, every: time.Minute}}); wait != 0 {
		t.Errorf("somebody else has to wait %s", wait)
	}
	now = now.Add(30 * time.Second)
	if wait := a.take(three); wait != 30*time.Second {
		t.Errorf("wait %s, want half a minute", wait)
	}
	now = now.Add(30 * time.Second)
	if wait := a.take(three); wait != 0 {
		t.Errorf("after a minute: wait %s", wait)
	}
	a.forgive(three)
	if wait := a.take(three); wait != 0 {
		t.Errorf("after one was taken back: wait %s", wait)
	}
	now = now.Add(-time.Hour) // a clock that jumps
	if wait := a.take(three); wait <= 0 || wait > time.Minute {
		t.Errorf("by a clock that was put back: wait %s", wait)
	}
}

// Where one of the counts is used up, the others do not pay for it.
func TestAttemptsOfSeveralKinds(t *testing.T) {
	now := time.Unix(1e9, 0)
	a := newAttempts(func() time.Time { return now })
	one, many := limit{1, time.Hour}, limit{100, time.Hour}
	a.take(try{"account": one, "address": many})
	for range 200 {
		a.take(try{"account": one, "address": many})
	}
	if wait := a.take(try{"address": many}); wait != 0 {
		t.Errorf("the address has to wait %s", wait)
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	a := newAttempts(func() time.Time { return now })
	for k := range maxBuckets + 10 {
		a.take(try{fmt.Sprint(k): perAddress})
	}
	if len(a.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(a.buckets))
	}
}

// Behind proxies that are known each client has room of its own, and none by saying that
// it is another.
func TestAddressBehindProxies(t *testing.T) {
	const origin, proxies = "https://app.example", "192.0.2.7,192.0.2.128/25"
	for _, tt := range []struct{ name, origin, proxies, peer, forwarded, want string }{
		{"no proxy", "", "", "192.0.2.7:1", "203.0.113.5", "address 192.0.2.7"},
		{"a proxy that says nothing", origin, "", "192.0.2.7:1", "203.0.113.5", ""},
		{"a proxy that says it", origin, proxies, "192.0.2.7:1", "203.0.113.5", "address 203.0.113.5"},
		{"a proxy that says it, of IPv6", origin, proxies, "192.0.2.200:1", "2001:db8:1:2:3::4", "address 2001:db8:1:2::/64"},
		{"what the client has said before", origin, proxies, "192.0.2.7:1", "198.51.100.1, 203.0.113.5", "address 203.0.113.5"},
		{"past the proxy", origin, proxies, "198.51.100.1:1", "203.0.113.5", "address 198.51.100.1"},
	} {
		a, err := newApp(t.Context(), zerolog.Nop(), options{data: newData(t), origin: tt.origin, proxies: tt.proxies})
		if err != nil {
			t.Fatal(err)
		}
		defer a.close()
		got := try{}
		handler := a.stack(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { a.addAddress(got, r) }))
		r := httptest.NewRequest("GET", "https://app.example/", nil)
		r.RemoteAddr = tt.peer
		r.Header.Set("X-Forwarded-For", tt.forwarded)
		r.Header.Set("X-Forwarded-Proto", "https")
		handler.ServeHTTP(httptest.NewRecorder(), r)
		want := try{}
		if tt.want != "" {
			want[tt.want] = perAddress
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: counts by %v, want %v", tt.name, got, want)
		}
	}
}

func TestClientAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:1234":         "192.0.2.1",
		"[2001:db8:1:2:3::4]:80": "2001:db8:1:2::/64",
		"[::ffff:192.0.2.1]:80":  "::ffff:192.0.2.1",
		"@":                      "@",
	} {
		if got := clientAddress(&http.Request{RemoteAddr: remote}); got != want {
			t.Errorf("%s: %q, want %q", remote, got, want)
		}
	}
}
