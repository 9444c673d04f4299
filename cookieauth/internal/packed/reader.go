package packed

// A Reader goes through a ticket that is all ASCII, where the length of a text takes
// one byte. What is not there reads as zero, and after that nothing is left.
type Reader struct {
	Rest   string
	Failed bool
}

// Identity looks at an identity. It is false if there is none or if it has more than
// ordinary claims: such an identity has to be taken apart.
func (r *Reader) Identity() (i Identity, ok bool) {
	all := r.Rest
	r.Text() // authentication type
	nameType, roleType := r.Text(), r.Text()
	i.count = uint32(r.Int32())
	i.first = uint32(len(all) - len(r.Rest))
	for n := i.count; n > 0 && !r.Failed; n-- { // each needs a few bytes, so hostile counts end soon
		r.Text()
		r.Text()
		r.Skip(Ordinary)
	}
	i.text = all[:len(all)-len(r.Rest)]
	r.Skip("\x00\x00")                                // neither bootstrap context nor actor
	if r.Failed || nameType == "" || roleType == "" { // the default, too, but nobody writes it so
		return Identity{}, false
	}
	return i, true
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
	b := r.Rest
	if len(b) == 0 || int(b[0]) >= len(b) {
		r.fail()
		return ""
	}
	text, end := Take(b, 0)
	r.Rest = b[end:]
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
	end = at + 1 + int(read[at])
	return read[at+1 : end], end
}
