package cookieauth

import "sync"

// scratch holds the forms that a ticket takes between its text in a cookie and
// its plain bytes, so that they need not be allocated for each request.
type scratch struct {
	text, sealed, plain []byte
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func getScratch() *scratch { return scratchPool.Get().(*scratch) }

// setPlain keeps what has been appended to s.plain, or wipes what an error has left
// of it.
func (s *scratch) setPlain(plain []byte, err error) error {
	if err != nil {
		clear(s.plain[:cap(s.plain)])
		return err
	}
	s.plain = plain
	return nil
}

// wipe removes a plaintext before another, which may be shorter, takes its place.
func (s *scratch) wipe() {
	clear(s.plain)
	s.plain = s.plain[:0]
}

// release wipes what was secret. Very large buffers are left to the collector.
func (s *scratch) release() {
	s.wipe()
	if cap(s.text)+cap(s.sealed)+cap(s.plain) <= 4*maxRead {
		scratchPool.Put(s)
	}
}
