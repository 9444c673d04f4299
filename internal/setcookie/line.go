package setcookie

import (
	"net/http"
	"strconv"
	"time"
)

// Attributes are what a Set-Cookie line says besides name and value.
type Attributes struct {
	Expires    time.Time     // zero: no attribute
	MaxAge     time.Duration // zero: no attribute; fractions of a second are dropped
	Domain     string        // empty: no attribute
	Path       string        // empty: no attribute
	Secure     bool
	SameSite   http.SameSite // zero and SameSiteDefaultMode: no attribute
	HTTPOnly   bool
	Extensions []string // further attributes, verbatim
}

// AppendTo appends the attributes to a line that has name and value.
func (a *Attributes) AppendTo(line []byte) []byte {
	if !a.Expires.IsZero() {
		line = append(line, "; expires="...)
		line = a.Expires.UTC().AppendFormat(line, http.TimeFormat)
	}
	if a.MaxAge != 0 {
		line = append(line, "; max-age="...)
		line = strconv.AppendInt(line, int64(a.MaxAge/time.Second), 10)
	}
	if a.Domain != "" {
		line = append(append(line, "; domain="...), a.Domain...)
	}
	if a.Path != "" {
		line = append(append(line, "; path="...), a.Path...)
	}
	if a.Secure {
		line = append(line, "; secure"...)
	}
	switch a.SameSite {
	case http.SameSiteNoneMode:
		line = append(line, "; samesite=none"...)
	case http.SameSiteLaxMode:
		line = append(line, "; samesite=lax"...)
	case http.SameSiteStrictMode:
		line = append(line, "; samesite=strict"...)
	}
	if a.HTTPOnly {
		line = append(line, "; httponly"...)
	}
	for _, x := range a.Extensions {
		line = append(append(line, "; "...), x...)
	}
	return line
}

// Expired returns the attributes that remove a cookie which has these ones.
func (a Attributes) Expired() Attributes {
	a.Expires = time.Unix(0, 0)
	a.MaxAge = 0
	return a
}
