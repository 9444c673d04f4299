package antiforgery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/sealring/sealring/antiforgery/internal/token"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/base64url"
)

// scratch holds the forms that a token takes between its text and its bytes.
type scratch struct{ text, sealed, plain []byte }

// maxText is how long a token is read. One that is bound to a user has 250
// characters or so, and additional data may be in it.
const maxText = 64 << 10

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

// release wipes what was secret and keeps buffers of ordinary size.
func (s *scratch) release() {
	clear(s.plain[:cap(s.plain)])
	if cap(s.text)+cap(s.sealed)+cap(s.plain) <= 8<<10 {
		scratchPool.Put(s)
	}
}

// seal returns the text of a token.
func (p *Protection) seal(t *token.Token) (string, error) {
	s := scratchPool.Get().(*scratch)
	defer s.release()
	s.plain = t.Append(s.plain[:0])
	sealed, err := p.protector.AppendProtect(s.sealed[:0], s.plain)
	if err != nil {
		return "", fmt.Errorf("antiforgery: sealing a token: %w", err)
	}
	s.sealed = sealed
	s.text = base64url.AppendEncode(s.text[:0], sealed)
	return string(s.text), nil
}

// open reads the text of a token. The error is an *Error for whatever was not made
// here, and else as the key ring's.
func (p *Protection) open(ctx context.Context, text string) (t token.Token, err error) {
	s := scratchPool.Get().(*scratch)
	defer s.release()
	if !s.decode(text) {
		return token.Token{}, &Error{Reason: Unreadable}
	}
	plain, err := p.protector.AppendUnprotect(ctx, s.plain[:0], s.sealed)
	if errors.Is(err, dataprotection.ErrInvalidPayload) {
		return token.Token{}, &Error{Unreadable, err}
	} else if err != nil {
		return token.Token{}, fmt.Errorf("antiforgery: opening a token: %w", err)
	}
	s.plain = plain
	if t, err = token.Parse(plain); err != nil {
		return token.Token{}, &Error{Unreadable, err}
	}
	return t, nil
}

// decode turns a text into s.sealed. One token has one text, apart from padding.
func (s *scratch) decode(text string) bool {
	if len(text) > maxText {
		return false
	}
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	sealed, err := base64url.AppendDecode(s.sealed[:0], text)
	if err != nil {
		return false
	}
	s.sealed = sealed
	return true
}

// unavailable makes an error one that Is dataprotection.ErrUnavailable.
func unavailable(err error) error {
	if err == nil || errors.Is(err, dataprotection.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", dataprotection.ErrUnavailable, err)
}
