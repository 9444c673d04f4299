package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"strings"
	"time"
	"unsafe"

	"github.com/sealring/sealring/cookieauth/claims"
	"github.com/sealring/sealring/internal/base64url"
)

// What logins are sealed for, and under which name they travel.
const (
	loginPurpose = "Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationMiddleware"
	loginVersion = "v2"
	loginScheme  = "Cookies"
	loginCookie  = "__Host-sealring"

	loginAttributes = "; path=/; secure; samesite=lax; httponly"
	lifetime        = 14 * 24 * time.Hour
)

// A floorLogin is the least that a login takes: no attributes that depend on
// anything, no look at dates, no log, no error that would say what is wrong.
type floorLogin struct {
	floor *floor
	page  page

	ticket  ticketReader
	plain   []byte
	sealed  []byte
	line    []byte
	datesOf int64  // a second
	dates   []byte // the properties of a ticket made in that second
}

func newFloorLogin(key floorKey, gcm bool, p page) (*floorLogin, error) {
	f, err := newFloor(key, gcm, loginPurpose, loginScheme, loginVersion)
	return &floorLogin{floor: f, page: p}, err
}

func (l *floorLogin) serve(_ http.ResponseWriter, r *http.Request) {
	if l.ticket.read(l.open(r)) {
		l.page(l.ticket.valueOf(claims.TypeNameIdentifier))
		return
	}
	l.page("")
}

// open returns the ticket of a request, nil if there is none.
func (l *floorLogin) open(r *http.Request) []byte {
	value := findCookie(r.Header["Cookie"], loginCookie)
	if value == "" || len(value) > maxPayload {
		return nil
	}
	var err error
	if l.sealed, err = base64url.AppendDecode(l.sealed[:0], value); err != nil {
		l.sealed = nil
		return nil
	}
	return l.floor.open(l.sealed)
}

// A contextLogin is a floorLogin that puts the user into the request's context,
// with memory that outlives the request. No program can use a login without that.
type contextLogin struct {
	*floorLogin
	next http.Handler
}

type contextTicket struct {
	ticketReader
	room [5]ticketClaim
}

type contextTicketKey struct{}

func newContextLogin(key floorKey, p page) (contextLogin, error) {
	floor, err := newFloorLogin(key, false, p)
	return contextLogin{floor, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if t, ok := r.Context().Value(contextTicketKey{}).(*contextTicket); ok {
			p(t.valueOf(claims.TypeNameIdentifier))
			return
		}
		p("")
	})}, err
}

func (l contextLogin) serve(w http.ResponseWriter, r *http.Request) {
	if plain := l.open(r); plain != nil {
		t := new(contextTicket)
		t.claims = t.room[:0]
		t.read(bytes.Clone(plain))
		r = r.WithContext(context.WithValue(r.Context(), contextTicketKey{}, t))
	}
	l.next.ServeHTTP(w, r)
}

// findCookie returns the value of the cookie, "" if it is not there.
func findCookie(lines []string, name string) string {
	for _, line := range lines {
		for line != "" {
			piece := line
			if end := strings.IndexByte(line, ';'); end >= 0 {
				piece, line = line[:end], strings.TrimPrefix(line[end+1:], " ")
			} else {
				line = ""
			}
			if len(piece) > len(name) && piece[len(name)] == '=' && piece[:len(name)] == name {
				return piece[len(name)+1:]
			}
		}
	}
	return ""
}

func (l *floorLogin) signIn(w http.ResponseWriter, _ *http.Request) {
	l.plain = l.appendTicket(l.plain[:0])
	sealed := l.floor.seal(l.plain)
	l.line = append(l.line[:0], loginCookie+"="...)
	l.line = base64url.AppendEncode(l.line, sealed)
	l.line = append(l.line, loginAttributes...)
	w.Header()["Set-Cookie"] = []string{string(l.line)}
}

// appendTicket writes a ticket (docs/formats.md, Ticket). The text of the dates is
// kept for as long as it is true.
func (l *floorLogin) appendTicket(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 5)
	dst = appendString(dst, loginScheme)
	dst = binary.LittleEndian.AppendUint32(dst, 1)
	dst = appendString(dst, loginScheme)
	dst = append(dst, placeholder+placeholder...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(3+len(alice.Roles)))
	dst = appendClaim(dst, claims.TypeNameIdentifier, alice.ID)
	dst = appendClaim(dst, "\x00", alice.Name)
	dst = appendClaim(dst, claims.TypeEmail, alice.Email)
	for _, role := range alice.Roles {
		dst = appendClaim(dst, claims.TypeRole, role)
	}
	dst = append(dst, 0, 0)
	if now := time.Now(); now.Unix() != l.datesOf {
		l.datesOf, l.dates = now.Unix(), appendProperties(l.dates[:0], now.UTC())
	}
	return append(dst, l.dates...)
}

func appendProperties(dst []byte, now time.Time) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 1)
	dst = binary.LittleEndian.AppendUint32(dst, 2)
	dst = appendString(dst, ".issued")
	dst = appendString(dst, now.Format(http.TimeFormat))
	dst = appendString(dst, ".expires")
	return appendString(dst, now.Add(lifetime).Format(http.TimeFormat))
}

// placeholder is a text that has its default.
const placeholder = "\x01\x00"

func appendClaim(dst []byte, claimType, value string) []byte {
	dst = appendString(dst, claimType)
	dst = appendString(dst, value)
	return append(dst, placeholder+placeholder+placeholder+"\x00\x00\x00\x00"...)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// A ticketReader takes tickets apart. Its texts are parts of the ticket and good
// for as long as that is.
type ticketReader struct {
	rest       []byte
	claims     []ticketClaim
	properties [][2]string
}

type ticketClaim struct{ kind, value, valueType, issuer, originalIssuer string }

// read reports whether there is a ticket. What there is was authenticated and is
// trusted: one that were cut short would end the program.
func (t *ticketReader) read(data []byte) bool {
	if data == nil {
		return false
	}
	t.rest, t.claims, t.properties = data, t.claims[:0], t.properties[:0]
	t.number() // version
	t.text()   // scheme
	for range t.number() {
		t.text() // authentication type
		t.text() // name type
		t.text() // role type
		for range t.number() {
			t.claims = append(t.claims, ticketClaim{t.text(), t.text(), t.text(), t.text(), t.text()})
			for range t.number() {
				t.text()
				t.text()
			}
		}
		t.rest = t.rest[2:] // neither bootstrap context nor actor
	}
	t.number() // version
	for range t.number() {
		t.properties = append(t.properties, [2]string{t.text(), t.text()})
	}
	return true
}

func (t *ticketReader) number() uint32 {
	n := binary.LittleEndian.Uint32(t.rest)
	t.rest = t.rest[4:]
	return n
}

func (t *ticketReader) text() string {
	size, width := uint64(t.rest[0]), 1
	if size >= 0x80 {
		size, width = binary.Uvarint(t.rest)
	}
	text := t.rest[width : width+int(size)]
	t.rest = t.rest[width+int(size):]
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// valueOf returns the value of the first claim of this kind.
func (t *ticketReader) valueOf(kind string) string {
	for i := range t.claims {
		if t.claims[i].kind == kind {
			return t.claims[i].value
		}
	}
	return ""
}
