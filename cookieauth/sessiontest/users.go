package sessiontest

import (
	"fmt"
	"strings"

	"github.com/sealring/sealring/cookieauth"
)

// lists fails the check unless these and no others are the sessions of a user.
func lists(t reporter, store cookieauth.TicketStore, user string, want ...*cookieauth.StoredSession) {
	t.Helper()
	listed := make(map[string]*cookieauth.StoredSession)
	for _, s := range byUser(t, store, user) {
		listed[s.ID] = s
	}
	for _, w := range want {
		if listed[w.ID] == nil {
			t.Fatalf("ByUser of %.50q: one of %d sessions is not in the list of %d", user, len(want), len(listed))
		}
		if d := difference(listed[w.ID], w); d != "" {
			t.Fatalf("ByUser of %.50q: %s", user, d)
		}
	}
	if len(listed) != len(want) {
		t.Fatalf("ByUser of %.50q: got %d sessions, want %d", user, len(listed), len(want))
	}
}

func sessionsOfUser(t reporter, s tickets) {
	store, other := s.open(), s.open()
	lists(t, other, "a") // and that must not be remembered
	one, two, three := session("a"), session("a"), session("b")
	create(t, store, one)
	lists(t, other, "a", one)
	create(t, other, two, three)
	lists(t, store, "a", one, two)
	lists(t, store, "b", three)
	update(t, store, changed(one, 3))
	lists(t, other, "a", changed(one, 3), two)
	end(t, store, one.ID)
	lists(t, other, "a", two)
	end(t, store, two.ID)
	lists(t, other, "a")
	lists(t, store, "b", three)
}

func usersExactly(t reporter, s tickets) {
	store, other := s.open(), s.open()
	sessions := make([]*cookieauth.StoredSession, len(oddTexts))
	for i, user := range oddTexts {
		lists(t, store, user)
		sessions[i] = session(user)
		create(t, store, sessions[i])
	}
	for i, user := range oddTexts {
		lists(t, other, user, sessions[i])
	}
	for i, user := range oddTexts {
		end(t, other, sessions[i].ID)
		lists(t, store, user)
	}
}

// longUsers: users of 512 bytes that differ in the last one only.
func longUsers(t reporter, s tickets) {
	store, other := s.open(), s.open()
	users := []string{strings.Repeat("u", 512), strings.Repeat("u", 511) + "v", strings.Repeat("u", 511), strings.Repeat("鍵", 170) + "ab", strings.Repeat("鍵", 170) + "aB"}
	sessions := make([]*cookieauth.StoredSession, len(users))
	for i, user := range users {
		sessions[i] = session(user)
		create(t, store, sessions[i])
	}
	for i, user := range users {
		lists(t, other, user, sessions[i])
	}
}

func manySessions(t reporter, s tickets) {
	store, other := s.open(), s.open()
	var all []*cookieauth.StoredSession
	for i := range 150 {
		all = append(all, session("many"))
		create(t, store, all[i], session(fmt.Sprint("many", i)))
	}
	lists(t, other, "many", all...)
	for _, gone := range all[:50] {
		end(t, other, gone.ID)
	}
	lists(t, store, "many", all[50:]...)
}
