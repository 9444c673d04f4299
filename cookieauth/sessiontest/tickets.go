package sessiontest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/internal/contracttest"
)

var ticketChecks = []check[cookieauth.TicketStore]{
	{"no session", noSession},
	{"a session comes back", sessionComesBack},
	{"odd texts come back", oddTextsComeBack},
	{"tickets come back", ticketsComeBack},
	{"creating never replaces", creatingNeverReplaces},
	{"updating", updating},
	{"updating with the same", updatingWithTheSame},
	{"ending", ending},
	{"ending many", endingMany},
	{"expired sessions", expiredSessions},
	{"renewed sessions", renewedSessions},
	{"no aliasing of tickets", noAliasing},
	{"an ended context", endedContext},
	{"sessions of a user", sessionsOfUser},
	{"users are compared exactly", usersExactly},
	{"long users", longUsers},
	{"many sessions of a user", manySessions},
	{"one of many creates", oneOfManyCreates},
	{"all of many creates", allOfManyCreates},
	{"racing updates", racingUpdates},
	{"reading while updating", readingWhileUpdating},
	{"update and end race", updateAndEndRace},
	{"listing while creating and ending", listingWhileChanging},
	{"sessions after a restart", sessionsAfterRestart},
}

// session returns a session of a user that lives for an hour.
func session(user string) *cookieauth.StoredSession {
	created := now()
	return &cookieauth.StoredSession{
		ID:        newID(),
		Scheme:    "Cookies",
		User:      user,
		Created:   created,
		LastSeen:  created.Add(time.Second),
		Expires:   created.Add(time.Hour),
		Address:   "192.0.2.1",
		UserAgent: "Mozilla/5.0 (check)",
		Ticket:    []byte("the ticket of " + user),
	}
}

// changed returns what a session is after its nth update.
func changed(s *cookieauth.StoredSession, n int) *cookieauth.StoredSession {
	c := *s
	c.LastSeen = s.Created.Add(time.Duration(n) * time.Minute)
	c.Expires = s.Created.Add(time.Hour + time.Duration(n)*time.Minute)
	c.Address = fmt.Sprintf("2001:db8::%x", n)
	c.UserAgent = fmt.Sprintf("update %d", n)
	c.Ticket = bytes.Repeat(fmt.Appendf(nil, "ticket %d.", n), 1+n%5*500)
	return &c
}

// difference tells where two sessions differ.
func difference(got, want *cookieauth.StoredSession) string {
	switch {
	case got == nil:
		return "got no session"
	case got.ID != want.ID:
		return fmt.Sprintf("ID: got %q, want %q", got.ID, want.ID)
	case got.Scheme != want.Scheme:
		return fmt.Sprintf("Scheme: got %q, want %q", got.Scheme, want.Scheme)
	case got.User != want.User:
		return fmt.Sprintf("User: got %q, want %q", got.User, want.User)
	case !sameTime(got.Created, want.Created):
		return fmt.Sprintf("Created: got %v, want %v", got.Created, want.Created)
	case !sameTime(got.LastSeen, want.LastSeen):
		return fmt.Sprintf("LastSeen: got %v, want %v", got.LastSeen, want.LastSeen)
	case !sameTime(got.Expires, want.Expires):
		return fmt.Sprintf("Expires: got %v, want %v", got.Expires, want.Expires)
	case got.Address != want.Address:
		return fmt.Sprintf("Address: got %q, want %q", got.Address, want.Address)
	case got.UserAgent != want.UserAgent:
		return fmt.Sprintf("UserAgent: got %q, want %q", got.UserAgent, want.UserAgent)
	case !bytes.Equal(got.Ticket, want.Ticket):
		return fmt.Sprintf("Ticket: got %d bytes that are not the %d wanted", len(got.Ticket), len(want.Ticket))
	}
	return ""
}

func sameTime(got, want time.Time) bool { return got.Equal(want) && got.Location() == time.UTC }

func create(t reporter, store cookieauth.TicketStore, sessions ...*cookieauth.StoredSession) {
	t.Helper()
	for _, s := range sessions {
		if err := store.Create(t.Context(), s); err != nil {
			t.Fatalf("Create of a session of %q: %v", s.User, err)
		}
	}
}

func update(t reporter, store cookieauth.TicketStore, s *cookieauth.StoredSession) {
	t.Helper()
	if err := store.Update(t.Context(), s); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func end(t reporter, store cookieauth.TicketStore, ids ...string) {
	t.Helper()
	if err := store.End(t.Context(), ids...); err != nil {
		t.Fatalf("End of %d sessions: %v", len(ids), err)
	}
}

// holds fails the check unless the session is there, and in the list of its user.
func holds(t reporter, store cookieauth.TicketStore, want *cookieauth.StoredSession) {
	t.Helper()
	got, err := store.Load(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("Load of a session of %.50q: %v", want.User, err)
	}
	if d := difference(got, want); d != "" {
		t.Fatalf("Load: %s", d)
	}
	listed := byUser(t, store, want.User)
	i := slices.IndexFunc(listed, func(s *cookieauth.StoredSession) bool { return s.ID == want.ID })
	if i < 0 {
		t.Fatalf("ByUser of %.50q: the session is not in the list of %d", want.User, len(listed))
	}
	if d := difference(listed[i], want); d != "" {
		t.Fatalf("ByUser: %s", d)
	}
}

// gone fails the check if the session is there in any way.
func gone(t reporter, store cookieauth.TicketStore, s *cookieauth.StoredSession) {
	t.Helper()
	got, err := store.Load(t.Context(), s.ID)
	contracttest.Must(t, "Load of a session that is not there", err, cookieauth.ErrNoSession)
	if got != nil {
		t.Fatalf("Load returned a session with an error")
	}
	contracttest.Must(t, "Update of a session that is not there", store.Update(t.Context(), changed(s, 1)), cookieauth.ErrNoSession)
	_, err = store.Load(t.Context(), s.ID)
	contracttest.Must(t, "Load of a session that is not there, after an Update", err, cookieauth.ErrNoSession)
	for _, listed := range byUser(t, store, s.User) {
		if listed.ID == s.ID {
			t.Fatalf("ByUser lists a session that is not there")
		}
	}
}

// byUser lists and fails the check if what is in the list is not the user's.
func byUser(t reporter, store cookieauth.TicketStore, user string) []*cookieauth.StoredSession {
	t.Helper()
	sessions, err := store.ByUser(t.Context(), user)
	if err != nil {
		t.Fatalf("ByUser of %.50q: %v", user, err)
	}
	seen := make(map[string]bool)
	for _, s := range sessions {
		if s.User != user {
			t.Fatalf("ByUser of %.50q lists a session of %.50q", user, s.User)
		}
		if seen[s.ID] {
			t.Fatalf("ByUser lists a session twice")
		}
		seen[s.ID] = true
	}
	return sessions
}

func noSession(t reporter, s tickets) {
	store := s.open()
	gone(t, store, session("a"))
	end(t, store)
	end(t, store, newID())
	if n := len(byUser(t, store, "a")); n != 0 {
		t.Fatalf("ByUser: got %d sessions of nobody", n)
	}
}

func sessionComesBack(t reporter, s tickets) {
	writer, reader := s.open(), s.open()
	given := session("a")
	gone(t, reader, given) // and that must not be remembered
	create(t, writer, given)
	holds(t, reader, given)
	holds(t, writer, given)
	holds(t, s.open(), given)
	for _, id := range []string{newID(), given.ID[:25] + "A", strings.Repeat("A", 26)} {
		if _, err := reader.Load(t.Context(), id); id != given.ID && !errors.Is(err, cookieauth.ErrNoSession) {
			t.Fatalf("Load of another id: got error %v, want %v", err, cookieauth.ErrNoSession)
		}
	}
}

func oddTextsComeBack(t reporter, s tickets) {
	store, other := s.open(), s.open()
	for i, text := range oddTexts {
		given := session("odd")
		given.Scheme, given.Address, given.UserAgent = text, text, oddTexts[len(oddTexts)-1-i]
		create(t, store, given)
		holds(t, other, given)
		end(t, other, given.ID)
	}
	given := session("long")
	given.Scheme, given.Address, given.UserAgent = strings.Repeat("s", 128), strings.Repeat("鍵", 170), strings.Repeat("🔑", 128)
	create(t, store, given)
	holds(t, other, given)
}

func ticketsComeBack(t reporter, s tickets) {
	store, other := s.open(), s.open()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, ticket := range [][]byte{nil, {0}, {'\n'}, every, []byte("\xff\xfe\x00\r\n\x1a"), bytes.Repeat(every, 256), bytes.Repeat(every, 1<<20/256)} {
		given := session("ticket")
		given.Ticket = ticket
		create(t, store, given)
		holds(t, other, given)
		grown := changed(given, 1)
		grown.Ticket = append(slices.Clone(ticket[:len(ticket)/2]), 'x')
		update(t, other, grown)
		holds(t, store, grown)
		end(t, store, given.ID) // a list of many MiB is nobody's business
	}
}

func creatingNeverReplaces(t reporter, s tickets) {
	store, other := s.open(), s.open()
	first := session("a")
	create(t, store, first)
	for _, second := range []*cookieauth.StoredSession{first, changed(first, 1), {ID: first.ID, User: "b", Created: now(), LastSeen: now(), Expires: now().Add(time.Hour)}} {
		contracttest.Must(t, "Create with an id that is taken", store.Create(t.Context(), second), fs.ErrExist)
		contracttest.Must(t, "Create with an id that another handle took", other.Create(t.Context(), second), fs.ErrExist)
	}
	holds(t, store, first)
	holds(t, other, first)
	if n := len(byUser(t, store, "b")); n != 0 {
		t.Fatalf("ByUser: got %d sessions of one whose Create failed", n)
	}
}

func updating(t reporter, s tickets) {
	store, other := s.open(), s.open()
	given, bystander := session("a"), session("a")
	create(t, store, given, bystander)
	for n := range 6 {
		update(t, store, changed(given, n))
		holds(t, other, changed(given, n))
		store, other = other, store
	}
	holds(t, other, bystander)
}

// updatingWithTheSame: some databases count a row that does not change as none.
func updatingWithTheSame(t reporter, s tickets) {
	store, given := s.open(), session("a")
	create(t, store, given)
	for range 3 {
		update(t, store, given)
		update(t, s.open(), given)
	}
	holds(t, store, given)
}

func ending(t reporter, s tickets) {
	store, other := s.open(), s.open()
	given, bystander := session("a"), session("a")
	create(t, store, given, bystander)
	holds(t, other, given)
	end(t, store, given.ID)
	for _, handle := range []cookieauth.TicketStore{store, other, s.open()} {
		gone(t, handle, given)
		holds(t, handle, bystander)
		end(t, handle, given.ID)
		gone(t, handle, given)
	}
	end(t, other, bystander.ID)
	gone(t, store, bystander)
}

func endingMany(t reporter, s tickets) {
	store, other := s.open(), s.open()
	var all []*cookieauth.StoredSession
	var ids []string
	for i := range 120 {
		given := session(fmt.Sprint("user ", i%7))
		create(t, store, given)
		all = append(all, given)
		if i%4 != 0 {
			ids = append(ids, given.ID, newID(), given.ID)
		}
	}
	end(t, other, ids...)
	for i, given := range all {
		if i%4 != 0 {
			gone(t, store, given)
		} else {
			holds(t, store, given)
		}
	}
}

func expiredSessions(t reporter, s tickets) {
	store, other := s.open(), s.open()
	expired, alive := session("a"), session("a")
	expired.Created, expired.LastSeen, expired.Expires = now().Add(-3*time.Hour), now().Add(-3*time.Hour), now().Add(-2*time.Hour)
	create(t, store, expired, alive)
	for range 3 { // neither asking nor creating may harm the others
		got, err := other.Load(t.Context(), expired.ID)
		contracttest.Only(t, "Load of an expired session", err, cookieauth.ErrNoSession)
		if d := difference(got, expired); err == nil && d != "" {
			t.Fatalf("Load of an expired session: %s", d)
		}
		another := session("a")
		create(t, store, another)
		holds(t, other, another)
		holds(t, other, alive)
	}
	contracttest.Only(t, "Create with the id of an expired session", other.Create(t.Context(), expired), fs.ErrExist)
	contracttest.Only(t, "Update of an expired session", store.Update(t.Context(), expired), cookieauth.ErrNoSession)
	end(t, store, expired.ID)
	gone(t, other, expired)
}

// renewedSessions: the end that counts is that of the latest update.
func renewedSessions(t reporter, s tickets) {
	store, other := s.open(), s.open()
	given := session("a")
	given.Expires = now().Add(2 * time.Second)
	create(t, store, given)
	renewed := changed(given, 1)
	update(t, other, renewed)
	for now().Before(given.Expires.Add(time.Second)) {
		time.Sleep(100 * time.Millisecond)
	}
	for range 10 { // stores clean up while they do other things
		create(t, store, session("a"))
	}
	holds(t, store, renewed)
	update(t, store, changed(given, 2))
	holds(t, other, changed(given, 2))
}

func noAliasing(t reporter, s tickets) {
	store, want := s.open(), session("a")
	given := *want
	given.Ticket = bytes.Clone(want.Ticket)
	create(t, store, &given)
	clear(given.Ticket)
	given.Address = "another"
	for range 2 {
		holds(t, store, want)
		got, err := store.Load(t.Context(), want.ID)
		contracttest.Must(t, "Load", err, nil)
		clear(got.Ticket)
		got.Address = "another"
		for _, got := range byUser(t, store, "a") {
			clear(got.Ticket)
			got.Address = "another"
		}
	}
	given = *changed(want, 1)
	given.Ticket = bytes.Clone(given.Ticket)
	update(t, store, &given)
	clear(given.Ticket)
	holds(t, store, changed(want, 1))
}

func endedContext(t reporter, s tickets) {
	store, given := s.open(), session("a")
	create(t, store, given)
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	other := session("a")
	contracttest.Must(t, "Create with a cancelled context", store.Create(ended, other), context.Canceled)
	_, err := store.Load(ended, given.ID)
	contracttest.Must(t, "Load with a cancelled context", err, context.Canceled)
	contracttest.Must(t, "Update with a cancelled context", store.Update(ended, changed(given, 1)), context.Canceled)
	contracttest.Must(t, "End with a cancelled context", store.End(ended, given.ID), context.Canceled)
	_, err = store.ByUser(ended, "a")
	contracttest.Must(t, "ByUser with a cancelled context", err, context.Canceled)
	holds(t, store, given)
	gone(t, store, other)
}

// await gives a handle time to find out that its connections are dead.
func await(t reporter, load func() error) {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := load()
		if err == nil {
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("after the restart: %v", err)
		}
	}
}

func sessionsAfterRestart(t reporter, s tickets) {
	if s.restart == nil {
		t.Skip("there is nothing to restart")
	}
	store := s.open()
	given, updated, ended := session("a"), session("a"), session("a")
	create(t, store, given, updated, ended)
	update(t, store, changed(updated, 1))
	end(t, store, ended.ID)
	s.restart()
	for _, handle := range []cookieauth.TicketStore{store, s.open()} {
		await(t, func() error {
			_, err := handle.Load(t.Context(), given.ID)
			return err
		})
		holds(t, handle, given)
		holds(t, handle, changed(updated, 1))
		gone(t, handle, ended)
	}
}
