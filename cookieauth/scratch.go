package cookieauth

import "sync"

// scratch holds the forms that a ticket takes between its text in a cookie and
// its plain bytes, so that they need not be allocated for each request.
type scratch struct {
	text, sealed, plain []byte
}

var scratchPool = sync.Pool{New: func() any { return new(scratch) }}

func getScratch() *scratch { return scratchPool.Get().(*scratch) }

// release wipes what was secret. Very large buffers are left to the collector.
func (s *scratch) release() {
	clear(s.plain)
	if cap(s.text)+cap(s.sealed)+cap(s.plain) <= 4*maxRead {
		scratchPool.Put(s)
	}
}
