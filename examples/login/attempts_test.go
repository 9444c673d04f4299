package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"
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
