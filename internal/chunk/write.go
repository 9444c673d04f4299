package chunk

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/sealring/sealring/internal/cookie"
	"github.com/sealring/sealring/internal/setcookie"
)

// DefaultSize is how long a Set-Cookie line may be, attributes included.
const DefaultSize = 4050

// ErrNoRoom says that name and attributes fill a line, or nearly so, so that there
// would be more parts than are read.
var ErrNoRoom = errors.New("the cookie's name and attributes leave too little room for data in a chunk")

// Write adds the lines that set a cookie to those that wait in out. A value too
// long for one line of size bytes is split; a size below 1 never splits. The value
// must be of characters that need no encoding. Parts that the request has beyond
// those now needed are deleted first, so that they do not stay in the browser.
func Write(out http.Header, request cookie.Header, name string, value []byte, a *setcookie.Attributes, size int) error {
	var room [256]byte
	attributes := a.AppendTo(room[:0])
	fixed := len(name) + len("=") + len(attributes)
	if size < 1 || size > fixed+len(value) {
		dropParts(out, request, name, 1, a)
		setcookie.Append(out, line(name, value, attributes))
		return nil
	}
	if size < fixed+10 { // room for "chunks-" and three digits
		return ErrNoRoom
	}
	per := size - fixed - 3 // room for the name's suffix, up to C99
	n := (len(value) + per - 1) / per
	if n > MaxParts {
		return ErrNoRoom
	}
	dropParts(out, request, name, n+1, a)
	lines := make([]string, 1, n+1)
	lines[0] = line(name, strconv.AppendInt([]byte(headPrefix), int64(n), 10), attributes)
	for i := range n {
		part := value[i*per : min((i+1)*per, len(value))]
		lines = append(lines, line(partName(name, i+1), part, attributes))
	}
	setcookie.Append(out, lines...)
	return nil
}

// Delete adds the lines that remove a cookie and the parts that the request has,
// up to the first gap.
func Delete(out http.Header, request cookie.Header, name string, a *setcookie.Attributes) {
	setcookie.Delete(out, name, a)
	for i, last := 1, present(request, name, 1); i <= last; i++ {
		setcookie.Delete(out, partName(name, i), a)
	}
}

// Forget takes the cookie and all its parts out of the lines that wait in out.
func Forget(out http.Header, name string) {
	setcookie.Remove(out, func(line string) bool {
		return setcookie.Sets(line, name) || setsPart(line, name+partSuffix)
	})
}

// setsPart reports whether a line sets prefix followed by a number.
func setsPart(line, prefix string) bool {
	end := len(prefix)
	for end < len(line) && '0' <= line[end] && line[end] <= '9' {
		end++
	}
	return end > len(prefix) && setcookie.Sets(line, prefix+line[len(prefix):end])
}

// dropParts adds the lines that remove the request's parts from a number on. Lines
// that wait already stay, as in the reference.
func dropParts(out http.Header, request cookie.Header, name string, from int, a *setcookie.Attributes) {
	expired := a.Expired()
	for i, last := from, present(request, name, from); i <= last; i++ {
		setcookie.Append(out, line(partName(name, i), nil, expired.AppendTo(nil)))
	}
}

func partName(name string, i int) string { return name + partSuffix + strconv.Itoa(i) }

func line(name string, value, attributes []byte) string {
	var b strings.Builder
	b.Grow(len(name) + 1 + len(value) + len(attributes))
	b.WriteString(name)
	b.WriteByte('=')
	b.Write(value)
	b.Write(attributes)
	return b.String()
}
