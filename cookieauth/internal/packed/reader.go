package packed

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// A Reader goes through a ticket. What is not there reads as zero, and so does a text
// that is not valid UTF-8, which has to be read as another one. After that nothing is
// left.
type Reader struct {
	Rest   string
	ASCII  bool // all of Rest is: no text can be invalid or have a longer length
	Failed bool
}

// Identity looks at an identity. It is false if there is none or if it has more than
// ordinary claims: such an identity has to be taken apart.
func (r *Reader) Identity() (i Identity, ok bool) {
	all := r.Rest
	i.ascii = r.ASCII
	r.Text() // authentication type
	nameType, roleType := r.Text(), r.Text()
	i.count = uint32(r.Int32())
	i.first = uint32(len(all) - len(r.Rest))
	for n := i.count; n > 0 && !r.Failed; n-- { // each needs a few bytes, so hostile counts end soon
		r.skipClaim()
	}
	i.text = all[:len(all)-len(r.Rest)]
	r.Skip("\x00\x00")                                // neither bootstrap context nor actor
	if r.Failed || nameType == "" || roleType == "" { // the default, too, but nobody writes it so
		return Identity{}, false
	}
	return i, true
}

// skipClaim goes on behind a claim that is ordinary. Those of ASCII are most of what
// there is to read.
func (r *Reader) skipClaim() {
	if b := r.Rest; r.ASCII && len(b) > 0 {
		if end := 1 + int(b[0]); end < len(b) {
			end += 1 + int(b[end])
			if len(b)-end >= len(Ordinary) && b[end:end+len(Ordinary)] == Ordinary {
				r.Rest = b[end+len(Ordinary):]
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
	b := r.Rest
	if len(b) < 4 {
		r.fail()
		return 0
	}
	r.Rest = b[4:]
	return int32(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
}

// Text reads a text.
func (r *Reader) Text() string {
	if b := r.Rest; r.ASCII && len(b) > 0 && int(b[0]) < len(b) {
		text, end := Take(b, 0)
		r.Rest = b[end:]
		return text
	}
	return r.anyText()
}

func (r *Reader) anyText() string {
	n, size := Length(r.Rest)
	if size == 0 || size > maxLength || n > len(r.Rest)-size || !utf8.ValidString(r.Rest[size:size+n]) {
		r.fail()
		return ""
	}
	text := r.Rest[size : size+n]
	r.Rest = r.Rest[size+n:]
	return text
}

// Skip goes on behind what has to come next.
func (r *Reader) Skip(expected string) {
	if len(r.Rest) < len(expected) || r.Rest[:len(expected)] != expected {
		r.fail()
		return
	}
	r.Rest = r.Rest[len(expected):]
}

func (r *Reader) fail() { r.Rest, r.Failed = "", true }

// Take returns the text at a position of what a Reader has read, and where it ends.
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
func Length[T string | []byte](b T) (n, size int) {
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
