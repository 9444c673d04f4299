package token

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strings"
)

// Purpose is what tokens are sealed for, both kinds of them.
const Purpose = "Microsoft.AspNetCore.Antiforgery.AntiforgeryToken.v1"

const (
	version      = 1
	securitySize = 16

	// CookieSize is how many bytes a cookie token has.
	CookieSize = 1 + securitySize + 1
)

// A Token is one of a pair, the one in the cookie or the one in the request.
type Token struct {
	Security [securitySize]byte // the same in both
	IsCookie bool

	// Of a request token only.
	User       User
	Additional string
}

var (
	// ErrMalformed says that data is no token.
	ErrMalformed = errors.New("antiforgery token: malformed")
	// ErrUnidentified says that a user has nothing to be told apart by.
	ErrUnidentified = errors.New("antiforgery: the user is authenticated but has neither claims nor a name, so no token can be bound to them")
)

// NewCookie returns a cookie token that nobody can guess.
func NewCookie() (t Token) {
	rand.Read(t.Security[:])
	t.IsCookie = true
	return t
}

// ForRequest returns the request token that goes with a cookie token.
func (t *Token) ForRequest(u User, additional string) (Token, error) {
	if !t.IsCookie {
		return Token{}, errors.New("antiforgery: internal error: not a cookie token")
	}
	if u.Authenticated && !u.ByClaims && u.Name == "" && additional == "" {
		return Token{}, ErrUnidentified
	}
	return Token{Security: t.Security, User: u, Additional: additional}, nil
}

// Append appends the bytes of the token.
//
//	cookie:   01  security (16)  01
//	request:  01  security (16)  00  01  claim UID (32)  string additional
//	          01  security (16)  00  00  string name     string additional
//
// A string is its length in bytes, as unsigned LEB128, and its UTF-8.
func (t *Token) Append(dst []byte) []byte {
	dst = append(append(dst, version), t.Security[:]...)
	if t.IsCookie {
		return append(dst, 1)
	}
	if t.User.ByClaims {
		dst = append(append(dst, 0, 1), t.User.UID[:]...)
	} else {
		dst = appendString(append(dst, 0, 0), t.User.Name)
	}
	return appendString(dst, t.Additional)
}

// Parse reads a token. Nothing may follow it. Whether the user of a request token
// was authenticated is not in it.
func Parse(data []byte) (t Token, err error) {
	r := reader{rest: data}
	if r.byte() != version {
		return Token{}, ErrMalformed
	}
	copy(t.Security[:], r.bytes(securitySize))
	t.IsCookie = r.byte() != 0
	if !t.IsCookie {
		t.User.ByClaims = r.byte() != 0
		if t.User.ByClaims {
			copy(t.User.UID[:], r.bytes(len(t.User.UID)))
		} else {
			t.User.Name = r.string()
		}
		t.Additional = r.string()
	}
	if r.failed || len(r.rest) > 0 {
		return Token{}, ErrMalformed
	}
	return t, nil
}

func appendString(dst []byte, s string) []byte {
	s = validUTF8(s)
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// validUTF8 puts U+FFFD in place of what is no text, as .NET does.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// A reader returns zero values when there is nothing left, and remembers it.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.failed, r.rest = true, nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) string() string {
	n, size := binary.Uvarint(r.rest[:min(len(r.rest), binary.MaxVarintLen32)])
	if size <= 0 || n > uint64(len(r.rest)-size) {
		r.failed, r.rest = true, nil
		return ""
	}
	r.bytes(size)
	return validUTF8(string(r.bytes(int(n))))
}
