package dataprotection

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// timeLimitedPurpose is appended as the last purpose (docs/formats.md, Time-limited payloads).
const timeLimitedPurpose = "Microsoft.AspNetCore.DataProtection.TimeLimitedDataProtector.v1"

// A TimeLimited protector makes payloads that end at a given moment. It is
// immutable and safe for concurrent use.
type TimeLimited struct {
	base  *Protector // without the fixed purpose, for sub-protectors
	inner *Protector
}

// TimeLimited returns a protector for the same purposes whose payloads end.
// Payloads of p and of the result do not open each other's.
func (p *Protector) TimeLimited() *TimeLimited {
	return &TimeLimited{base: p, inner: p.Protector(timeLimitedPurpose)}
}

// Protector returns a time-limited protector for the purposes of t followed by these.
func (t *TimeLimited) Protector(purposes ...string) *TimeLimited {
	if t == nil {
		return nil
	}
	return t.base.Protector(purposes...).TimeLimited()
}

// NoExpiry is the largest end that the format can hold, 9999-12-31 23:59:59.9999999 UTC,
// which stands for a payload that does not end.
func NoExpiry() time.Time { return timeFromTicks(maxTicks) }

// Protect seals plaintext with its end. The end is kept to 100 ns; it may lie in
// the past, then the payload is expired from the start. The zero time is such a
// past end: a forgotten end does not make a payload last for ever. Ends outside
// the years 1 to 9999 are an error.
func (t *TimeLimited) Protect(plaintext []byte, expires time.Time) ([]byte, error) {
	s := getScratch()
	defer s.release()
	if err := withEnd(s, plaintext, expires); err != nil {
		return nil, err
	}
	return t.protector().Protect(s.plain)
}

// Unprotect opens what Protect has made and returns its end, in UTC. After its
// end a payload is ErrExpired; the moment itself still opens it. No clock skew is
// allowed for.
func (t *TimeLimited) Unprotect(ctx context.Context, sealed []byte) ([]byte, time.Time, error) {
	opened, err := t.protector().Unprotect(ctx, sealed)
	if err != nil {
		return nil, time.Time{}, err
	}
	return t.judge(opened)
}

// ProtectString is Protect for text; the result is base64url without padding.
func (t *TimeLimited) ProtectString(plaintext string, expires time.Time) (string, error) {
	if !utf8.ValidString(plaintext) {
		return "", errNotUTF8
	}
	s := getScratch()
	defer s.release()
	if err := withEnd(s, plaintext, expires); err != nil {
		return "", err
	}
	return s.protectText(t.protector(), s.plain)
}

// UnprotectString opens what ProtectString has made and returns its end, in UTC.
func (t *TimeLimited) UnprotectString(ctx context.Context, text string) (string, time.Time, error) {
	s := getScratch()
	defer s.release()
	opened, err := s.unprotectText(ctx, t.protector(), text)
	if err != nil {
		return "", time.Time{}, err
	}
	plaintext, expires, err := t.judge(opened)
	if err != nil {
		return "", time.Time{}, err
	}
	if text, err = validString(plaintext); err != nil {
		return "", time.Time{}, err
	}
	return text, expires, nil
}

// Inspect authenticates sealed and tells how it was made, also when it is
// expired or its key is revoked.
func (t *TimeLimited) Inspect(ctx context.Context, sealed []byte) (Inspection, error) {
	s := getScratch()
	defer s.release()
	opened, info, err := t.protector().open(ctx, s.plain[:0], sealed, true)
	if err != nil {
		return Inspection{}, err
	}
	s.plain = opened
	if _, info.Expires, err = splitEnd(opened); err != nil {
		return Inspection{}, err
	}
	info.Expired = t.ended(info.Expires)
	return info, nil
}

// protector is nil for a zero TimeLimited, and a nil Protector returns errors.
func (t *TimeLimited) protector() *Protector {
	if t == nil {
		return nil
	}
	return t.inner
}

// judge returns the plaintext if its end has not come.
func (t *TimeLimited) judge(opened []byte) ([]byte, time.Time, error) {
	plaintext, expires, err := splitEnd(opened)
	if err != nil {
		return nil, time.Time{}, err
	}
	if t.ended(expires) {
		return nil, time.Time{}, fmt.Errorf("%w: it was good until %s", ErrExpired, expires.Format(time.RFC3339))
	}
	return plaintext, expires, nil
}

func (t *TimeLimited) ended(expires time.Time) bool { return t.inner.ring.cfg.Now().After(expires) }

// splitEnd parts what was opened into the plaintext and its end.
func splitEnd(opened []byte) ([]byte, time.Time, error) {
	if len(opened) < 8 || binary.BigEndian.Uint64(opened) > maxTicks {
		return nil, time.Time{}, ErrInvalidPayload
	}
	return opened[8:], timeFromTicks(int64(binary.BigEndian.Uint64(opened))), nil
}

// withEnd puts the end in front of plaintext, in s.plain.
func withEnd[T string | []byte](s *scratch, plaintext T, expires time.Time) error {
	if y := expires.UTC().Year(); y < 1 || y > 9999 {
		return errors.New("dataprotection: the end of a payload must lie in the years 1 to 9999")
	}
	s.plain = binary.BigEndian.AppendUint64(s.plain[:0], uint64(ticksFromTime(expires)))
	s.plain = append(s.plain, plaintext...)
	return nil
}
