package cookieauth

import (
	"bytes"
	"context"
	"time"
)

const (
	// sealedHeader is how long the part of a sealed ticket is that names its key
	// (docs/formats.md, Payload).
	sealedHeader = 20
	// sealsFor is how long a key is taken for the one that seals.
	sealsFor = time.Minute
)

// A sealingHeader is how tickets begin that the ring's present key has sealed, and
// until when that is taken for granted. Asking the ring costs as much as opening
// the ticket, so it is not asked on each request.
type sealingHeader struct {
	header [sealedHeader]byte
	until  time.Time
}

// isOldKey reports whether a ticket, which has been opened, was sealed with a key
// that the ring no longer seals with. Where no ticket is renewed, none is.
func (a *Authenticator) isOldKey(ctx context.Context, sealed []byte, now time.Time) bool {
	if a.reference || a.cfg.NoSliding || len(sealed) < sealedHeader {
		return false
	}
	if known := a.sealing.Load(); known != nil && now.Before(known.until) && bytes.Equal(known.header[:], sealed[:sealedHeader]) {
		return false
	}
	info, err := a.protector.Inspect(ctx, sealed)
	if err == nil && !info.Reprotect {
		a.sealing.Store(&sealingHeader{[sealedHeader]byte(sealed), now.Add(sealsFor)})
	}
	return err == nil && info.Reprotect
}
