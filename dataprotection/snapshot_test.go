package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// Where the reference caches a ring for a day and refreshes it on demand, this
// one is a snapshot that polls replace. The rows of its tests that differ for that
// reason are here with what holds instead.

// expiring is a key that expires at the given moment.
func expiring(id string, at time.Time) string {
	return datedKey(id, at.AddDate(0, -3, 0), cbcDescriptor)
}

// inBubble is a configuration on the clock of the synctest bubble.
func inBubble(store dataprotection.Store) dataprotection.Config {
	cfg := atNoon(store)
	cfg.Now = time.Now
	return cfg
}

func TestSnapshot(t *testing.T) {
	test := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { bubbletest.Run(t, f) })
	}
	test("KRP-1 no key is due: nothing is made, and the store is read once", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		time.Sleep(24 * time.Hour)
		if loads, polls, adds := store.counts(); loads != 1 || adds != 0 || polls < 24*60*6 {
			t.Errorf("%d reads, %d polls, %d additions in a day", loads, polls, adds)
		}
	})
	test("KRP-2 KEY-6 the successor takes over when the default key expires", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().Add(4*time.Hour)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		if st := ring.Status(); st.SealingKey.String() != idA || st.Keys != 2 {
			t.Fatalf("Status = %+v, want a successor beside the default", st)
		}
		time.Sleep(4*time.Hour - 6*time.Minute)
		if st := ring.Status(); st.SealingKey.String() != idA {
			t.Errorf("the successor took over too early: %+v", st)
		}
		time.Sleep(6*time.Minute + dataprotection.DefaultPollInterval)
		if st := ring.Status(); st.SealingKey.String() == idA || !st.SealingKeyExpires.After(time.Now()) {
			t.Errorf("the successor did not take over: %+v", st)
		}
	})
	test("KRP-4 all keys are revoked as of a moment to come", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)), revocationXML("*", time.Now().Add(time.Hour)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		p := ring.Protector("p")
		opens(t, p, sealBytes(t, p, []byte("x")), []byte("x"))
		poll()
		if n := len(store.names("key-")); n != 1 {
			t.Errorf("%d keys made, want 1", n)
		}
	})
	test("KRP-12 an hour of requests: the store is polled, and read once", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		cfg := inBubble(store)
		cfg.PollInterval = 2 * time.Hour
		ring := open(t, cfg)
		defer ring.Close()
		p := ring.Protector("p")
		for range 60 {
			opens(t, p, sealBytes(t, p, []byte("x")), []byte("x"))
			time.Sleep(time.Minute)
		}
		if _, polls, _ := store.counts(); polls != 1 {
			t.Errorf("%d store calls, want that of Open", polls)
		}
	})
	test("KRP-13 KRP-14 an unknown key has the store read, however good the ring is", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		cfg := inBubble(store)
		cfg.PollInterval = 240 * time.Hour
		ring := open(t, cfg)
		defer ring.Close()
		time.Sleep(100 * time.Hour)
		element := expiring(idB, time.Now().AddDate(0, 2, 0))
		sealed := sealBytes(t, ringOfKeys(t, keyXML(idB)).Protector("p"), []byte("x"))
		store.put("new", element)
		opens(t, ring.Protector("p"), sealed, []byte("x"))
	})
	test("KRP-15 the first load is under way: it is Open that waits, nothing else is there yet", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		hang := make(chan struct{})
		store.hang = hang
		time.AfterFunc(time.Minute, func() { close(hang) })
		begin := time.Now()
		ring := open(t, inBubble(store))
		defer ring.Close()
		if d := time.Since(begin); d != time.Minute {
			t.Errorf("Open took %v", d)
		}
	})
	test("KRP-16 a reload fails: who needs it hears so, the others are served, the next one is taken", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		p := ring.Protector("p")
		known := sealBytes(t, p, []byte("x"))
		unknown := sealBytes(t, ringOfKeys(t, keyXML(idB)).Protector("p"), []byte("x"))
		store.put("new", expiring(idB, time.Now().AddDate(0, 2, 0)))
		store.set(func(s *fakeStore) { s.loadErr = errors.New("host is down") })
		if _, err := p.Unprotect(t.Context(), unknown); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
		opens(t, p, known, []byte("x"))
		time.Sleep(2 * time.Minute)
		opens(t, p, known, []byte("x"))
		store.set(func(s *fakeStore) { s.loadErr = nil })
		opens(t, p, unknown, []byte("x"))
	})
	test("KRP-17 KRP-18 while the ring is brought up to date all are served by the old one", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		store.put("new", expiring(idB, time.Now().AddDate(0, 3, 0)))
		release := make(chan struct{})
		store.set(func(s *fakeStore) { s.hang = release })
		poll()
		for range 10 {
			go func() {
				if st := ring.Status(); st.SealingKey.String() != idA {
					t.Errorf("sealing with %v", st.SealingKey)
				}
				opens(t, ring.Protector("p"), sealBytes(t, ring.Protector("p"), []byte("x")), []byte("x"))
			}()
		}
		synctest.Wait()
		close(release)
		time.Sleep(dataprotection.DefaultPollInterval)
		if st := ring.Status(); st.SealingKey.String() != idB {
			t.Errorf("sealing with %v after a poll, want the newer key", st.SealingKey)
		}
	})
	test("KEY-3 a key that could not be opened is tried again", func(t *testing.T) {
		store := &fakeStore{}
		ours := &testSealer{name: "ours"}
		text := protect(t, open(t, sealed(store, ours)), "x")
		store.put("good", datedKey(idB, time.Now().Add(time.Second), cbcDescriptor))
		flaky := &flakyOpener{Opener: ours}
		flaky.down.Store(true)
		cfg := config(store)
		cfg.Openers = []dataprotection.Opener{flaky}
		ring := open(t, cfg)
		defer ring.Close()
		if _, err := ring.Protector("p").UnprotectString(t.Context(), text); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Fatalf("%v, want ErrUnavailable", err)
		}
		flaky.down.Store(false)
		time.Sleep(time.Minute)
		unprotect(t, ring, text, "x")
	})
	t.Run("KEY-4 no ring", func(t *testing.T) {
		var ring dataprotection.KeyRing
		if _, err := ring.Protector("p").Protect(nil); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("%v, want ErrUnavailable", err)
		}
	})
	test("KEY-5 a change counts within a poll", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 2, 0)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		store.put("new", expiring(idB, time.Now().AddDate(0, 3, 0)))
		time.Sleep(dataprotection.DefaultPollInterval + time.Millisecond)
		if st := ring.Status(); st.SealingKey.String() != idB {
			t.Errorf("sealing with %v", st.SealingKey)
		}
	})
	test("KEY-7 RNG-2 the ring is what is stored", func(t *testing.T) {
		store := holding(expiring(idA, time.Now().AddDate(0, 1, 0)), expiring(idB, time.Now().AddDate(0, 2, 0)))
		ring := open(t, inBubble(store))
		defer ring.Close()
		if st := ring.Status(); st.Keys != 2 || st.SealingKey.String() != idB || !st.SealingKeyExpires.Equal(time.Now().AddDate(0, 2, 0)) {
			t.Errorf("Status = %+v", st)
		}
	})
	test("RNG-3 a new key that the store does not show yet", func(t *testing.T) {
		store := &fakeStore{keepBack: func(dataprotection.Element) bool { return true }}
		ring := open(t, inBubble(store))
		defer ring.Close()
		sealed := sealBytes(t, ring.Protector("p"), []byte("x"))
		poll()
		opens(t, ring.Protector("p"), sealed, []byte("x"))
		_, _, adds := store.counts()
		if st := ring.Status(); adds != 1 || st.Keys != 1 || st.SealingKey == (dataprotection.KeyID{}) {
			t.Errorf("%d keys made, Status = %+v", adds, st)
		}
	})
	test("RNG-1 RNG-4 each key is opened once, by whatever way it is found", func(t *testing.T) {
		store, ours := &fakeStore{}, &countingSealer{testSealer: testSealer{name: "ours"}}
		open(t, sealed(store, &ours.testSealer)).Close()
		cfg := sealed(store, &ours.testSealer)
		cfg.Sealer = ours
		ring := open(t, cfg)
		defer ring.Close()
		for range 3 {
			unprotect(t, ring, protect(t, ring, "x"), "x")
			store.put("other", "<other />") // so that the store is read again
			poll()
		}
		if n := ours.opened.Load(); n != 1 {
			t.Errorf("opened %d times, want once", n)
		}
	})
}

// A flakyOpener is a key service that is down at times.
type flakyOpener struct {
	dataprotection.Opener
	down atomic.Bool
}

func (o *flakyOpener) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	if o.down.Load() {
		return nil, errors.New("the key service does not answer")
	}
	return o.Opener.Open(ctx, decryptorType, element)
}

type countingSealer struct {
	testSealer
	opened atomic.Int64
}

func (s *countingSealer) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	s.opened.Add(1)
	return s.testSealer.Open(ctx, decryptorType, element)
}

// A restlessStore keeps saying that it has changed.
type restlessStore struct{ *fakeStore }

func (restlessStore) Notify(ctx context.Context, changed func()) error {
	for ctx.Err() == nil {
		changed()
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// A ring that rotates while requests run loses none: whatever one of two rings has
// sealed, both open at any moment, also while keys are made and take over.
func TestRotationUnderLoad(t *testing.T) {
	store := &fakeStore{}
	var days atomic.Int64
	cfg := config(restlessStore{store})
	cfg.KeyLifetime = dataprotection.MinKeyLifetime
	cfg.Now = func() time.Time { return at.AddDate(0, 0, int(days.Load())) }
	rings := []*dataprotection.KeyRing{open(t, cfg), open(t, cfg)}

	done := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			sealer, opener := rings[worker%2].Protector("p"), rings[worker/2].Protector("p")
			var texts []string
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				text, err := sealer.ProtectString(fmt.Sprint(n))
				if err != nil {
					t.Errorf("day %d: %v", days.Load(), err)
					return
				}
				if texts = append(texts, text); len(texts) > 1000 {
					texts = slices.Delete(texts, 1, 500)
				}
				if _, err := opener.UnprotectString(t.Context(), texts[n%len(texts)]); err != nil {
					t.Errorf("day %d: %v", days.Load(), err)
					return
				}
			}
		})
	}
	for days.Load() < 100 {
		days.Add(1)
		for _, ring := range rings { // a day is not over before each of them has polled
			for !ring.Status().LastGoodLoad.Equal(cfg.Now()) {
				time.Sleep(time.Millisecond)
			}
		}
	}
	close(done)
	wg.Wait()
	if n := len(store.names("key-")); n < 10 {
		t.Errorf("%d keys in %d days, want the ring to have rotated", n, days.Load())
	}
	if st := rings[0].Status(); !st.Healthy {
		t.Errorf("problems: %s", strings.Join(st.Problems, "; "))
	}
}
