// Package record is how stores of sessions and cut-offs write what they keep.
package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sealring/sealring/cookieauth"
)

// Micros is a time as a number of microseconds since 1970, in UTC.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// Time is the reverse. Times are equal by == if their numbers are.
func Time(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// identity is a cut-off without Until. It is written {"session":"…"},
// {"user":"…","before":1736899200000000,"except":"…"} or {"before":1736899200000000}.
type identity struct {
	Session string `json:"session,omitempty"`
	User    string `json:"user,omitempty"`
	Before  *int64 `json:"before,omitempty"`
	Except  string `json:"except,omitempty"`
}

// Identity is a cut-off without its Until, as JSON. It is the same text for the
// same cut-off.
func Identity(c cookieauth.Cutoff) (string, error) {
	id := identity{Session: c.Session, User: c.User, Except: c.Except}
	if !c.Before.IsZero() {
		before := Micros(c.Before)
		id.Before = &before
	}
	text, err := json.Marshal(id)
	return string(text), err
}

// Cutoff is the reverse of Identity.
func Cutoff(text string, until int64) (cookieauth.Cutoff, error) {
	var id identity
	if err := json.Unmarshal([]byte(text), &id); err != nil {
		return cookieauth.Cutoff{}, fmt.Errorf("not a cut-off: %w", err)
	}
	c := cookieauth.Cutoff{Session: id.Session, User: id.User, Except: id.Except, Until: Time(until)}
	if id.Before != nil {
		c.Before = Time(*id.Before)
	}
	return c, nil
}
