package cookieauth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sealring/sealring/cookieauth/ticket"
)

// keep writes to the store what a request changes of its session: a renewal, and
// now and then that it was seen. What is left to be sent with the response is a
// cookie whose own end moves, or whose key is an old one. The error is ErrNoSession
// if the session has just ended.
func (a *Authenticator) keep(v *visit, r *http.Request, seen sighting, now time.Time) error {
	if v.renewal() == nil && now.Sub(seen.stored.LastSeen) < noteInterval {
		return nil
	}
	renewal, changed := v.renewal(), v.changed()
	if renewal != nil && !renewal.Properties.Persistent() && a.cfg.Cookie.MaxAge == 0 && !seen.oldKey {
		v.drop()
	}
	id := seen.stored.ID
	done := a.claim(r.Context(), id, changed)
	if done == nil {
		return nil
	}
	defer done()
	err := a.update(r, id, renewal, changed, now)
	switch {
	case errors.Is(err, ErrNoSession):
		v.drop()
		return ErrNoSession
	case err != nil: // the session goes on as it was; the next request makes up for it
		v.drop()
		a.cfg.Logger.LogAttrs(r.Context(), slog.LevelWarn, "session could not be updated", slog.Any("error", err))
	}
	return nil
}

// claim makes sure that one request at a time updates a session, in this process. Of
// many that come at once one is enough: others need not wait, and get nil, unless they
// bring something new.
func (a *Authenticator) claim(ctx context.Context, id string, wait bool) (done func()) {
	mine := make(chan struct{})
	for {
		other, busy := a.updating.LoadOrStore(id, mine)
		if !busy {
			return func() { a.updating.Delete(id); close(mine) }
		}
		if !wait {
			return nil
		}
		select {
		case <-other.(chan struct{}):
		case <-ctx.Done():
			return nil
		}
	}
}

// update reads the session anew, so that it takes nothing back that another
// request has just written.
func (a *Authenticator) update(r *http.Request, id string, renewal *ticket.Ticket, changed bool, now time.Time) error {
	var present ticket.Buffer
	stored, err := a.load(r.Context(), id, &present)
	if err != nil {
		return err
	}
	t := a.renewed(&present.Ticket, renewal, changed)
	if t == nil && now.Sub(stored.LastSeen) < noteInterval {
		return nil // somebody has just done all of it
	}
	noteSeen(stored, r, now)
	if t != nil {
		if err := a.sealTicket(stored, t); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
	defer cancel()
	err = a.cfg.TicketStore.Update(ctx, stored)
	if err != nil && !errors.Is(err, ErrNoSession) {
		return &storeError{"update a session", err}
	}
	return err
}

// renewed returns what a renewal makes of the stored ticket, or nil if it stays. A renewal
// that only moves the dates leaves alone what others have changed, and none makes
// the session end sooner.
func (a *Authenticator) renewed(present, renewal *ticket.Ticket, changed bool) *ticket.Ticket {
	if renewal == nil {
		return nil
	}
	end, _ := renewal.Properties.Expires()
	presentEnd, _ := present.Properties.Expires()
	later := end.After(presentEnd)
	if !later && !changed {
		return nil
	}
	t := &ticket.Ticket{Scheme: renewal.Scheme, Principal: present.Principal, Properties: present.Properties.Clone()}
	if changed {
		t.Principal, t.Properties = renewal.Principal, renewal.Properties.Clone()
	}
	dates := &renewal.Properties
	if !later && !a.reference {
		dates = &present.Properties
	}
	issued, _ := dates.Issued()
	expires, _ := dates.Expires()
	t.Properties.SetIssued(issued)
	t.Properties.SetExpires(expires)
	return t
}
