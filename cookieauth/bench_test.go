package cookieauth_test

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/internal/base64url"
)

func benchAuth(b *testing.B) (*cookieauth.Authenticator, *dataprotection.KeyRing) {
	ring := dataprotectiontest.NewKeyRing(b)
	auth, err := cookieauth.New(cookieauth.Config{KeyRing: ring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return auth, ring
}

func benchUser() *claims.Principal {
	return claims.New("42", claims.Name("alice"), claims.Email("alice@example.com"), claims.Role("admin"), claims.Role("editor"))
}

func benchRequest(cookie string) *http.Request {
	r := &http.Request{Method: "GET", Host: "app.example", RemoteAddr: "192.0.2.1:1234", RequestURI: "/", Header: http.Header{}}
	r = r.WithContext(context.Background())
	r.Header.Set("Cookie", cookie)
	https(r)
	return r
}

type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkRequest is a request with a ticket of five claims, through Handler to a
// handler that asks for the user. Floor is the least that can be: find the cookie,
// open it, walk through the ticket once.
func BenchmarkRequest(b *testing.B) {
	auth, ring := benchAuth(b)
	w := discard{http.Header{}}
	r := benchRequest("")
	if err := auth.SignIn(w, r, benchUser(), nil); err != nil {
		b.Fatal(err)
	}
	cookie, _, _ := strings.Cut(w.h.Get("Set-Cookie"), ";")
	r = benchRequest("theme=dark; lang=en; " + cookie)
	p := ring.Protector(ticket.Purposes("Cookies")...)
	sealed := make([]byte, 0, 1024)
	var plain []byte
	open := func(b *testing.B) {
		sealed, err := base64url.AppendDecode(sealed[:0], findCookie(r.Header["Cookie"][0], "__Host-sealring"))
		if err != nil {
			b.Fatal(err)
		}
		if plain, err = p.AppendUnprotect(r.Context(), plain[:0], sealed); err != nil {
			b.Fatal(err)
		}
		if countTexts(plain) < 20 {
			b.Fatal("no ticket")
		}
	}
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			open(b)
		}
	})
	b.Run("floor with a user in the context", func(b *testing.B) {
		type user struct {
			text   string
			claims [5]claims.Claim
		}
		b.ReportAllocs()
		for b.Loop() {
			open(b)
			sink = r.WithContext(context.WithValue(r.Context(), benchKey{}, &user{text: string(plain), claims: [5]claims.Claim{}}))
		}
	})
	b.Run("ours", func(b *testing.B) {
		seen := 0
		h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if claims.FromContext(r.Context()).ID() == "42" {
				seen++
			}
		}))
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			h.ServeHTTP(w, r)
			n++
		}
		if seen != n {
			b.Fatalf("the user was there %d times of %d", seen, n)
		}
	})
}

type benchKey struct{}

var sink any

func findCookie(header, name string) string {
	for header != "" {
		var piece string
		piece, header, _ = strings.Cut(header, ";")
		if v, ok := strings.CutPrefix(strings.TrimLeft(piece, " "), name+"="); ok {
			return v
		}
	}
	return ""
}

// countTexts walks over the texts of a ticket and returns how many there are.
func countTexts(t []byte) (n int) {
	at := 4
	text := func() {
		size, shift := 0, 0
		for {
			c := t[at]
			at++
			size |= int(c&0x7f) << shift
			if shift += 7; c < 0x80 {
				break
			}
		}
		at += size
		n++
	}
	number := func() int {
		at += 4
		return int(t[at-4]) | int(t[at-3])<<8
	}
	text()
	for range number() {
		text()
		text()
		text()
		for range number() {
			for range 5 {
				text()
			}
			number()
		}
		at += 2
	}
	number()
	for range number() {
		text()
		text()
	}
	return n
}

func BenchmarkAnonymous(b *testing.B) {
	auth, _ := benchAuth(b)
	h := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w := discard{http.Header{}}
	none, others := benchRequest(""), benchRequest("theme=dark; lang=en; consent=yes")
	none.Header.Del("Cookie")
	for name, r := range map[string]*http.Request{"no cookie": none, "other cookies": others} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkSignIn: floor is writing the ticket, sealing and encoding it, and the line.
func BenchmarkSignIn(b *testing.B) {
	auth, ring := benchAuth(b)
	w := discard{http.Header{}}
	r := benchRequest("theme=dark; lang=en")
	user := benchUser()
	b.Run("floor", func(b *testing.B) {
		p := ring.Protector(ticket.Purposes("Cookies")...)
		t := ticket.Ticket{Scheme: "Cookies", Principal: user.Authenticated("Cookies")}
		t.Properties.Set(".issued", "Fri, 02 Jan 2026 03:04:05 GMT")
		t.Properties.Set(".expires", "Fri, 16 Jan 2026 03:04:05 GMT")
		var plain, sealed, line []byte
		var err error
		b.ReportAllocs()
		for b.Loop() {
			if plain, err = t.AppendBinary(plain[:0]); err != nil {
				b.Fatal(err)
			}
			if sealed, err = p.AppendProtect(sealed[:0], plain); err != nil {
				b.Fatal(err)
			}
			line = append(line[:0], "__Host-sealring="...)
			line = base64url.AppendEncode(line, sealed)
			line = append(line, "; path=/; secure; samesite=lax; httponly"...)
			w.h["Set-Cookie"] = []string{string(line)}
		}
	})
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			clear(w.h)
			if err := auth.SignIn(w, r, user, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkUsers is a sign-in, and a request whose handler asks for the user and a
// role, of users whose tickets differ in what their texts are.
func BenchmarkUsers(b *testing.B) {
	auth, _ := benchAuth(b)
	for name, user := range map[string]*claims.Principal{
		"ASCII":       benchUser(),
		"other names": claims.New("42", claims.Name("José Łukasz"), claims.Email("jose@example.com"), claims.Role("admin"), claims.Role("éditeur")),
		"a long text": claims.New("42", claims.Name("alice"), claims.Email("alice@example.com"), claims.Role("admin"), claims.Claim{Type: "permissions", Value: strings.Repeat("read ", 40)}),
	} {
		w, in := discard{http.Header{}}, benchRequest("theme=dark; lang=en")
		signIn := func(b *testing.B) {
			clear(w.h)
			if err := auth.SignIn(w, in, user, nil); err != nil {
				b.Fatal(err)
			}
		}
		signIn(b)
		cookie, _, _ := strings.Cut(w.h.Get("Set-Cookie"), ";")
		r := benchRequest("theme=dark; lang=en; " + cookie)
		h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if p := claims.FromContext(r.Context()); p.ID() != "42" || !p.HasRole("admin") {
				b.Error("not who it is")
			}
		}))
		b.Run("sign-in/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				signIn(b)
			}
		})
		b.Run("request/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}

// BenchmarkSession is BenchmarkRequest with sessions that can be ended: cut-offs, of
// which there are ten thousand, and a store in memory.
func BenchmarkSession(b *testing.B) {
	ring := dataprotectiontest.NewKeyRing(b)
	log := slog.New(slog.DiscardHandler)
	m := newMemory()
	for i := range 10000 {
		m.cutoffs = append(m.cutoffs, cookieauth.Cutoff{Session: "session " + strconv.Itoa(i), Until: time.Now().Add(time.Hour)})
	}
	cutoffs, err := cookieauth.OpenCutoffs(b.Context(), cookieauth.CutoffsConfig{Store: m, Logger: log})
	if err != nil {
		b.Fatal(err)
	}
	defer cutoffs.Close()
	for name, cfg := range map[string]cookieauth.Config{"neither": {}, "cut-offs": {Cutoffs: cutoffs}, "store": {TicketStore: m}, "both": {Cutoffs: cutoffs, TicketStore: m}} {
		b.Run(name, func(b *testing.B) {
			cfg.KeyRing, cfg.Logger = ring, log
			auth, err := cookieauth.New(cfg)
			if err != nil {
				b.Fatal(err)
			}
			w := discard{http.Header{}}
			if err := auth.SignIn(w, benchRequest(""), benchUser(), nil); err != nil {
				b.Fatal(err)
			}
			cookie, _, _ := strings.Cut(w.h.Get("Set-Cookie"), ";")
			r := benchRequest("theme=dark; lang=en; " + cookie)
			seen := 0
			h := auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if claims.FromContext(r.Context()).ID() == "42" {
					seen++
				}
			}))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				h.ServeHTTP(w, r)
				n++
			}
			if seen != n {
				b.Fatalf("the user was there %d times of %d", seen, n)
			}
		})
	}
}
