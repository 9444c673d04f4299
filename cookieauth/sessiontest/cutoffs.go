package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sealring/sealring/cookieauth"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/contracttest"
)

var cutoffChecks = []check[cookieauth.CutoffStore]{
	{"no cut-offs", noCutoffs},
	{"cut-offs come back", cutoffsComeBack},
	{"cut-offs that differ a little", cutoffsThatDiffer},
	{"versions of cut-offs", cutoffVersions},
	{"versions of another handle", foreignCutoffVersions},
	{"the later Until counts", laterUntil},
	{"the later Until is news", laterUntilIsNews},
	{"cut-offs are not forgotten early", notForgottenEarly},
	{"many cut-offs", manyCutoffs},
	{"all of many adds", allOfManyAdds},
	{"polling while adding", pollingWhileAdding},
	{"cut-offs and an ended context", cutoffsEndedContext},
	{"notifying of cut-offs", notifyingOfCutoffs},
	{"cut-offs after a restart", cutoffsAfterRestart},
}

// ofSession is the cut-off of one session, which lasts for a day.
func ofSession(id string) cookieauth.Cutoff {
	return cookieauth.Cutoff{Session: id, Until: now().Add(24 * time.Hour)}
}

// ofUser is the cut-off of a user's sessions.
func ofUser(user string) cookieauth.Cutoff {
	return cookieauth.Cutoff{User: user, Before: now(), Until: now().Add(24 * time.Hour)}
}

func addCutoffs(t reporter, store cookieauth.CutoffStore, cutoffs ...cookieauth.Cutoff) {
	t.Helper()
	if err := store.AddCutoffs(t.Context(), cutoffs...); err != nil {
		t.Fatalf("AddCutoffs of %d: %v", len(cutoffs), err)
	}
}

// loadCutoffs loads and fails the check if that does not work.
func loadCutoffs(t reporter, store cookieauth.CutoffStore, since dataprotection.Version) ([]cookieauth.Cutoff, dataprotection.Version) {
	t.Helper()
	cutoffs, version, err := store.LoadCutoffs(t.Context(), since)
	if err != nil {
		t.Fatalf("LoadCutoffs: %v", err)
	}
	if version == "" {
		t.Fatalf("LoadCutoffs returned an empty version")
	}
	return cutoffs, version
}

// cutOff fails the check unless the store has exactly these cut-offs.
func cutOff(t reporter, store cookieauth.CutoffStore, want ...cookieauth.Cutoff) dataprotection.Version {
	t.Helper()
	got, version := loadCutoffs(t, store, "")
	if err := sameCutoffs(got, want); err != nil {
		t.Fatalf("LoadCutoffs: %v", err)
	}
	return version
}

func sameCutoffs(got, want []cookieauth.Cutoff) error {
	there := make(map[cookieauth.Cutoff]bool)
	for _, c := range got {
		if there[c] {
			return fmt.Errorf("%+v is there twice", c)
		}
		there[c] = true
	}
	for _, c := range want {
		if !there[c] {
			return fmt.Errorf("of %d cut-offs, in a list of %d, this one is missing: %+v", len(want), len(got), c)
		}
		delete(there, c)
	}
	for c := range there {
		return fmt.Errorf("this one should not be there: %+v", c)
	}
	return nil
}

func noCutoffs(t reporter, s cutoffs) {
	store := s.open()
	version := cutOff(t, store)
	addCutoffs(t, store)
	unchangedCutoffs(t, store, version)
	unchangedCutoffs(t, s.open(), version)
}

func cutoffsComeBack(t reporter, s cutoffs) {
	store, other := s.open(), s.open()
	given := []cookieauth.Cutoff{
		ofSession(newID()),
		ofSession("another kind of id: " + strings.Repeat("ß", 54)),
		ofUser("a"),
		ofUser(strings.Repeat("u", 512)),
		{User: "a", Before: now(), Except: newID(), Until: now().Add(time.Hour)},
		{Before: now(), Until: now().Add(time.Hour)},
		{Before: now(), Except: newID(), Until: now().Add(time.Hour)},
		{User: "past and future", Before: time.Date(1970, 1, 1, 0, 0, 0, 1000, time.UTC), Until: time.Date(2199, 12, 31, 23, 59, 59, 999999000, time.UTC)},
		{User: "before 1970", Before: time.Date(1, 2, 3, 4, 5, 6, 7000, time.UTC), Until: now().Add(time.Hour)},
	}
	for i, c := range given {
		addCutoffs(t, store, c)
		cutOff(t, other, given[:i+1]...)
	}
	addCutoffs(t, other, given...)
	cutOff(t, s.open(), given...)
}

func cutoffsThatDiffer(t reporter, s cutoffs) {
	store := s.open()
	before, until := now(), now().Add(time.Hour)
	given := []cookieauth.Cutoff{
		{User: "u", Before: before.Add(time.Microsecond), Until: until},
		{User: "u", Before: before.Add(time.Microsecond), Except: "b", Until: until},
		{User: "u", Before: before, Except: "b", Until: until},
		{User: "u", Before: before, Except: "B", Until: until},
		{User: "b", Before: before, Except: "u", Until: until},
		{User: "ub", Before: before, Until: until},
	}
	for _, text := range oddTexts {
		given = append(given, cookieauth.Cutoff{User: text, Before: before, Until: until})
		if text != "" {
			given = append(given, cookieauth.Cutoff{Session: text, Until: until})
		}
	}
	addCutoffs(t, store, given...)
	cutOff(t, store, given...)
	cutOff(t, s.open(), given...)
}

// unchangedCutoffs fails the check if LoadCutoffs does not say that all is as it
// was: by ErrNotModified, or by the same version.
func unchangedCutoffs(t reporter, store cookieauth.CutoffStore, since dataprotection.Version) {
	t.Helper()
	cutoffs, version, err := store.LoadCutoffs(t.Context(), since)
	if errors.Is(err, dataprotection.ErrNotModified) {
		if cutoffs != nil {
			t.Fatalf("LoadCutoffs returned a list with ErrNotModified")
		}
		return
	}
	if err != nil || version != since {
		t.Fatalf("LoadCutoffs since the present version: error %v, another version: %v", err, version != since)
	}
}

func cutoffVersions(t reporter, s cutoffs) {
	store := s.open()
	var given []cookieauth.Cutoff
	seen := make(map[dataprotection.Version]bool)
	for range 5 {
		before := cutOff(t, store, given...)
		unchangedCutoffs(t, store, before)
		if seen[before] {
			t.Fatalf("two lists have the same version")
		}
		seen[before] = true
		given = append(given, ofSession(newID()))
		addCutoffs(t, store, given[len(given)-1])
		got, version := loadCutoffs(t, store, before)
		if err := sameCutoffs(got, given); err != nil || version == before {
			t.Fatalf("LoadCutoffs since the version before: %v, another version: %v", err, version != before)
		}
	}
	got, _ := loadCutoffs(t, store, "no version that a store ever gave")
	if err := sameCutoffs(got, given); err != nil {
		t.Fatalf("LoadCutoffs since an unknown version: %v", err)
	}
}

func foreignCutoffVersions(t reporter, s cutoffs) {
	a, b := s.open(), s.open()
	stale := cutOff(t, a)
	cutOff(t, b)
	one, two := ofUser("a"), ofUser("b")
	addCutoffs(t, a, one)
	got, version := loadCutoffs(t, b, stale)
	if err := sameCutoffs(got, []cookieauth.Cutoff{one}); err != nil {
		t.Fatalf("LoadCutoffs since another handle's stale version: %v", err)
	}
	addCutoffs(t, b, two)
	got, _ = loadCutoffs(t, a, version)
	if err := sameCutoffs(got, []cookieauth.Cutoff{one, two}); err != nil {
		t.Fatalf("LoadCutoffs since another handle's stale version: %v", err)
	}
}

func laterUntil(t reporter, s cutoffs) {
	store, other := s.open(), s.open()
	early, late, latest := ofUser("a"), ofUser("a"), ofUser("a")
	late.Before, latest.Before = early.Before, early.Before
	late.Until, latest.Until = early.Until.Add(time.Microsecond), early.Until.Add(time.Hour)
	addCutoffs(t, store, late)
	addCutoffs(t, other, early)
	cutOff(t, store, late)
	addCutoffs(t, store, early, latest, late)
	cutOff(t, other, latest)
	bystander := latest
	bystander.Except = newID()
	addCutoffs(t, other, late, bystander)
	cutOff(t, store, latest, bystander)
}

func laterUntilIsNews(t reporter, s cutoffs) {
	store, other := s.open(), s.open()
	early := ofSession(newID())
	late := early
	late.Until = early.Until.Add(time.Hour)
	addCutoffs(t, store, early)
	version := cutOff(t, other, early)
	addCutoffs(t, store, late)
	got, _ := loadCutoffs(t, other, version)
	if err := sameCutoffs(got, []cookieauth.Cutoff{late}); err != nil {
		t.Fatalf("LoadCutoffs since the version before Until grew: %v", err)
	}
}

// notForgottenEarly: other clocks may be half an hour behind.
func notForgottenEarly(t reporter, s cutoffs) {
	store, other := s.open(), s.open()
	recent, old := ofUser("recent"), ofUser("old")
	recent.Until, old.Until = now().Add(-30*time.Minute), now().Add(-2*time.Hour)
	want := []cookieauth.Cutoff{recent}
	addCutoffs(t, store, recent, old)
	for range 5 {
		want = append(want, ofSession(newID()))
		addCutoffs(t, other, want[len(want)-1], old)
		got, _ := loadCutoffs(t, store, "")
		got = slices.DeleteFunc(got, func(c cookieauth.Cutoff) bool { return c == old })
		if err := sameCutoffs(got, want); err != nil {
			t.Fatalf("LoadCutoffs: %v", err)
		}
	}
}

func manyCutoffs(t reporter, s cutoffs) {
	store := s.open()
	var all []cookieauth.Cutoff
	for i := range 1500 {
		c := ofUser(fmt.Sprint(strings.Repeat("u", i%500), i))
		if i%3 == 0 {
			c = ofSession(newID())
		}
		all = append(all, c)
	}
	addCutoffs(t, store, all[:1200]...)
	addCutoffs(t, s.open(), all[1200:]...)
	cutOff(t, store, all...)
	cutOff(t, s.open(), all...)
}

func allOfManyAdds(t reporter, s cutoffs) {
	const each = 10
	stores := s.opened(handles)
	shared := ofUser("everybody adds this")
	all := []cookieauth.Cutoff{shared}
	for range handles * each {
		all = append(all, ofSession(newID()))
	}
	errs := contracttest.Together(handles, func(i int) error {
		for n := range each {
			mine, of := all[1+i*each+n], shared
			of.Until = shared.Until.Add(-time.Duration((i+n)%handles) * time.Minute)
			if i == n%handles {
				of = shared
			}
			// In different orders, as two who wait for each other would want them.
			pair := []cookieauth.Cutoff{mine, of, ofSessionShared(i), ofSessionShared(handles - i)}
			if i%2 == 1 {
				slices.Reverse(pair)
			}
			if err := stores[i].AddCutoffs(t.Context(), pair...); err != nil {
				return err
			}
		}
		return nil
	})
	contracttest.Must(t, "AddCutoffs by many", errors.Join(errs...), nil)
	for i := range handles + 1 {
		all = append(all, ofSessionShared(i))
	}
	cutOff(t, s.open(), all...)
}

// ofSessionShared is one of a few cut-offs that several add.
func ofSessionShared(n int) cookieauth.Cutoff {
	return cookieauth.Cutoff{Session: fmt.Sprint("shared ", n), Until: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// pollingWhileAdding: whoever follows the versions has whatever was added before.
func pollingWhileAdding(t reporter, s cutoffs) {
	const pollers = 2
	stores := s.opened(5)
	var mu sync.Mutex
	added := make(map[cookieauth.Cutoff]bool)
	ctx, finished := context.WithCancel(t.Context())
	defer finished()
	errs := contracttest.Together(len(stores), func(i int) error {
		if i < pollers {
			return poll(ctx, stores[i], func() []cookieauth.Cutoff {
				mu.Lock()
				defer mu.Unlock()
				return keys(added)
			})
		}
		if i == pollers {
			defer finished()
		}
		for range 40 {
			c := ofSession(newID())
			if err := stores[i].AddCutoffs(t.Context(), c); err != nil {
				return err
			}
			mu.Lock()
			added[c] = true
			mu.Unlock()
			time.Sleep(pace)
		}
		return nil
	})
	contracttest.Must(t, "polling while adding", errors.Join(errs...), nil)
	cutOff(t, s.open(), keys(added)...)
}

func poll(ctx context.Context, store cookieauth.CutoffStore, added func() []cookieauth.Cutoff) error {
	var version dataprotection.Version
	have := make(map[cookieauth.Cutoff]bool)
	for last := false; !last; {
		last = ctx.Err() != nil // and one look more
		before := added()
		cutoffs, next, err := store.LoadCutoffs(context.WithoutCancel(ctx), version)
		switch {
		case err == nil:
			have, version = set(cutoffs), next
		case !errors.Is(err, dataprotection.ErrNotModified):
			return fmt.Errorf("loading: %w", err)
		}
		for _, c := range before {
			if !have[c] {
				return fmt.Errorf("of %d cut-offs that had been added, one is not in the list of %d (or in that which is said to be current)", len(before), len(have))
			}
		}
	}
	return nil
}

func cutoffsEndedContext(t reporter, s cutoffs) {
	store := s.open()
	given := ofUser("a")
	addCutoffs(t, store, given)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := store.LoadCutoffs(ended, "")
	contracttest.Must(t, "LoadCutoffs with a cancelled context", err, context.Canceled)
	contracttest.Must(t, "AddCutoffs with a cancelled context", store.AddCutoffs(ended, ofUser("b")), context.Canceled)
	cutOff(t, store, given)
}

func notifyingOfCutoffs(t reporter, s cutoffs) {
	notifier, ok := s.open().(dataprotection.Notifier)
	if !ok {
		t.Skip("the store is no Notifier")
	}
	writer := s.open()
	contracttest.Notifying(t, patience, notifier.Notify, func(int) { addCutoffs(t, writer, ofSession(newID())) })
}

func cutoffsAfterRestart(t reporter, s cutoffs) {
	if s.restart == nil {
		t.Skip("there is nothing to restart")
	}
	store := s.open()
	one, two := ofUser("a"), ofSession(newID())
	empty := cutOff(t, store)
	addCutoffs(t, store, one)
	version := cutOff(t, store, one)
	s.restart()
	for _, handle := range []cookieauth.CutoffStore{store, s.open()} {
		await(t, func() error {
			_, _, err := handle.LoadCutoffs(t.Context(), "")
			return err
		})
		unchangedOrSame(t, handle, version, one)
		cutOff(t, handle, one)
	}
	addCutoffs(t, store, two)
	for _, since := range []dataprotection.Version{empty, version} {
		got, _ := loadCutoffs(t, store, since)
		if err := sameCutoffs(got, []cookieauth.Cutoff{one, two}); err != nil {
			t.Fatalf("LoadCutoffs since a version before the restart: %v", err)
		}
	}
}

// unchangedOrSame: after a restart the version may be another one, the list not.
func unchangedOrSame(t reporter, store cookieauth.CutoffStore, since dataprotection.Version, want ...cookieauth.Cutoff) {
	t.Helper()
	got, _, err := store.LoadCutoffs(t.Context(), since)
	if errors.Is(err, dataprotection.ErrNotModified) {
		return
	}
	contracttest.Must(t, "LoadCutoffs after the restart", err, nil)
	if err := sameCutoffs(got, want); err != nil {
		t.Fatalf("LoadCutoffs after the restart: %v", err)
	}
}

func keys[K comparable](m map[K]bool) []K { return slices.Collect(maps.Keys(m)) }

func set[K comparable](list []K) map[K]bool {
	m := make(map[K]bool)
	for _, k := range list {
		m[k] = true
	}
	return m
}
