package antiforgery

import (
	"errors"
	"io"
	"net/http"
)

var (
	// errNoRoom says that the token was not found in as much as may be read.
	errNoRoom = errors.New("the token must come within Config.MaxFormBytes, before files, or in the header")

	errMultipart = errors.New("the multipart form is malformed or ends early")
)

// A keptBody is the body of a request that is read twice: first by us, who keep
// what we read, then by whoever handles the request.
type keptBody struct {
	body io.ReadCloser
	err  error // that ended it, if it has ended
	room int64 // how many bytes may still be kept
	kept []byte
	next int // in kept, what is to be read again
}

// keep puts a keptBody in place of the body of a request.
func keep(r *http.Request, room int64) *keptBody {
	k := &keptBody{body: r.Body, room: room}
	r.Body = k
	return k
}

// replay is called when we are done: what was kept is read again, then what else there is.
func (k *keptBody) replay() { k.next = 0 }

// Read reads for the second time. The error that ended the first comes at the same place.
func (k *keptBody) Read(b []byte) (int, error) {
	if k.next < len(k.kept) {
		n := copy(b, k.kept[k.next:])
		k.next += n
		return n, nil
	}
	if k.err != nil {
		return 0, k.err
	}
	return k.body.Read(b)
}

// Close closes the body.
func (k *keptBody) Close() error { return k.body.Close() }

// cause returns why a parser of multipart forms has failed. Its own errors may have a
// part of the body in them.
func (k *keptBody) cause() error {
	switch {
	case k.room < 0:
		return errNoRoom
	case k.err != nil && k.err != io.EOF:
		return k.err
	}
	return errMultipart
}

// asKeeper returns what we read from.
func (k *keptBody) asKeeper() io.Reader { return keeper{k} }

type keeper struct{ *keptBody }

// Read fails with errNoRoom when there is more than may be kept. To know that, it
// reads one byte more.
func (k keeper) Read(b []byte) (int, error) {
	if k.err != nil {
		return 0, k.err
	}
	if k.room < 0 {
		return 0, errNoRoom
	}
	if int64(len(b))-1 > k.room {
		b = b[:k.room+1]
	}
	n, err := k.body.Read(b)
	k.kept = append(k.kept, b[:n]...)
	k.room -= int64(n)
	k.err = err
	if k.room < 0 {
		return n, errNoRoom
	}
	return n, err
}
