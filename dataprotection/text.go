package dataprotection

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sealring/sealring/internal/base64url"
)

// ProtectString is Protect for text: plaintext must be valid UTF-8, and the
// result is base64url without padding, as ASP.NET Core writes it.
func (p *Protector) ProtectString(plaintext string) (string, error) {
	if !utf8.ValidString(plaintext) {
		return "", errNotUTF8
	}
	s := getScratch()
	defer s.release()
	s.plain = append(s.plain[:0], plaintext...)
	return s.protectText(p, s.plain)
}

// UnprotectString opens what ProtectString has made. Text that is not base64url,
// with or without padding, and a plaintext that is not valid UTF-8 are ErrInvalidPayload.
func (p *Protector) UnprotectString(ctx context.Context, text string) (string, error) {
	s := getScratch()
	defer s.release()
	plaintext, err := s.unprotectText(ctx, p, text)
	if err != nil {
		return "", err
	}
	return validString(plaintext)
}

var errNotUTF8 = errors.New("dataprotection: the plaintext is not valid UTF-8; use the byte form for binary data")

// validString returns what was opened as text, if it is text.
func validString(plaintext []byte) (string, error) {
	if !utf8.Valid(plaintext) {
		return "", ErrInvalidPayload
	}
	return string(plaintext), nil
}

// scratch holds the intermediate forms of the text calls, so that each allocates
// its result and nothing else.
type scratch struct{ plain, sealed, text []byte }

// maxScratch bounds what is kept for reuse.
const maxScratch = 64 << 10

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func getScratch() *scratch { return scratchPool.Get().(*scratch) }

// release wipes what was secret and keeps buffers of ordinary size.
func (s *scratch) release() {
	clear(s.plain)
	if cap(s.plain)+cap(s.sealed)+cap(s.text) <= maxScratch {
		scratchPool.Put(s)
	}
}

// protectText seals plaintext, which may lie in s.plain, and encodes the payload.
func (s *scratch) protectText(p *Protector, plaintext []byte) (string, error) {
	sealed, err := p.AppendProtect(s.sealed[:0], plaintext)
	if err != nil {
		return "", err
	}
	s.sealed = sealed
	s.text = base64url.AppendEncode(s.text[:0], sealed)
	return string(s.text), nil
}

// unprotectText decodes and opens text. The result lies in s.plain.
func (s *scratch) unprotectText(ctx context.Context, p *Protector, text string) ([]byte, error) {
	if err := p.ready(); err != nil {
		return nil, err
	}
	if err := s.decode(text); err != nil {
		return nil, err
	}
	s.plain = slices.Grow(s.plain[:0], len(s.sealed))
	plaintext, err := p.AppendUnprotect(ctx, s.plain, s.sealed)
	if err != nil {
		return nil, err
	}
	s.plain = plaintext
	return plaintext, nil
}

// decode reads base64url into s.sealed. It is stricter than the reference, which
// skips white space and takes the standard alphabet too: one payload has one
// text, apart from its padding.
func (s *scratch) decode(text string) error {
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	sealed, err := base64url.AppendDecode(s.sealed[:0], text)
	if err != nil {
		return ErrInvalidPayload
	}
	s.sealed = sealed
	return nil
}
