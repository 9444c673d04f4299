package cookieauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/poll"
)

// ErrSessionOver is the cause for which the context of a request ends that
// UntilLogout guards. Its text says which: the session was ended, it has expired, or
// its key was revoked.
var ErrSessionOver = errors.New("cookieauth: the session is over")

// streamInterval is how often it is checked that a cookie would still be accepted.
const streamInterval = 10 * time.Second

// UntilLogout ends the context of a request when the session that it belongs to is
// over, for handlers that go on for long, such as those of WebSockets and of
// server-sent events: else who has signed out, or was locked, goes on receiving. The
// handler has to heed its request's context; context.Cause tells why it has ended,
// which Is ErrSessionOver then. It belongs within Handler or RequireUser:
//
//	mux.Handle("GET /events", auth.RequireUser(auth.UntilLogout(events)))
//
// A session that has ended is noticed as soon as Config.Cutoffs hear of it: at once
// for one that was ended on this instance. Everything else is noticed within ten
// seconds: that Config.TicketStore does not have the session any more, or that the
// ring has heard that the key of the cookie was revoked. What cannot be told because a
// store is out of reach lets the stream go on until its known end. Without Cutoffs and TicketStore only
// expiry and keys end a stream.
//
// Expiry is that of the ticket which the request brought: a stream cannot receive a
// renewed cookie, so it ends with the old one, and its client connects again. A
// session in a TicketStore that other requests have renewed meanwhile goes on.
//
// Events.Validate and Revalidation.Check are asked when the stream begins, and no
// more. Requests without a user are passed through.
func (a *Authenticator) UntilLogout(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := a.visit(r)
		if v.principal() == nil {
			next.ServeHTTP(w, r)
			return
		}
		ctx, end := context.WithCancelCause(r.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			if err := a.watch(ctx, r, &v.ticket.Ticket); err != nil {
				end(fmt.Errorf("%w: %w", ErrSessionOver, err))
			}
		}()
		defer func() {
			end(nil)
			<-watched
		}()
		inner := r.WithContext(ctx)
		next.ServeHTTP(w, inner)
		r.Pattern = inner.Pattern
	})
}

// watch returns why a session is over, as soon as it is, or nil when ctx ends.
func (a *Authenticator) watch(ctx context.Context, r *http.Request, t *ticket.Ticket) error {
	for {
		changed, err := a.look(t)
		if err != nil {
			return err
		}
		pause := poll.Jitter(streamInterval)
		if end, ok := a.lastEnd(&t.Properties); ok {
			left := end.Sub(a.cfg.Now())
			if left < 0 {
				return errExpired // and it could not be told whether it was renewed
			}
			pause = min(pause, left+time.Millisecond)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-changed:
			timer.Stop()
			continue
		case <-timer.C:
		}
		var again ticket.Buffer
		switch _, err := a.read(r.WithContext(ctx), a.findCookie(r), a.cfg.Now(), &again); {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			t = &again.Ticket
		case !errors.Is(err, dataprotection.ErrUnavailable):
			return err
		}
	}
}

// look asks the cut-offs, if there are any. Changed is closed when they have to be
// asked again.
func (a *Authenticator) look(t *ticket.Ticket) (changed <-chan struct{}, err error) {
	if a.cfg.Cutoffs == nil {
		return nil, nil
	}
	snap := a.cfg.Cutoffs.current.Load()
	start, _ := started(&t.Properties)
	if _, over := snap.find(sessionID(t), t.Principal.ID(), start); over {
		return nil, errEnded
	}
	return snap.next, nil
}
