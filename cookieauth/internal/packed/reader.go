package packed

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// A Reader goes through a ticket, of which it makes nothing: only whoever has come to
// the end needs a text of it. It fails at what is not there, and at a text that is not
// valid UTF-8, which has to be read as another one. After that nothing is left.
type Reader struct {
	Data   []byte
	ASCII  bool // all of Data is: no text can be invalid or have a longer length
	At     int  // where it is in Data
	Failed bool
}

// A Span is a part of what a Reader goes through.
type Span struct{ from, to int }

// In returns the part of the text that Data is.
func (s Span) In(text string) string { return text[s.from:s.to] }

func (s Span) isEmpty() bool { return s.from == s.to }

// Since returns what the reader has gone through since it was at a position.
func (r *Reader) Since(at int) Span { return Span{at, r.At} }

// Identity looks at an identity, which is of use once it has its text. It is false if
// there is none or if it has more than ordinary claims: such an identity has to be
// taken apart.
func (r *Reader) Identity() (i Identity, ok bool) {
	start := r.At
	i.ascii = r.ASCII
	r.Text() // authentication type
	nameType, roleType := r.Text(), r.Text()
	i.count = uint32(r.Int32())
	i.first = uint32(r.At - start)
	for n := i.count; n > 0 && !r.Failed; n-- { // each needs a few bytes, so hostile counts end soon
		r.skipClaim()
	}
	r.Skip("\x00\x00")                                        // neither bootstrap context nor actor
	if r.Failed || nameType.isEmpty() || roleType.isEmpty() { // the default, too, but nobody writes it so
		return Identity{}, false
	}
	return i, true
}

// skipClaim goes on behind a claim that is ordinary. Those of ASCII are most of what
// there is to read.
func (r *Reader) skipClaim() {
	if b := r.Data[r.At:]; r.ASCII && len(b) > 0 {
		if end := 1 + int(b[0]); end < len(b) {
			end += 1 + int(b[end])
			if len(b)-end >= len(Ordinary) && string(b[end:end+len(Ordinary)]) == Ordinary {
				r.At += end + len(Ordinary)
				return
			}
		}
	}
	r.Text()
	r.Text()
	r.Skip(Ordinary)
}

// Int32 reads a number.
func (r *Reader) Int32() int32 {
	b := r.Data[r.At:]
	if len(b) < 4 {
		r.fail()
		return 0
	}
	r.At += 4
	return int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

// Text goes behind a text, and returns where it is.
func (r *Reader) Text() Span {
	if b := r.Data[r.At:]; r.ASCII && len(b) > 0 && int(b[0]) < len(b) {
		start := r.At + 1
		r.At = start + int(b[0])
		return Span{start, r.At}
	}
	return r.anyText()
}

func (r *Reader) anyText() Span {
	b := r.Data[r.At:]
	n, size := Length(b)
	if size == 0 || size > maxLength || n > len(b)-size || !utf8.Valid(b[size:size+n]) {
		r.fail()
		return Span{}
	}
	r.At += size + n
	return Span{r.At - n, r.At}
}

// Skip goes on behind what has to come next.
func (r *Reader) Skip(expected string) {
	b := r.Data[r.At:]
	if len(b) < len(expected) || string(b[:len(expected)]) != expected {
		r.fail()
		return
	}
	r.At += len(expected)
}

func (r *Reader) fail() { r.At, r.Failed = len(r.Data), true }

// Take returns the text at a position of what a Reader has gone through, and where it
// ends.
func Take(read string, at int) (text string, end int) {
	n := int(read[at])
	at++
	if n >= 0x80 { // the length goes on: 7 bits a byte
		n += int(read[at])<<7 - 0x80
		at++
		if n >= 0x80<<7 {
			n += int(read[at])<<14 - 0x80<<7
			at++
		}
	}
	return read[at : at+n], at + n
}

// maxLength is how many bytes the length of a text has that Take can return.
const maxLength = 3

// Length reads the length of a text, and says how many bytes it takes itself: at most
// five, not necessarily as few as possible. That is 0 if there is no length.
func Length(b []byte) (n, size int) {
	var all uint64
	for k := range min(len(b), binary.MaxVarintLen32) {
		all |= uint64(b[k]&0x7f) << (7 * k)
		if b[k] >= 0x80 {
			continue
		}
		if all > math.MaxInt32 {
			break
		}
		return int(all), k + 1
	}
	return 0, 0
}
