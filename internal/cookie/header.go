package cookie

import (
	"net/http"
	"net/url"
	"strings"
)

// A Header is the Cookie lines of a request.
type Header struct {
	lines []string
	fold  bool
}

// Of returns the cookies of a request. With fold, names are compared without
// regard to case.
func Of(r *http.Request, fold bool) Header { return Header{r.Header["Cookie"], fold} }

// Empty reports whether the request has no cookies at all.
func (h Header) Empty() bool { return len(h.lines) == 0 }

// Size returns how many bytes of the request's header the cookies take.
func (h Header) Size() (n int) {
	for _, line := range h.lines {
		n += len(line)
	}
	return n
}

// Find returns the value of the last cookie of a name as it stands, unchecked and
// undecoded, and how many there seem to be. It is the quick way in: a single value
// in base64url is well-formed, and everything else deserves a closer look.
func (h Header) Find(name string) (raw string, count int) {
	for _, line := range h.lines {
		for rest := line; rest != ""; {
			rest = trimLeft(rest)
			if len(rest) > len(name) && rest[len(name)] == '=' && h.same(rest[:len(name)], name) {
				var piece string
				piece, rest = cut(rest)
				raw, count = piece[len(name)+1:], count+1
			} else if k := strings.IndexByte(rest, ';'); k >= 0 {
				rest = rest[k+1:]
			} else {
				break
			}
		}
	}
	return raw, count
}

// Last returns the value of the last cookie of a name, which is the one that
// counts, or "". Cookies that are malformed or empty are none.
func (h Header) Last(name string) (value string) {
	h.Each(func(piece string) {
		if v, ok := h.match(piece, name); ok {
			value = v
		}
	})
	return decode(value)
}

// All returns the values of the cookies of a name, in order, the last max of them: a
// browser sends those for longer paths first, which are more likely planted.
func (h Header) All(name string, max int) (values []string) {
	h.Each(func(piece string) {
		v, ok := h.match(piece, name)
		if !ok {
			return
		}
		if len(values) == max {
			values = append(values[:0], values[1:]...)
		}
		values = append(values, v)
	})
	for i, v := range values {
		values[i] = decode(v)
	}
	return values
}

// Numbered fills into[i-1] with the value of the cookie prefix+i, for i from 1 in
// decimal without leading zeros. Of several the last counts, or the first. It goes
// through the header once, however many there are.
func (h Header) Numbered(prefix string, into []string, first bool) {
	h.Each(func(piece string) {
		if len(piece) <= len(prefix) || !h.same(piece[:len(prefix)], prefix) {
			return
		}
		name, _, _ := strings.Cut(piece, "=")
		i, ok := Number(name[len(prefix):])
		if !ok || i < 1 || i > len(into) || name[len(prefix)] == '0' || first && into[i-1] != "" {
			return
		}
		if v, ok := value(piece[len(name):]); ok {
			into[i-1] = decode(v)
		}
	})
}

// Each calls do with each piece of the header, spaces around it removed.
func (h Header) Each(do func(piece string)) {
	for _, line := range h.lines {
		for rest := line; rest != ""; {
			var piece string
			piece, rest = cut(rest)
			do(piece)
		}
	}
}

// Number reads a decimal number of ASCII digits that fits in 31 bits.
func Number(digits string) (n int, ok bool) {
	for k := range len(digits) {
		d := digits[k]
		if d < '0' || d > '9' || n > (1<<31-1-int(d-'0'))/10 {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, digits != ""
}

// cut splits at the next semicolon, which nothing escapes, and trims.
func cut(line string) (piece, rest string) {
	piece = line
	if k := strings.IndexByte(line, ';'); k >= 0 {
		piece, rest = line[:k], line[k+1:]
	}
	piece = trimLeft(piece)
	for piece != "" && (piece[len(piece)-1] == ' ' || piece[len(piece)-1] == '\t') {
		piece = piece[:len(piece)-1]
	}
	return piece, rest
}

func trimLeft(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// match returns the value of a piece that is a well-formed cookie of this name.
func (h Header) match(piece, name string) (string, bool) {
	if len(piece) <= len(name) || piece[len(name)] != '=' || !h.same(piece[:len(name)], name) {
		return "", false
	}
	return value(piece[len(name):])
}

func (h Header) same(a, b string) bool {
	return a == b || h.fold && strings.EqualFold(a, b) // names are ASCII
}

// value takes "=value" apart. Quotes are part of the value.
func value(piece string) (string, bool) {
	if piece == "" || piece[0] != '=' {
		return "", false
	}
	v := piece[1:]
	bare := v
	if len(v) >= 2 && v[0] == '"' && v[len(v)-1] == '"' {
		bare = v[1 : len(v)-1]
	}
	for k := range len(bare) {
		if !valueChar[bare[k]] {
			return "", false
		}
	}
	return v, v != ""
}

// valueChar are the characters of RFC 6265's cookie-octet.
var valueChar = func() (set [256]bool) {
	for c := 0x21; c <= 0x7E; c++ {
		set[c] = c != '"' && c != ',' && c != ';' && c != '\\'
	}
	return set
}()

// decode undoes percent-encoding, where there is any and it is right.
func decode(v string) string {
	if strings.IndexByte(v, '%') < 0 {
		return v
	}
	if decoded, err := url.PathUnescape(v); err == nil {
		return decoded
	}
	return v
}
