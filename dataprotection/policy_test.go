package dataprotection_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sealring/sealring/dataprotection"
)

// A ring is written as one line per key: its letter, then activates..expires,
// then what is special about it. Dates are UTC; the hour may be left out. A key
// was created when it activates unless "created" says otherwise.
//
//	"A 2015-03-01..2016-03-01"
//	"B 2016-03-01..2016-03-02T12:00 created 2016-02-27 revoked unusable"
//
// What is decided is written as "A", "none, fallback B, generate" and so on.

func TestResolve(t *testing.T) {
	for _, tc := range []struct {
		name, now string
		keys      []string
		want      string
	}{
		{"RES-1 empty ring", "2016-01-01", nil, "none, generate"},
		{"RES-2 the active one, not the coming one", "2016-02-20T23:59", []string{"A 2015-03-01..2016-03-01", "B 2016-03-01..2017-03-01"}, "A"},
		{"RES-3 one that activates within the clock skew", "2016-02-29T23:59", []string{"A 2015-03-01..2016-03-01", "B 2016-03-01..2017-03-01"}, "B"},
		{"RES-4 only one, activating within the clock skew", "2016-02-29T23:59", []string{"B 2016-03-01..2017-03-01"}, "B"},
		{"RES-5 about to expire is not the resolver's matter", "2016-02-29T23:59", []string{"A 2015-03-01..2016-03-01"}, "A"},
		{"RES-6 successors outside the skew do not count", "2016-02-29T23:50", []string{"A 2015-03-01..2016-03-01", "B 2016-03-01..2017-03-01 revoked", "C 2016-03-01..2016-03-02"}, "A"},
		{"RES-7 newest revoked", "2015-04-01", []string{"A 2015-03-01..2016-03-01", "B 2015-03-02..2016-03-01 revoked"}, "none, fallback A, generate"},
		{"RES-8 newest unusable", "2015-04-01", []string{"A 2015-03-01..2016-03-01", "B 2015-03-02..2016-03-01 unusable"}, "none, fallback A, generate"},
		{"RES-9 activation exactly at the skew", "2015-02-28T23:55", []string{"A 2015-03-01..2016-03-01"}, "A"},
		{"RES-9 activation just beyond the skew", "2015-02-28T23:54:59", []string{"A 2015-03-01..2016-03-01 created 2015-02-28T23:54:58"}, "none, fallback A, generate"},
		{"RES-10 activation an hour ahead", "2015-02-28T23:00", []string{"A 2015-03-01..2016-03-01 created 2015-02-28T23:00"}, "none, fallback A, generate"},
		{"RES-11 bad keys before a good one", "2015-02-28T23:59", []string{"A 2015-03-01..2014-03-01", "B 2015-03-01T00:01..2015-04-01 revoked", "C 2015-03-01T00:02..2015-04-01"}, "C"},
		{"RES-12 fallback passes over a revoked one", "2000-01-05", []string{"A 2010-01-01..2010-01-01 created 2000-01-01", "B 2010-01-01..2010-01-01 created 2000-01-02", "C 2010-01-01..2010-01-01 created 2000-01-03 revoked", "D 2010-01-01..2010-01-01 created 2000-01-04"}, "none, fallback B, generate"},
		{"RES-13 fallback passes over an unusable one", "2000-01-05", []string{"A 2010-01-01..2010-01-01 created 2000-01-01", "B 2010-01-01..2010-01-01 created 2000-01-02", "C 2010-01-01..2010-01-01 created 2000-01-03 unusable", "D 2010-01-01..2010-01-01 created 2000-01-04"}, "none, fallback B, generate"},
		{"RES-14 fallback is the oldest of the young", "2000-01-05", []string{"A 2010-01-01..2010-01-01 created 2000-01-03 revoked", "B 2010-01-01..2010-01-01 created 2000-01-04", "C 2010-01-01..2010-01-01 created 2000-01-05"}, "none, fallback B, generate"},
		{"RES-15 an older unusable one does not matter", "2010-01-01", []string{"A 2009-12-31T23:00..2010-03-31T23:00", "B 2009-12-31T22:00..2010-03-31T22:00 unusable"}, "A"},
		{"RES-16 one that nothing knows is neither default nor fallback", "2010-01-01", []string{"A 2009-12-31..2010-03-31 unusable"}, "none, generate"},
		{"RES-17 newest unusable, the older good one is the fallback", "2010-01-10", []string{"A 2010-01-01..2010-04-01", "B 2010-01-05..2010-04-05 unusable"}, "none, fallback A, generate"},
		{"RES-18 nothing is remembered of a failure before: unusable now", "2010-01-10", []string{"A 2010-01-05..2010-04-05 unusable"}, "none, generate"},
		{"RES-18 nothing is remembered of a failure before: good now", "2010-01-10", []string{"A 2010-01-05..2010-04-05"}, "A"},

		{"the moment of expiry is expired", "2010-04-01", []string{"A 2010-01-01..2010-04-01"}, "none, generate"},
		{"just before expiry", "2010-03-31T23:59:59", []string{"A 2010-01-01..2010-04-01"}, "A"},
		{"no skew on expiry", "2010-04-01T00:01", []string{"A 2010-01-01..2010-04-01"}, "none, generate"},
		{"newest expired, the older one would do", "2010-01-10", []string{"A 2010-01-01..2010-04-01", "B 2010-01-02..2010-01-09"}, "none, fallback A, generate"},
		{"equal activation: the smaller id", "2010-01-10", []string{"B 2010-01-01..2010-04-01", "A 2010-01-01..2010-03-01", "C 2010-01-01..2010-05-01"}, "A"},
		{"equal activation: the smaller id even if it is bad", "2010-01-10", []string{"B 2010-01-01..2010-04-01", "A 2010-01-01..2010-04-01 revoked"}, "none, fallback B, generate"},
		{"the rejected one is no fallback once all have seen it", "2010-04-02", []string{"A 2010-01-01..2010-04-01 created 2010-03-31"}, "none, generate"},
		{"the rejected one is a fallback while it is young", "2010-04-02", []string{"A 2010-01-01..2010-04-01 created 2010-03-31T00:01"}, "none, fallback A, generate"},
		{"seen by all means created exactly two days ago, too", "2010-01-10", []string{"A 2020-01-01..2020-04-01 created 2010-01-07", "B 2020-01-01..2020-04-01 created 2010-01-08", "C 2020-01-01..2020-04-01 created 2010-01-08T00:01"}, "none, fallback B, generate"},
		{"equal creation: the order of the input, seen", "2010-01-10", []string{"B 2020-01-01..2020-04-01 created 2010-01-07", "A 2020-01-01..2020-04-01 created 2010-01-07"}, "none, fallback B, generate"},
		{"equal creation: the order of the input, young", "2010-01-10", []string{"B 2020-01-01..2020-04-01 created 2010-01-09", "A 2020-01-01..2020-04-01 created 2010-01-09"}, "none, fallback B, generate"},
		{"a fallback may be expired", "2010-01-10", []string{"A 2009-01-01..2009-04-01", "B 2010-01-01..2010-04-01 revoked"}, "none, fallback A, generate"},
		{"nothing but revoked keys", "2010-01-10", []string{"A 2009-12-01..2010-04-01 revoked", "B 2010-01-01..2010-04-01 revoked"}, "none, generate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p dataprotection.Policy
			if got := resolution(p.Resolve(dateOf(t, tc.now), keysOf(t, tc.keys))); got != tc.want {
				t.Errorf("at %s with %q: got %q, want %q", tc.now, tc.keys, got, tc.want)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	const day = 24 * time.Hour
	readOnly := dataprotection.Policy{ReadOnly: true}
	for _, tc := range []struct {
		name   string
		policy dataprotection.Policy
		now    string
		keys   []string
		want   string
	}{
		{"KRP-3 empty store", dataprotection.Policy{}, "2015-03-01", nil, "none, create 2015-03-01..2015-05-30"},
		{"KRP-6 no key, creation off", readOnly, "2015-03-01", nil, "none"},
		{"KRP-7 wanted while a default exists", dataprotection.Policy{PropagationWindow: 28 * day}, "2015-02-01", []string{"A 2014-12-01..2015-03-01"}, "A, create 2015-03-01..2015-05-02"},
		{"KRP-7 wanted while a default exists, usual window", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01"}, "A, create 2015-03-01..2015-05-28"},
		{"KRP-8 the same, creation off", readOnly, "2015-02-27", []string{"A 2014-12-01..2015-03-01"}, "A"},
		{"KRP-9 only an expired fallback, creation off", readOnly, "2015-03-02", []string{"A 2014-12-01..2015-03-01 created 2015-03-01"}, "A"},
		{"KRP-9 only an expired key that all have seen, creation off", readOnly, "2015-03-02", []string{"A 2014-12-01..2015-03-01"}, "none"},
		{"KRP-11 wanted although the default is good for 30 days", dataprotection.Policy{PropagationWindow: 30 * day}, "2015-02-01", []string{"A 2014-12-01..2015-03-03"}, "A, create 2015-03-03..2015-05-02"},

		{"three days to go: not yet", dataprotection.Policy{}, "2015-02-26", []string{"A 2014-12-01..2015-03-01"}, "A"},
		{"less than three days to go", dataprotection.Policy{}, "2015-02-26T00:00:01", []string{"A 2014-12-01..2015-03-01"}, "A, create 2015-03-01..2015-05-27T00:00:01"},
		{"a successor that lives long enough", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01..2015-03-02"}, "A"},
		{"a successor that lives too short", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01..2015-03-01T12:00"}, "A, create 2015-03-01..2015-05-28"},
		{"a successor that comes within the clock skew", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01T00:05..2015-05-01"}, "A"},
		{"a successor that comes too late", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01T00:05:01..2015-05-01"}, "A, create 2015-03-01..2015-05-28"},
		{"a successor that is revoked", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01..2015-05-01 revoked"}, "A, create 2015-03-01..2015-05-28"},
		{"a successor that is unusable", dataprotection.Policy{}, "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01..2015-05-01 unusable"}, "A, create 2015-03-01..2015-05-28"},
		{"default revoked", dataprotection.Policy{}, "2015-02-01", []string{"A 2014-12-01..2015-03-01 revoked"}, "none, create 2015-02-01..2015-05-02"},
		{"default revoked, creation off", readOnly, "2015-02-01", []string{"A 2014-12-01..2015-03-01 revoked"}, "none"},
		{"newest revoked, an older one is there", dataprotection.Policy{}, "2015-02-01", []string{"A 2014-12-01..2015-03-01", "B 2015-01-01..2015-04-01 revoked"}, "none, create 2015-02-01..2015-05-02"},
		{"newest revoked, an older one is there, creation off", readOnly, "2015-02-01", []string{"A 2014-12-01..2015-03-01", "B 2015-01-01..2015-04-01 revoked"}, "A"},
		{"all expired", dataprotection.Policy{}, "2015-04-01", []string{"A 2014-12-01..2015-03-01"}, "none, create 2015-04-01..2015-06-30"},
		{"a lifetime of its own", dataprotection.Policy{KeyLifetime: 7 * day}, "2015-03-01", nil, "none, create 2015-03-01..2015-03-08"},
		{"a lifetime counts from creation, not from activation", dataprotection.Policy{KeyLifetime: 7 * day}, "2015-02-27", []string{"A 2014-12-01..2015-03-01"}, "A, create 2015-03-01..2015-03-06"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := decision(tc.policy.Decide(dateOf(t, tc.now), keysOf(t, tc.keys))); got != tc.want {
				t.Errorf("at %s with %q: got %q, want %q", tc.now, tc.keys, got, tc.want)
			}
		})
	}
}

// What the ring does after it has made the key that was asked for.
func TestDecideAfterCreation(t *testing.T) {
	for _, tc := range []struct {
		name, now string
		keys      []string
		want      string // the default, then whether still more is asked for
	}{
		{"KRP-3 first key", "2015-03-01", nil, "Z"},
		{"KRP-5 the made key seals where there is no other", "2015-03-01", []string{"A 2014-12-01..2015-02-01 revoked"}, "Z"},
		{"KRP-7 the old one seals until it expires", "2015-02-27", []string{"A 2014-12-01..2015-03-01"}, "A"},
		{"KRP-11 never a second one", "2015-02-26T12:00", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01T00:05:01..2015-03-01T00:05:02"}, "A"},
		{"newest revoked", "2015-02-01", []string{"A 2014-12-01..2015-03-01", "B 2015-01-01..2015-04-01 revoked"}, "Z"},

		// The reference's decision, to which it comes once a day. A ring that
		// decides more often has to hold itself back here.
		{"asks again: a bad key that is not quite active outranks the new one", "2015-02-01", []string{"A 2015-02-01T00:04..2015-04-01 revoked"}, "Z, create 2015-02-01..2015-05-02"},
		{"asks again: a bad successor of smaller id outranks the new one", "2015-02-27", []string{"A 2014-12-01..2015-03-01", "B 2015-03-01..2015-05-01 revoked"}, "A, create 2015-03-01..2015-05-28"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p dataprotection.Policy
			now, keys := dateOf(t, tc.now), keysOf(t, tc.keys)
			due := p.Decide(now, keys).Create
			if due == nil {
				t.Fatalf("at %s with %q: no key was asked for", tc.now, tc.keys)
			}
			keys = append(keys, dataprotection.KeyInfo{ID: dataprotection.KeyID{'Z'}, Created: now, Activates: due.Activates, Expires: due.Expires})
			after := p.Decide(now, keys)
			after.Default = p.Default(now, keys)
			if got := decision(after); got != tc.want {
				t.Errorf("at %s with %q and the new one: got %q, want %q", tc.now, tc.keys, got, tc.want)
			}
		})
	}
}

// The results are the caller's own keys, not copies.
func TestResolvePointsIntoKeys(t *testing.T) {
	keys := keysOf(t, []string{"A 2015-03-01..2016-03-01", "B 2014-03-01..2015-03-01"})
	if r := (dataprotection.Policy{}).Resolve(dateOf(t, "2015-04-01"), keys); r.Default != &keys[0] {
		t.Errorf("default: got %p, want %p", r.Default, &keys[0])
	}
	keys[0].Revoked = true
	if r := (dataprotection.Policy{}).Resolve(dateOf(t, "2015-04-01"), keys); r.Fallback != &keys[1] {
		t.Errorf("fallback: got %p, want %p", r.Fallback, &keys[1])
	}
}

func TestExpiredAt(t *testing.T) {
	k := keysOf(t, []string{"A 2015-03-01..2016-03-01"})[0]
	for now, want := range map[string]bool{"2016-02-29T23:59:59": false, "2016-03-01": true, "2016-03-02": true} {
		if got := k.ExpiredAt(dateOf(t, now)); got != want {
			t.Errorf("%s: got %v, want %v", now, got, want)
		}
	}
}

// Cases that the reference's own tests state.
func TestPublishedPolicyCases(t *testing.T) {
	raw, err := os.ReadFile("testdata/policy/published.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID, Kind string
			Now      time.Time
			Keys     []struct {
				Name                             string
				Activation, Expiration, Creation time.Time
				Revoked                          bool
				Fails                            bool `json:"encryptor_fails"`
			}
			Default  *string `json:"default_key"`
			Fallback *string `json:"fallback_key"`
			Generate bool    `json:"should_generate_new_key"`
			Rows     []struct {
				Default   int `json:"hours_to_expiration_of_default"`
				Next      int `json:"hours_to_expiration_of_next"`
				Generates bool
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != 16 {
		t.Errorf("got %d cases, want 16", len(file.Cases))
	}
	var p dataprotection.Policy
	for _, c := range file.Cases {
		for _, row := range c.Rows {
			t.Run(fmt.Sprintf("KRP-10 %s %d h then %d h", c.ID, row.Default, row.Next), func(t *testing.T) {
				now := dateOf(t, "2015-03-01")
				in := func(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }
				keys := []dataprotection.KeyInfo{
					{ID: dataprotection.KeyID{1}, Activates: in(-1), Expires: in(row.Default)},
					{ID: dataprotection.KeyID{2}, Activates: in(1), Expires: in(row.Next)},
				}
				d := p.Decide(now, keys)
				if d.Default != &keys[0] {
					t.Errorf("default: got %v, want key 1", d.Default)
				}
				var want *dataprotection.KeyDates
				if row.Generates {
					want = &dataprotection.KeyDates{Activates: keys[0].Expires, Expires: in(90 * 24)}
				}
				if (d.Create == nil) != (want == nil) || want != nil && *d.Create != *want {
					t.Errorf("create: got %v, want %v", d.Create, want)
				}
			})
		}
		if c.Rows != nil {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			var keys []dataprotection.KeyInfo
			for _, k := range c.Keys {
				info := dataprotection.KeyInfo{ID: dataprotection.KeyID{k.Name[0]}, Created: k.Creation, Activates: k.Activation, Expires: k.Expiration, Revoked: k.Revoked}
				if k.Fails {
					info.Unusable = errUnusable
				}
				keys = append(keys, info)
			}
			r := p.Resolve(c.Now, keys)
			if got, want := letterOf(r.Default), orEmpty(c.Default); got != want {
				t.Errorf("default: got %q, want %q", got, want)
			}
			if got, want := letterOf(r.Fallback), orEmpty(c.Fallback); c.Fallback != nil && got != want {
				t.Errorf("fallback: got %q, want %q", got, want)
			}
			if r.Generate != c.Generate {
				t.Errorf("generate: got %v, want %v", r.Generate, c.Generate)
			}
		})
	}
}

// What holds for every ring.
func TestPolicyProperties(t *testing.T) {
	const skew, ahead = 5 * time.Minute, 3 * 24 * time.Hour
	t.Run("a default is good", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			r := dataprotection.Policy{}.Resolve(now, keys)
			if r.Generate != (r.Default == nil) {
				t.Fatalf("default %v, generate %v", r.Default, r.Generate)
			}
			if k := r.Default; k != nil {
				if k.Revoked || k.Unusable != nil || k.ExpiredAt(now) || k.Activates.After(now.Add(skew)) {
					t.Fatalf("default is %+v", k)
				}
				if r.Fallback != nil {
					t.Fatalf("a fallback, %+v, beside a default", r.Fallback)
				}
			}
			if k := r.Fallback; k != nil && (k.Revoked || k.Unusable != nil) {
				t.Fatalf("fallback is %+v", k)
			}
		})
	})
	t.Run("no key that could be default is newer than the default", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			r := dataprotection.Policy{}.Resolve(now, keys)
			for _, k := range keys {
				if r.Default != nil && k.Activates.After(r.Default.Activates) && !k.Activates.After(now.Add(skew)) {
					t.Fatalf("%+v is newer than the default %+v", k, r.Default)
				}
			}
		})
	})
	t.Run("the order of the keys does not matter", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			for i := range keys { // a fallback of equal creation date does depend on it
				keys[i].Created = keys[i].Created.Add(time.Duration(i))
			}
			other := rapid.Permutation(keys).Draw(t, "other order")
			p := drawPolicy(t)
			if got, want := decision(p.Decide(now, other)), decision(p.Decide(now, keys)); got != want {
				t.Fatalf("got %q, in the other order %q", want, got)
			}
			if got, want := resolution(p.Resolve(now, other)), resolution(p.Resolve(now, keys)); got != want {
				t.Fatalf("got %q, in the other order %q", want, got)
			}
		})
	})
	t.Run("only differences of time matter, and no time zone", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
			by := time.Duration(rapid.IntRange(-1_000_000, 1_000_000).Draw(t, "minutes")) * time.Minute
			moved := slices.Clone(keys)
			for i := range moved {
				k := &moved[i]
				k.Created, k.Activates, k.Expires = k.Created.Add(by).In(zone), k.Activates.Add(by).In(zone), k.Expires.Add(by).In(zone)
			}
			p := drawPolicy(t)
			a, b := p.Decide(now, keys), p.Decide(now.Add(by), moved)
			if letterOf(a.Default) != letterOf(b.Default) || (a.Create == nil) != (b.Create == nil) {
				t.Fatalf("got %q, moved %q", decision(a), decision(b))
			}
			if a.Create != nil && (!a.Create.Activates.Add(by).Equal(b.Create.Activates) || !a.Create.Expires.Add(by).Equal(b.Create.Expires)) {
				t.Fatalf("got %q, moved by %v %q", decision(a), by, decision(b))
			}
		})
	})
	t.Run("a new key is asked for only where it is needed, with the right dates", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			lifetime := 10 * 24 * time.Hour
			d := dataprotection.Policy{KeyLifetime: lifetime}.Decide(now, keys)
			r := dataprotection.Policy{}.Resolve(now, keys)
			if d.Default != r.Default {
				t.Fatalf("default: got %v, want %v", d.Default, r.Default)
			}
			switch {
			case d.Create == nil && d.Default == nil:
				t.Fatal("neither a default nor a new key")
			case d.Create == nil:
			case !d.Create.Expires.Equal(now.Add(lifetime)):
				t.Fatalf("expires at %v, want %v", d.Create.Expires, now.Add(lifetime))
			case d.Default == nil && !d.Create.Activates.Equal(now):
				t.Fatalf("activates at %v, want %v", d.Create.Activates, now)
			case d.Default != nil && !d.Create.Activates.Equal(d.Default.Expires):
				t.Fatalf("activates at %v, want %v", d.Create.Activates, d.Default.Expires)
			case d.Default != nil && !d.Default.Expires.Before(now.Add(ahead)):
				t.Fatalf("asked for, though the default lives until %v", d.Default.Expires)
			}
		})
	})
	t.Run("a read-only ring makes nothing and uses default, else fallback", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			p := drawPolicy(t)
			r := p.Resolve(now, keys)
			d := dataprotection.Policy{PropagationWindow: p.PropagationWindow, ReadOnly: true}.Decide(now, keys)
			if want := cmp.Or(r.Default, r.Fallback); d.Create != nil || d.Default != want || p.Default(now, keys) != want {
				t.Fatalf("got %q, want %q", decision(d), letterOf(want))
			}
		})
	})
	t.Run("nothing is changed", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			now, keys := drawRing(t)
			before := fmt.Sprint(keys)
			drawPolicy(t).Decide(now, keys)
			if after := fmt.Sprint(keys); after != before {
				t.Fatalf("keys were %s, are %s", before, after)
			}
		})
	})
}

// A ring that nobody disturbs and that somebody looks at every day: it always has
// a default, each successor is made at least the propagation window ahead, and
// the lives of the keys follow each other without gap or overlap.
func TestPolicyLifeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := dataprotection.Policy{KeyLifetime: time.Duration(rapid.IntRange(7, 400).Draw(t, "lifetime in days")) * 24 * time.Hour}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var keys []dataprotection.KeyInfo
		for range 200 {
			d := p.Decide(now, keys)
			if d.Create != nil {
				made := dataprotection.KeyInfo{ID: dataprotection.KeyID{byte(len(keys) + 1)}, Created: now, Activates: d.Create.Activates, Expires: d.Create.Expires}
				if n := len(keys); n > 0 {
					if !made.Activates.Equal(keys[n-1].Expires) {
						t.Fatalf("key %d activates at %v, the one before expires at %v", n, made.Activates, keys[n-1].Expires)
					}
					if lead := made.Activates.Sub(now); lead < dataprotection.DefaultPropagationWindow {
						t.Fatalf("key %d was made only %v ahead", n, lead)
					}
				}
				keys = append(keys, made)
				if again := p.Decide(now, keys); again.Create != nil {
					t.Fatalf("at %v with %v: a second key is asked for", now, keys)
				}
			}
			if k := p.Default(now, keys); k == nil || k.ExpiredAt(now) {
				t.Fatalf("at %v: default is %v", now, k)
			}
			now = now.Add(time.Duration(rapid.IntRange(1, 24*60).Draw(t, "minutes")) * time.Minute)
		}
	})
}

// drawRing draws up to six keys with dates near the marks at which decisions change.
func drawRing(t *rapid.T) (time.Time, []dataprotection.KeyInfo) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	offset := rapid.Custom(func(t *rapid.T) time.Time {
		mark := rapid.SampledFrom([]int{-129600, -2880, -5, 0, 5, 1440, 2880, 4320, 129600}).Draw(t, "mark")
		return now.Add(time.Duration(mark+rapid.IntRange(-6, 6).Draw(t, "off")) * time.Minute)
	})
	letters := rapid.Permutation([]byte("ABCDEF")).Draw(t, "letters")
	keys := make([]dataprotection.KeyInfo, rapid.IntRange(0, 6).Draw(t, "keys"))
	for i := range keys {
		keys[i] = dataprotection.KeyInfo{
			ID: dataprotection.KeyID{letters[i]}, Created: offset.Draw(t, "created"), Activates: offset.Draw(t, "activates"), Expires: offset.Draw(t, "expires"),
			Revoked: rapid.IntRange(0, 5).Draw(t, "revoked") == 0,
		}
		if rapid.IntRange(0, 5).Draw(t, "unusable") == 0 {
			keys[i].Unusable = errUnusable
		}
	}
	return now, keys
}

func drawPolicy(t *rapid.T) dataprotection.Policy {
	days := func(name string) time.Duration {
		return time.Duration(rapid.IntRange(0, 100).Draw(t, name)) * 24 * time.Hour
	}
	return dataprotection.Policy{KeyLifetime: days("lifetime"), PropagationWindow: days("window"), ReadOnly: rapid.Bool().Draw(t, "read-only")}
}

var errUnusable = errors.New("no opener for this key")

func keysOf(t *testing.T, lines []string) []dataprotection.KeyInfo {
	t.Helper()
	var keys []dataprotection.KeyInfo
	for _, line := range lines {
		words := strings.Fields(line)
		from, to, _ := strings.Cut(words[1], "..")
		k := dataprotection.KeyInfo{ID: dataprotection.KeyID{words[0][0]}, Created: dateOf(t, from), Activates: dateOf(t, from), Expires: dateOf(t, to)}
		for i := 2; i < len(words); i++ {
			switch words[i] {
			case "created":
				i++
				k.Created = dateOf(t, words[i])
			case "revoked":
				k.Revoked = true
			case "unusable":
				k.Unusable = errUnusable
			default:
				t.Fatalf("key %q: what is %q?", line, words[i])
			}
		}
		keys = append(keys, k)
	}
	return keys
}

func dateOf(t *testing.T, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if d, err := time.Parse(layout, s); err == nil {
			return d
		}
	}
	t.Fatalf("%q is no date", s)
	return time.Time{}
}

func dateText(d time.Time) string {
	s := d.UTC().Format("2006-01-02T15:04:05.999999999")
	return strings.TrimSuffix(strings.TrimSuffix(s, ":00"), "T00:00")
}

func resolution(r dataprotection.Resolution) string {
	s := cmp.Or(letterOf(r.Default), "none")
	if r.Fallback != nil {
		s += ", fallback " + letterOf(r.Fallback)
	}
	if r.Generate {
		s += ", generate"
	}
	return s
}

func decision(d dataprotection.Decision) string {
	s := cmp.Or(letterOf(d.Default), "none")
	if d.Create != nil {
		s += ", create " + dateText(d.Create.Activates) + ".." + dateText(d.Create.Expires)
	}
	return s
}

// letterOf is the name of a key in these tests, empty for none.
func letterOf(k *dataprotection.KeyInfo) string {
	if k == nil {
		return ""
	}
	return string(k.ID[:1])
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
