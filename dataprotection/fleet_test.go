package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// Rules of several rings on one store, with clocks and polls of their own, over
// months. TestRuleInstancesAgree and TestRuleNewsWithinAPoll have the beginning and
// a revocation.

// A fleet is rings on one store.
type fleet struct {
	*testing.T
	store   *fakeStore
	configs []dataprotection.Config
	rings   []*dataprotection.KeyRing
}

func newFleet(t *testing.T, store dataprotection.Store, fake *fakeStore, members []dataprotection.Config) *fleet {
	t.Helper()
	f := &fleet{T: t, store: fake}
	for _, cfg := range members {
		cfg.Application, cfg.Store, cfg.Logger = "test", store, quiet
		f.configs = append(f.configs, cfg)
		f.rings = append(f.rings, open(t, cfg))
	}
	return f
}

func (f *fleet) close() {
	for _, ring := range f.rings {
		ring.Close()
	}
}

// understandEachOther has each ring open what each other seals, while the store is
// away: nobody can look up a key that was not known.
func (f *fleet) understandEachOther(when string) {
	f.Helper()
	f.away(errors.New("host is down"))
	defer f.away(nil)
	for i, from := range f.rings {
		sealed := protect(f, from, "x")
		for k, to := range f.rings {
			if _, err := to.Protector("p").UnprotectString(context.Background(), sealed); err != nil {
				f.Fatalf("%s: ring %d does not open what ring %d has sealed: %v", when, k, i, err)
			}
		}
	}
}

// away makes the store fail, or work again. It changes nothing in it.
func (f *fleet) away(err error) {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.loadErr, f.store.addErr = err, err
}

func (f *fleet) keys() []dataprotection.KeyInfo {
	f.Helper()
	listing, err := manage(f, config(f.store)).List(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	return listing.Keys
}

// A new key seals only when all instances can have seen it. The slowest of these
// looks once a day, as ASP.NET Core does.
func TestRuleNewKeySealsWhenAllCanHaveSeenIt(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		var members []dataprotection.Config
		for _, poll := range []time.Duration{20 * time.Minute, time.Hour, 7 * time.Hour, 24 * time.Hour} {
			members = append(members, dataprotection.Config{PollInterval: poll})
		}
		f := newFleet(t, store, store, members)
		defer f.close()
		begin := time.Now()
		for time.Since(begin) < 400*24*time.Hour {
			f.understandEachOther(fmt.Sprint("after ", time.Since(begin)))
			time.Sleep(97 * time.Minute)
		}
		keys := f.keys()
		for _, k := range keys[1:] {
			if told := k.Activates.Sub(k.Created); told < dataprotection.DefaultPropagationWindow || told > dataprotection.DefaultPropagationWindow+24*time.Hour {
				t.Errorf("key %v seals %v after it was made, want two to three days", k.ID, told)
			}
		}
		if len(keys) != 5 {
			t.Errorf("%d keys in 400 days, want 5", len(keys))
		}
	})
}

// A newsStore tells all of its listeners at once.
type newsStore struct {
	*fakeStore
	mu        sync.Mutex
	listeners []func()
}

func (s *newsStore) Notify(ctx context.Context, changed func()) error {
	changed()
	s.mu.Lock()
	s.listeners = append(s.listeners, changed)
	s.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (s *newsStore) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, changed := range s.listeners {
		changed()
	}
}

// A store that is away for a day, within which a key falls due, costs nothing, and
// fifty instances that wait for its return make one key.
func TestRuleNoStampedeWhenTheStoreReturns(t *testing.T) {
	for _, tt := range []struct {
		name string
		told bool // all look at the same moment
	}{{"polls", false}, {"news", true}} {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store := &newsStore{fakeStore: &fakeStore{}}
				members := make([]dataprotection.Config, 50)
				for i := range members {
					members[i].KeyLifetime, members[i].PollInterval = dataprotection.MinKeyLifetime, 10*time.Minute
				}
				f := newFleet(t, store, store.fakeStore, members)
				defer f.close()
				before := protect(t, f.rings[0], "before")
				time.Sleep(3*24*time.Hour + 23*time.Hour)
				f.away(errors.New("host is down"))
				time.Sleep(24 * time.Hour) // an hour later a successor falls due
				for _, ring := range f.rings {
					unprotect(t, ring, before, "before")
					unprotect(t, f.rings[0], protect(t, ring, "x"), "x")
					if st := ring.Status(); st.Healthy || st.Keys != 1 {
						t.Fatalf("Status = %+v, want one key, and the outage", st)
					}
				}
				adds := store.adds
				f.away(nil)
				if tt.told {
					store.tell()
				}
				time.Sleep(10 * time.Minute)
				if n := len(f.keys()); n != 2 {
					t.Errorf("%d keys, want 2", n)
				}
				t.Logf("%d attempts to add a key", store.adds-adds)
				for _, ring := range f.rings {
					if st := ring.Status(); !st.Healthy || st.Fingerprint != f.rings[0].Status().Fingerprint {
						t.Errorf("Status = %+v, want all healthy and of one view", st)
					}
				}
			})
		})
	}
}

// Instances whose clocks are up to five minutes apart agree: one key at a time is
// made, and what one seals all open, at every moment.
func TestRuleClocksFiveMinutesApart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		clocks []time.Duration // the first one opens the store when it is empty
	}{
		{"the first is ahead", []time.Duration{5 * time.Minute, 0, 2 * time.Minute}},
		{"the first is behind", []time.Duration{0, 5 * time.Minute, 3 * time.Minute}},
		{"the first is in the middle", []time.Duration{0, -150 * time.Second, 150 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store := &fakeStore{}
				var members []dataprotection.Config
				for _, ahead := range tt.clocks {
					members = append(members, dataprotection.Config{
						KeyLifetime: dataprotection.MinKeyLifetime, PollInterval: 6 * time.Minute,
						Now: func() time.Time { return time.Now().Add(ahead) },
					})
				}
				f := newFleet(t, store, store, members)
				defer f.close()
				f.understandEachOther("at the start")
				begin := time.Now()
				for time.Since(begin) < 13*24*time.Hour {
					f.understandEachOther(fmt.Sprint("after ", time.Since(begin)))
					time.Sleep(f.pace())
				}
				if n := len(f.keys()); n != 4 { // a successor is made after four days
					t.Errorf("%d keys, want 4", n)
				}
				f.revoke()
			})
		})
	}
}

// pace is a moment while a change of keys is near for any of the rings, else hours.
func (f *fleet) pace() time.Duration {
	for _, ring := range f.rings {
		if until := time.Until(ring.Status().SealingKeyExpires); until < time.Hour {
			return 30 * time.Second
		}
	}
	return 50 * time.Minute
}

// revoke revokes the sealing key by each clock in turn, and has all rings go on
// under one successor each time.
func (f *fleet) revoke() {
	f.Helper()
	for i := range f.rings {
		before := len(f.keys())
		old := f.rings[0].Status().SealingKey
		sealed := protect(f, f.rings[0], "x")
		if err := manage(f, f.configs[i]).Revoke(context.Background(), old, "test"); err != nil {
			f.Fatal(err)
		}
		time.Sleep(7 * time.Minute)
		f.understandEachOther("after a revocation")
		for k, ring := range f.rings {
			_, err := ring.Protector("p").UnprotectString(context.Background(), sealed)
			var revoked *dataprotection.KeyRevokedError
			if !errors.As(err, &revoked) {
				f.Errorf("ring %d still opens what the revoked key has sealed: %v", k, err)
			}
		}
		if n := len(f.keys()) - before; n > 1 {
			f.Errorf("%d keys in place of one revoked", n)
		}
	}
}

// Blue and green run side by side with different settings; see docs/load-balancing.md,
// Rolling deployments.
func TestRuleRollingDeployments(t *testing.T) {
	shop := &testSealer{name: "shop"}
	sealing := dataprotection.Config{Sealer: shop, GoOnly: true, AllowUnsealed: true}
	opening := dataprotection.Config{Openers: []dataprotection.Opener{shop}}
	gcm := dataprotection.Config{Algorithm: dataprotection.AES256GCM}
	for _, tt := range []struct {
		name        string
		blue, green dataprotection.Config
		wantInClear int // keys, after green and then blue have made one each
	}{
		{"CBC, then GCM", dataprotection.Config{}, gcm, 3},
		{"GCM, then CBC", gcm, dataprotection.Config{}, 3},
		{"in clear, then able to open", dataprotection.Config{}, opening, 3},
		{"able to open, then sealing", opening, sealing, 2},
		{"sealing, then able to open", sealing, opening, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store := &fakeStore{}
				f := newFleet(t, store, store, []dataprotection.Config{tt.blue, tt.green})
				defer f.close()
				f.understandEachOther("side by side")
				for _, cfg := range []dataprotection.Config{f.configs[1], f.configs[0]} {
					time.Sleep(time.Hour)
					now := time.Now()
					if _, err := manage(t, cfg).Create(t.Context(), &dataprotection.KeyDates{Activates: now, Expires: now.Add(90 * 24 * time.Hour)}); err != nil {
						t.Fatal(err)
					}
					poll()
					f.understandEachOther("after a new key")
				}
				inClear := 0
				for _, k := range f.keys() {
					if len(k.SealedBy) == 0 {
						inClear++
					}
				}
				for _, ring := range f.rings {
					if st := ring.Status(); !st.Healthy || st.Keys != 3 || st.Unusable != 0 {
						t.Errorf("Status = %+v, want three good keys", st)
					}
				}
				if inClear != tt.wantInClear {
					t.Errorf("%d keys in clear, want %d", inClear, tt.wantInClear)
				}
			})
		})
	}
}
