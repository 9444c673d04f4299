package sessiontest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/cookieauth/memtickets"
	"github.com/sealring/sealring/cookieauth/sessiontest"
)

// fresh makes the function that opens handles on a new broken store.
type fresh func(sound) func() sessiontest.Store

// single makes storage whose handles are one and the same.
func single(broken func(sound) sessiontest.Store) fresh {
	return func(s sound) func() sessiontest.Store {
		store := broken(s)
		return func() sessiontest.Store { return store }
	}
}

// each makes storage whose handles have something of their own.
func each(broken func(sound) sessiontest.Store) fresh {
	return func(s sound) func() sessiontest.Store {
		return func() sessiontest.Store { return broken(s) }
	}
}

func mistakes(same func(string) string, lies bool) fresh {
	return single(func(s sound) sessiontest.Store {
		return mistaking{s, same, new(sync.Mutex), map[string]string{}, lies}
	})
}

func bends(bend func(*session)) fresh {
	return single(func(s sound) sessiontest.Store { return bending{s, bend} })
}

func adds(change func(cutoff) cutoff) fresh {
	return single(func(s sound) sessiontest.Store { return adding{s, change} })
}

func versions(as func([]cutoff, version) version) fresh {
	return single(func(s sound) sessiontest.Store { return versioned{s, as} })
}

var broken = []struct {
	name  string
	store fresh
	check string // one that has to fail
}{
	{"inserts on update", single(func(s sound) sessiontest.Store { return resurrecting{s} }), "no session"},
	{"inserts on update, after an end", single(func(s sound) sessiontest.Store { return resurrecting{s} }), "ending"},
	{"inserts on update, in a race", single(func(s sound) sessiontest.Store { return hasty{s} }), "update and end race"},
	{"updates nothing and says done", single(func(s sound) sessiontest.Store { return believing{s} }), "no session"},
	{"forgets", single(func(s sound) sessiontest.Store { return forgetting{s, new(sync.Mutex), new(int)} }), "all of many creates"},
	{"creates what is there", single(func(s sound) sessiontest.Store { return overwriting{s} }), "creating never replaces"},
	{"looks, then creates", single(func(s sound) sessiontest.Store { return peeking{s} }), "one of many creates"},
	{"remembers loads", each(func(s sound) sessiontest.Store { return &remembering{sound: s, loaded: map[string]*session{}} }), "updating"},
	{"remembers loads, after an end", each(func(s sound) sessiontest.Store { return &remembering{sound: s, loaded: map[string]*session{}} }), "ending"},
	{"remembers misses", each(func(s sound) sessiontest.Store {
		return &remembering{sound: s, misses: true, loaded: map[string]*session{}}
	}), "a session comes back"},
	{"old lists", each(func(s sound) sessiontest.Store { return &staleList{sound: s, lists: map[string][]*session{}} }), "sessions of a user"},
	{"short lists", single(func(s sound) sessiontest.Store { return shortList{s} }), "many sessions of a user"},
	{"lists what has been ended", single(func(s sound) sessiontest.Store {
		return listsEnded{s, new(sync.Mutex), map[string]*session{}}
	}), "ending"},
	{"lists what has been ended, meanwhile", single(func(s sound) sessiontest.Store {
		return listsEnded{s, new(sync.Mutex), map[string]*session{}}
	}), "listing while creating and ending"},
	{"folds case", mistakes(folded, false), "users are compared exactly"},
	{"folds case and lies", mistakes(folded, true), "users are compared exactly"},
	{"ignores trailing spaces", mistakes(trimmed, false), "users are compared exactly"},
	{"cuts users", mistakes(cut, false), "long users"},
	{"milliseconds", bends(milliseconds), "a session comes back"},
	{"local times", bends(localTimes), "a session comes back"},
	{"days", bends(expiresInDays), "a session comes back"},
	{"loses a field", bends(noSchemes), "a session comes back"},
	{"tickets are text", bends(asText), "tickets come back"},
	{"short tickets", bends(shortTickets), "tickets come back"},
	{"short texts", bends(shortAgents), "odd texts come back"},
	{"trims texts", bends(trimmedTexts), "odd texts come back"},
	{"ends one of many", single(func(s sound) sessiontest.Store { return endsOne{s} }), "ending many"},
	{"ends only what is there", single(func(s sound) sessiontest.Store { return endsKnown{s} }), "no session"},
	{"the same is nothing", single(func(s sound) sessiontest.Store { return counting{s} }), "updating with the same"},
	{"goes by the first end", single(func(s sound) sessiontest.Store {
		return firstEnd{s, new(sync.Mutex), map[string]time.Time{}}
	}), "renewed sessions"},
	{"refuses what has expired", single(func(s sound) sessiontest.Store { return unforgiving{s} }), "expired sessions"},
	{"updates in part", single(func(s sound) sessiontest.Store { return halfUpdating{s} }), "updating"},
	{"updates in steps", single(func(s sound) sessiontest.Store { return tearing{s} }), "reading while updating"},
	{"updates in part, many at once", single(func(s sound) sessiontest.Store { return halfUpdating{s} }), "racing updates"},
	{"updates by ending", single(func(s sound) sessiontest.Store { return blinking{s} }), "reading while updating"},
	{"aliases memory", single(func(s sound) sessiontest.Store {
		return sharing{s, new(sync.Mutex), map[string]*session{}}
	}), "no aliasing of tickets"},
	{"another error", single(func(s sound) sessiontest.Store { return wrongError{s} }), "no session"},
	{"ignores the context", single(func(s sound) sessiontest.Store { return deaf{s} }), "an ended context"},

	{"drops cut-offs", single(func(s sound) sessiontest.Store { return dropping{s, new(sync.Mutex), new(int)} }), "cut-offs come back"},
	{"part of the list", single(func(s sound) sessiontest.Store { return shortening{s} }), "many cut-offs"},
	{"loses concurrent adds", single(func(s sound) sessiontest.Store {
		return rewriting{s, new(sync.Mutex), new([]cutoff), new(int)}
	}), "all of many adds"},
	{"a list with repetitions", single(func(s sound) sessiontest.Store {
		return rewriting{s, new(sync.Mutex), new([]cutoff), new(int)}
	}), "the later Until counts"},
	{"says not modified", single(func(s sound) sessiontest.Store { return sleepy{s} }), "versions of cut-offs"},
	{"says not modified while adding", single(func(s sound) sessiontest.Store { return sleepy{s} }), "polling while adding"},
	{"versions of each handle", each(func(s sound) sessiontest.Store { return &selfish{sound: s} }), "versions of another handle"},
	{"reads the version last", single(func(s sound) sessiontest.Store { return hurrying{s} }), "polling while adding"},
	{"no version", versions(noVersion), "no cut-offs"},
	{"always a new version", versions(newVersion), "versions of cut-offs"},
	{"version without Until", versions(ofIdentity), "the later Until is news"},
	{"the last Until", single(func(s sound) sessiontest.Store {
		return lastUntil{s, new(sync.Mutex), map[cutoff]time.Time{}}
	}), "the later Until counts"},
	{"refuses what is there", single(func(s sound) sessiontest.Store { return pedantic{s} }), "cut-offs come back"},
	{"forgets at Until", single(func(s sound) sessiontest.Store { return listing{s, punctual} }), "cut-offs are not forgotten early"},
	{"cut-offs fold case", adds(foldedUser), "cut-offs that differ a little"},
	{"cut-offs without Except", adds(withoutExcept), "cut-offs come back"},
	{"cut-offs in milliseconds", adds(inMilliseconds), "cut-offs that differ a little"},
	{"cut-offs from 1970 on", adds(from1970), "cut-offs come back"},
	{"sessions become users", adds(sessionsOfUsers), "cut-offs come back"},
	{"Until in seconds", adds(untilInSeconds), "the later Until counts"},
	{"Until in local time", adds(localUntil), "cut-offs come back"},
	{"trims sessions", adds(trimmedSessions), "cut-offs that differ a little"},
	{"cuts users of cut-offs", adds(shortenedUsers), "many cut-offs"},
	{"loses Before", adds(firstOfUsers), "cut-offs come back"},
	{"lengthens Until", adds(everybodyForever), "cut-offs come back"},
	{"ignores the context of adds", single(func(s sound) sessiontest.Store { return deaf{s} }), "cut-offs and an ended context"},
	{"tells of one change", single(func(s sound) sessiontest.Store { return once{s} }), "notifying of cut-offs"},
	{"Notify returns nothing", single(func(s sound) sessiontest.Store { return quitting{s} }), "notifying of cut-offs"},
}

func TestBrokenStoresFail(t *testing.T) {
	for _, row := range broken {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			failures := sessiontest.Failures(t.Context(), row.check, func() func() sessiontest.Store {
				return row.store(memtickets.New(memtickets.Config{}))
			}, nil)
			if failures[row.check] == "" {
				t.Errorf("the check %q passed", row.check)
			}
			t.Log(failures[row.check])
		})
	}
}

// A check that no broken store fails would be none.
func TestEveryCheckFailsForOne(t *testing.T) {
	fails := map[string]bool{"sessions after a restart": true, "cut-offs after a restart": true} // below
	for _, row := range broken {
		fails[row.check] = true
	}
	for _, name := range sessiontest.Checks() {
		if !fails[name] {
			t.Errorf("no broken store fails %q", name)
		}
		delete(fails, name)
	}
	for name := range fails {
		t.Errorf("there is no check %q", name)
	}
}

// A medium that loses what it has when it is restarted.
func TestForgettingMediumFails(t *testing.T) {
	for _, check := range []string{"sessions after a restart", "cut-offs after a restart"} {
		t.Run(check, func(t *testing.T) {
			var medium swapped
			failures := sessiontest.Failures(t.Context(), check, func() func() sessiontest.Store {
				medium.restart()
				return func() sessiontest.Store { return &medium }
			}, medium.restart)
			if failures[check] == "" {
				t.Errorf("the check %q passed", check)
			}
			failures = sessiontest.Failures(t.Context(), check, func() func() sessiontest.Store {
				return func() sessiontest.Store { return &medium }
			}, func() {})
			if failures[check] != "" {
				t.Errorf("the check %q failed for a sound store: %s", check, failures[check])
			}
		})
	}
}

type swapped struct{ sound }

func (s *swapped) restart() { s.sound = memtickets.New(memtickets.Config{}) }
