package dataprotection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Typed seals values of one type as JSON inside time-limited text, for links in
// e-mails and the like. It is immutable and safe for concurrent use.
type Typed[T any] struct{ inner *TimeLimited }

// NewTyped returns a Typed over t. Give each type purposes of its own: nothing
// else keeps a link of one kind from being read as one of another.
func NewTyped[T any](t *TimeLimited) *Typed[T] { return &Typed[T]{inner: t} }

// limited is nil, and returns errors, where there is none.
func (t *Typed[T]) limited() *TimeLimited {
	if t == nil {
		return nil
	}
	return t.inner
}

// Protect returns value as text that opens until expires and can stand in a URL
// as it is.
func (t *Typed[T]) Protect(value T, expires time.Time) (string, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("dataprotection: protect %T: %w", value, err)
	}
	return t.limited().ProtectString(string(text), expires)
}

// Unprotect opens what Protect has made. The errors are those of
// TimeLimited.UnprotectString; JSON that does not fit T is ErrInvalidPayload.
func (t *Typed[T]) Unprotect(ctx context.Context, text string) (T, error) {
	var value, zero T
	opened, _, err := t.limited().UnprotectString(ctx, text)
	if err != nil {
		return zero, err
	}
	if err := json.Unmarshal([]byte(opened), &value); err != nil {
		return zero, ErrInvalidPayload
	}
	return value, nil
}
