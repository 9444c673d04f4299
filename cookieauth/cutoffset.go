package cookieauth

import "time"

// A cutoffSet is a number of cut-offs, arranged for looking up. It is immutable
// once it is in a cutoffSnapshot.
type cutoffSet struct {
	sessions map[string]time.Time // until when each has ended
	users    map[string][]Cutoff  // by user; those of "" are for everybody
}

func newCutoffSet() *cutoffSet {
	return &cutoffSet{sessions: map[string]time.Time{}, users: map[string][]Cutoff{}}
}

// add puts a cut-off in. What another one covers is left out, so that a user who
// signs out everywhere again and again takes the room of one.
func (s *cutoffSet) add(c Cutoff) {
	if c.Session != "" {
		if c.Until.After(s.sessions[c.Session]) {
			s.sessions[c.Session] = c.Until
		}
		return
	}
	var list []Cutoff
	for _, other := range s.users[c.User] {
		if covers(other, c) {
			return
		}
		if !covers(c, other) {
			list = append(list, other)
		}
	}
	s.users[c.User] = append(list, c)
}

// covers reports whether everything that b says of a user is said by a.
func covers(a, b Cutoff) bool {
	return !a.Before.Before(b.Before) && !a.Until.Before(b.Until) && (a.Except == "" || a.Except == b.Except)
}

// all calls do with each cut-off.
func (s *cutoffSet) all(do func(Cutoff)) {
	for id, until := range s.sessions {
		do(Cutoff{Session: id, Until: until})
	}
	for _, list := range s.users {
		for _, c := range list {
			do(c)
		}
	}
}

// has reports whether the set has a cut-off that says what c says, at least.
func (s *cutoffSet) has(c Cutoff) bool {
	if c.Session != "" {
		_, ok := s.sessions[c.Session]
		return ok
	}
	for _, other := range s.users[c.User] {
		other.Until = c.Until
		if covers(other, c) {
			return true
		}
	}
	return false
}

func (s *cutoffSet) len() int {
	n := len(s.sessions)
	for _, list := range s.users {
		n += len(list)
	}
	return n
}

// A cutoffSnapshot is what requests look into. It is immutable.
type cutoffSnapshot struct {
	base   *cutoffSet    // as of the last load that brought news
	recent *cutoffSet    // what was learnt since; small, so that it is cheap to replace
	next   chan struct{} // closed when there is a newer snapshot
}

func newCutoffSnapshot(base, recent *cutoffSet) *cutoffSnapshot {
	return &cutoffSnapshot{base, recent, make(chan struct{})}
}

// with returns a snapshot that has more cut-offs.
func (s *cutoffSnapshot) with(cutoffs []Cutoff) *cutoffSnapshot {
	recent := newCutoffSet()
	s.recent.all(recent.add)
	for _, c := range cutoffs {
		recent.add(c)
	}
	return newCutoffSnapshot(s.base, recent)
}

// find returns a cut-off that concerns a session, the one that lasts longest. A
// session that began at the zero time began before everything.
func (s *cutoffSnapshot) find(id, user string, start time.Time) (longest Cutoff, found bool) {
	for _, set := range [...]*cutoffSet{s.base, s.recent} {
		if until, ok := set.sessions[id]; ok && !until.Before(longest.Until) {
			longest, found = Cutoff{Session: id, Until: until}, true
		}
		for _, of := range [...]string{user, ""} {
			for _, c := range set.users[of] {
				if start.Before(c.Before) && (c.Except == "" || c.Except != id) && !c.Until.Before(longest.Until) {
					longest, found = c, true
				}
			}
			if user == "" {
				break
			}
		}
	}
	return longest, found
}

// after returns the earliest moment not before now at which a session of the user
// can begin that no cut-off concerns.
func (s *cutoffSnapshot) after(user string, now time.Time) time.Time {
	for _, set := range [...]*cutoffSet{s.base, s.recent} {
		for _, of := range [...]string{user, ""} {
			for _, c := range set.users[of] {
				if now.Before(c.Before) {
					now = c.Before
				}
			}
		}
	}
	return now
}
