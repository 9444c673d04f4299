package aspnet_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
)

// A key is one key of a ring as the kinds default-keys and timelines describe it.
type key struct {
	ID                          dataprotection.KeyID
	Created, Activates, Expires time.Time
	Revoked, Broken             bool
}

var errBroken = errors.New("broken")

func infos(keys []key) (all []dataprotection.KeyInfo) {
	for _, k := range keys {
		info := dataprotection.KeyInfo{ID: k.ID, Created: k.Created, Activates: k.Activates, Expires: k.Expires, Revoked: k.Revoked}
		if k.Broken {
			info.Unusable = errBroken
		}
		all = append(all, info)
	}
	return all
}

func runDefaultKeys(t *testing.T, v *vector) {
	type decision struct {
		Now               time.Time
		Keys              []key
		Default, Fallback *dataprotection.KeyID
		Generate          bool
	}
	each(t, v, func(t *testing.T, d decision) {
		r := dataprotection.Policy{}.Resolve(d.Now, infos(d.Keys))
		if !is(r.Default, d.Default) || !is(r.Fallback, d.Fallback) || r.Generate != d.Generate {
			t.Errorf("got default %v, fallback %v, generate %v; want %v, %v, %v",
				id(r.Default), id(r.Fallback), r.Generate, d.Default, d.Fallback, d.Generate)
		}
	})
}

func runTimelines(t *testing.T, v *vector) {
	type step struct {
		Now     time.Time
		Revoke  *dataprotection.KeyID
		Default *dataprotection.KeyID
		Error   string
		Made    *key
	}
	type timeline struct {
		KeyLifetimeDays  float64
		AutoGenerateKeys bool
		Before           []key
		Steps            []step
	}
	each(t, v, func(t *testing.T, line timeline) {
		policy := dataprotection.Policy{KeyLifetime: time.Duration(line.KeyLifetimeDays * float64(24*time.Hour)), ReadOnly: !line.AutoGenerateKeys}
		keys := infos(line.Before)
		for n, s := range line.Steps {
			if s.Revoke != nil {
				revoke(t, keys, *s.Revoke)
			}
			d := policy.Decide(s.Now, keys)
			if d.Create != nil || s.Made != nil {
				if d.Create == nil || s.Made == nil || !d.Create.Activates.Equal(s.Made.Activates) || !d.Create.Expires.Equal(s.Made.Expires) {
					t.Fatalf("step %d at %v: a key is to be made with %v, want %v", n, s.Now, d.Create, s.Made)
				}
				keys = append(keys, made(t, s.Now, *s.Made))
				d.Default = policy.Default(s.Now, keys)
			}
			if !is(d.Default, s.Default) {
				t.Fatalf("step %d at %v: got default %v, want %v %s", n, s.Now, id(d.Default), s.Default, s.Error)
			}
		}
	})
}

// made is the key that both have made now, under the reference's id.
func made(t *testing.T, now time.Time, theirs key) dataprotection.KeyInfo {
	t.Helper()
	k := dataprotection.KeyInfo{ID: theirs.ID, Created: now, Activates: theirs.Activates, Expires: theirs.Expires}
	if k.Activates.Before(k.Created) {
		k.Created = k.Activates
	}
	if !k.Created.Equal(theirs.Created) {
		t.Errorf("the new key is created at %v, want %v", k.Created, theirs.Created)
	}
	return k
}

func revoke(t *testing.T, keys []dataprotection.KeyInfo, id dataprotection.KeyID) {
	t.Helper()
	for i := range keys {
		if keys[i].ID == id {
			keys[i].Revoked = true
			return
		}
	}
	t.Fatalf("the case revokes %v, which is not there", id)
}

func is(k *dataprotection.KeyInfo, want *dataprotection.KeyID) bool {
	return k == nil && want == nil || k != nil && want != nil && k.ID == *want
}

func id(k *dataprotection.KeyInfo) string {
	if k == nil {
		return "none"
	}
	return k.ID.String()
}
