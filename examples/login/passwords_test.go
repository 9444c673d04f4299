package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

var cheap = cost{memory: 64, passes: 1, threads: 1}

func TestPasswords(t *testing.T) {
	p := newPasswords()
	hash, err := p.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("the hash is %q", hash)
	}
	for _, tt := range []struct {
		name, password, hash string
		right, outdated      bool
	}{
		{"right", "correct horse", hash, true, false},
		{"wrong", "correct horsE", hash, false, false},
		{"empty", "", hash, false, false},
		{"old and cheap", "correct horse", hashPassword("correct horse", cheap), true, true},
		{"old and wrong", "correct horsE", hashPassword("correct horse", cheap), false, true},
		{"nobody", "correct horse", "", false, false},
	} {
		right, outdated, err := p.verify(t.Context(), tt.password, tt.hash)
		if right != tt.right || outdated != tt.outdated || err != nil {
			t.Errorf("%s: %v, %v, %v; want %v, %v", tt.name, right, outdated, err, tt.right, tt.outdated)
		}
	}
}

func TestBadHashes(t *testing.T) {
	good := hashPassword("x", cheap)
	p := newPasswords()
	for name, hash := range map[string]string{
		"cut":             good[:len(good)-30],
		"other algorithm": strings.Replace(good, "argon2id", "argon2i", 1),
		"other version":   strings.Replace(good, "v=19", "v=16", 1),
		"too much memory": strings.Replace(good, "m=64", "m=9000000", 1),
		"no passes":       strings.Replace(good, "t=1", "t=0", 1),
		"no threads":      strings.Replace(good, "p=1", "p=0", 1),
		"more":            good + "$x",
		"not base64":      good[:len(good)-1] + "!",
	} {
		if _, _, err := p.verify(t.Context(), "x", hash); !errors.Is(err, errHash) {
			t.Errorf("%s: %v, want errHash", name, err)
		}
	}
}

func TestHashingWaitsForRoomOrTheEnd(t *testing.T) {
	p := newPasswords()
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("hash: %v", err)
	}
	if _, _, err := p.verify(ctx, "x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("verify: %v", err)
	}
}
