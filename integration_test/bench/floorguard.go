package main

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/base64url"
)

const (
	guardPurpose = "Microsoft.AspNetCore.Antiforgery.AntiforgeryToken.v1"
	guardCookie  = "__Host-sealring-csrf"
	guardHeader  = "Requestverificationtoken" // as it is in a header map

	tokenSecret = 16 // the bytes that the tokens of a pair have in common, behind the version
)

// A floorGuard is the least that a pair of sealed tokens takes (docs/formats.md,
// Antiforgery token): open both and compare them, or open one and seal one. It does
// not look at what the browser says.
type floorGuard struct {
	floor         *floor
	next          http.Handler
	raw, out      []byte
	secret, fresh [1 + tokenSecret]byte
	plain         []byte
}

func newFloorGuard(next http.Handler) (guard, error) {
	_, key, err := newRing(dataprotection.AES256CBC)
	if err != nil {
		return nil, err
	}
	f, err := newFloor(key, false, guardPurpose)
	if err != nil {
		return nil, err
	}
	return &floorGuard{floor: f, next: next}, nil
}

func (g *floorGuard) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		if !g.open(findCookie(r.Header["Cookie"], guardCookie), &g.secret) ||
			!g.open(only(r.Header[guardHeader]), &g.fresh) ||
			subtle.ConstantTimeCompare(g.secret[:], g.fresh[:]) != 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
	}
	g.next.ServeHTTP(w, r)
}

func only(lines []string) string {
	if len(lines) != 1 {
		return ""
	}
	return lines[0]
}

// open reads version and secret of a token.
func (g *floorGuard) open(text string, into *[1 + tokenSecret]byte) bool {
	if text == "" || len(text) > maxPayload {
		return false
	}
	var err error
	if g.raw, err = base64url.AppendDecode(g.raw[:0], text); err != nil {
		g.raw = nil
		return false
	}
	plain := g.floor.open(g.raw)
	return len(plain) > len(into) && copy(into[:], plain) == len(into)
}

func (g *floorGuard) token(w http.ResponseWriter, r *http.Request) string {
	if !g.open(findCookie(r.Header["Cookie"], guardCookie), &g.secret) {
		g.secret[0] = 1
		rand.Read(g.secret[1:])
		w.Header()["Set-Cookie"] = []string{guardCookie + "=" + string(g.seal(1)) + loginAttributes}
	}
	return string(g.seal(0, 0, 0, 0)) // nobody, no name, no additional data
}

// seal makes a token of the secret and what follows it.
func (g *floorGuard) seal(rest ...byte) []byte {
	g.plain = append(append(g.plain[:0], g.secret[:]...), rest...)
	g.out = base64url.AppendEncode(g.out[:0], g.floor.seal(g.plain))
	return g.out
}
