package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

// Each test here holds one rule of the ring (docs/design.md, The key ring).

const brokenFile = `<?xml version="1.0" encoding="utf-8"?><revocation version="1"><revocationD`

func poll() { time.Sleep(dataprotection.DefaultPollInterval + 3*time.Second) }

func TestRuleNewestKeyCannotBeOpenedAtStart(t *testing.T) {
	store := &fakeStore{}
	open(t, sealed(store, &testSealer{name: "old"})).Close()
	key := store.names("key-")[0]

	_, err := dataprotection.Open(t.Context(), sealed(store, &testSealer{name: "new"}))
	var re *dataprotection.RingError
	if !errors.As(err, &re) || !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Fatalf("Open = %v, want a *RingError that is ErrUnavailable", err)
	}
	for _, part := range []string{key, testSealerType} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not name %s: %v", part, err)
		}
	}
	_, err = dataprotection.Open(t.Context(), sealed(store, &testSealer{name: "old", lacks: true}))
	if err == nil || !strings.Contains(err.Error(), "the private key of old is missing") {
		t.Errorf("Open = %v, want to hear what is missing", err)
	}
	if n := len(store.names("key-")); n != 1 {
		t.Errorf("%d keys in the store, want 1: none is made in place of one that cannot be opened", n)
	}
}

func TestRuleNewestKeyCannotBeOpenedWhileRunning(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		cfg := sealed(store, &testSealer{name: "ours"})
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		first := ring.Status().SealingKey
		other := sealed(store, &testSealer{name: "theirs"})
		other.Openers = []dataprotection.Opener{&testSealer{name: "ours"}}
		time.Sleep(time.Minute)
		info, err := manage(t, other).Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().Add(90 * 24 * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		theirs := open(t, other)
		foreign := protect(t, theirs, "under the other key")
		theirs.Close()
		poll()

		sealed := protect(t, ring, "still sealing")
		unprotect(t, ring, sealed, "still sealing")
		st := ring.Status()
		if st.Healthy || st.SealingKey != first || st.Unusable != 1 {
			t.Errorf("Status = %+v, want degraded, sealing with %v", st, first)
		}
		_, err = ring.Protector("p").UnprotectString(t.Context(), foreign)
		if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("a payload of the key that cannot be opened: %v, want ErrUnavailable", err)
		}
		poll()
		if n := log.count("the newest key cannot be used"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, log)
		}
		if n := len(store.names("key-")); n != 2 {
			t.Errorf("%d keys, want 2: none is made in place of %v", n, info.ID)
		}
	})
}

func TestRuleUnreadableElementMayBeARevocation(t *testing.T) {
	t.Run("at start", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := &fakeStore{}
			open(t, config(store)).Close()
			store.put("revocation-x.xml", brokenFile)
			begin := time.Now()
			_, err := dataprotection.Open(t.Context(), config(store))
			if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "revocation-x.xml") {
				t.Errorf("Open = %v, want ErrUnavailable that names the file", err)
			}
			if d := time.Since(begin); d < 2*time.Second || d > 3*time.Second {
				t.Errorf("gave up after %v, want two seconds", d)
			}
		})
	})
	t.Run("at start, finished within two seconds", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := &fakeStore{}
			open(t, config(store)).Close()
			store.put("revocation-x.xml", brokenFile)
			go func() {
				time.Sleep(time.Second)
				store.set(func(s *fakeStore) { s.elements = s.elements[:1] })
			}()
			open(t, config(store)).Close()
		})
	})
	t.Run("while running", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store, log := &fakeStore{}, &logBook{}
			cfg := config(store)
			cfg.Logger = log.logger()
			ring := open(t, cfg)
			defer ring.Close()
			sealed := protect(t, ring, "x")
			store.put("revocation-x.xml", brokenFile)
			for range 5 {
				poll()
			}
			unprotect(t, ring, sealed, "x")
			if st := ring.Status(); st.Healthy || !strings.Contains(st.LastError, "revocation-x.xml") {
				t.Errorf("Status = %+v, want degraded because of revocation-x.xml", st)
			}
			store.set(func(s *fakeStore) { s.elements = s.elements[:1] })
			poll()
			if st := ring.Status(); !st.Healthy {
				t.Errorf("Status = %+v, want healthy again", st)
			}
			if begun, ended := log.count("cannot be brought up to date"), log.count("has ended"); begun != 1 || ended != 1 {
				t.Errorf("logged %d and %d times, want once each:\n%s", begun, ended, log)
			}
		})
	})
	t.Run("reported by the store", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := &fakeStore{unreadable: []*dataprotection.RingError{{Op: "read", Element: "key-1.xml", Err: errors.New("permission denied")}}}
			_, err := dataprotection.Open(t.Context(), config(store))
			if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "key-1.xml: permission denied") {
				t.Errorf("Open = %v, want the file and the cause", err)
			}
			if store.adds != 0 {
				t.Error("a key was made though a file could not be read")
			}
		})
	})
}

// One broken file does not keep later revocations from taking hold.
func TestRuleRevocationsBesideUnreadableElements(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		sealed := protect(t, ring, "x")
		store.put("junk.xml", "")
		poll()
		unprotect(t, ring, sealed, "x")
		if err := manage(t, config(store)).Revoke(t.Context(), ring.Status().SealingKey, "stolen"); err != nil {
			t.Fatal(err)
		}
		poll()
		if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); !errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("a payload of the revoked key: %v, want ErrInvalidPayload", err)
		}
		unprotect(t, ring, protect(t, ring, "y"), "y") // under the successor
		if st := ring.Status(); st.Healthy || st.Keys != 2 || len(store.names("key-")) != 2 {
			t.Errorf("Status = %+v with %d keys in the store, want degraded, with the successor", st, len(store.names("key-")))
		}
	})
}

func TestRuleEmptyIsNotUnreadable(t *testing.T) {
	store := &fakeStore{loadErr: errors.New("input/output error")}
	_, err := dataprotection.Open(t.Context(), config(store))
	if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
		t.Errorf("Open = %v, want ErrUnavailable", err)
	}
	if store.adds != 0 {
		t.Error("a key was made though the store could not be listed")
	}
}

func TestRuleAStoreDoesNotBecomeEmpty(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		sealed := protect(t, ring, "x")
		store.set(func(s *fakeStore) { s.elements = nil })
		poll()
		unprotect(t, ring, sealed, "x")
		if st := ring.Status(); st.Healthy || store.adds != 1 {
			t.Errorf("Status = %+v after %d creations, want degraded, and no new key", st, store.adds)
		}
	})
}

func TestRuleMalformedKeyIsNoReasonForANewOne(t *testing.T) {
	store := &fakeStore{}
	store.put("key-bad", `<key id="00112233-4455-6677-8899-aabbccddeeff" version="1"><creationDate>soon</creationDate></key>`)
	_, err := dataprotection.Open(t.Context(), config(store))
	if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "key-bad") || store.adds != 0 {
		t.Errorf("Open = %v after %d creations, want an error that names the key, and none made", err, store.adds)
	}
	readOnly := config(store)
	readOnly.ReadOnly = true
	_, err = dataprotection.Open(t.Context(), readOnly)
	if !errors.Is(err, dataprotection.ErrNoDefaultKey) || !strings.Contains(fmt.Sprint(err), "key-bad") {
		t.Errorf("read-only: Open = %v, want ErrNoDefaultKey that names the key", err)
	}
}

func TestRuleStoreAwayForADay(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		cfg := config(store)
		cfg.Logger, cfg.PollInterval = log.logger(), 10*time.Minute
		ring := open(t, cfg)
		defer ring.Close()
		sealed := protect(t, ring, "x")
		time.Sleep(86 * 24 * time.Hour)
		store.set(func(s *fakeStore) { s.loadErr = errors.New("host is down") })
		time.Sleep(5 * 24 * time.Hour) // rotation falls due and the key expires meanwhile
		unprotect(t, ring, sealed, "x")
		unprotect(t, ring, protect(t, ring, "y"), "y")
		if st := ring.Status(); st.Healthy || !strings.Contains(st.LastError, "host is down") {
			t.Errorf("Status = %+v, want degraded", st)
		}
		store.set(func(s *fakeStore) { s.loadErr = nil })
		time.Sleep(cfg.PollInterval)
		if st := ring.Status(); !st.Healthy || st.Keys != 2 || !st.SealingKeyExpires.After(time.Now()) {
			t.Errorf("Status = %+v, want a second key in use", st)
		}
		if n := log.count("host is down"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, log)
		}
	})
}

func TestRuleDueKeyCannotBeStored(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		cfg := config(store)
		cfg.PollInterval = time.Hour
		ring := open(t, cfg)
		defer ring.Close()
		store.set(func(s *fakeStore) { s.addErr = errors.New("read-only file system") })
		time.Sleep(88 * 24 * time.Hour)
		if st := ring.Status(); st.Healthy || !strings.Contains(fmt.Sprint(st.Problems), "read-only file system") {
			t.Errorf("Status = %+v, want the failed creation among the problems", st)
		}
		unprotect(t, ring, protect(t, ring, "x"), "x")
		open(t, config(store)).Close() // with a good default key a read-only store is no reason not to start
	})
}

func TestRuleRevocationsStayInForce(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		sealed := protect(t, ring, "x")
		id := ring.Status().SealingKey
		if err := manage(t, cfg).Revoke(t.Context(), id, "test"); err != nil {
			t.Fatal(err)
		}
		poll()
		check := func(when string) {
			t.Helper()
			_, err := ring.Protector("p").UnprotectString(t.Context(), sealed)
			var revoked *dataprotection.KeyRevokedError
			if !errors.As(err, &revoked) || revoked.KeyID != id || !errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Fatalf("%s: %v, want *KeyRevokedError for %v", when, err, id)
			}
		}
		check("after the revocation")
		store.set(func(s *fakeStore) {
			s.elements = slices.DeleteFunc(s.elements, func(e dataprotection.Element) bool { return strings.HasPrefix(e.Name, "revocation-") })
		})
		poll()
		check("after its element has gone")
		if st := ring.Status(); st.Healthy || log.count("is gone from the store") == 0 {
			t.Errorf("Status = %+v, want an alarm", st)
		}
	})
}

func TestRuleSuccessorFirst(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprintf("all=%t", all), func(t *testing.T) {
			store := &fakeStore{}
			ring := open(t, config(store))
			var order []string
			store.beforeAdd = func(e dataprotection.Element) { name, _, _ := strings.Cut(e.Name, "-"); order = append(order, name) }
			m := manage(t, config(store))
			var err error
			if all {
				err = m.RevokeAll(t.Context(), time.Time{}, "breach")
			} else {
				err = m.Revoke(t.Context(), ring.Status().SealingKey, "breach")
			}
			if err != nil || !slices.Equal(order, []string{"key", "revocation"}) {
				t.Fatalf("added %v, %v; want the key first", order, err)
			}
			listing, err := m.List(t.Context())
			if err != nil || len(listing.Keys) != 2 {
				t.Fatalf("List = %+v, %v", listing, err)
			}
			if old, successor := listing.Keys[0], listing.Keys[1]; !old.Revoked || successor.Revoked || listing.Default != successor.ID {
				t.Errorf("old %+v, successor %+v, default %v", old, successor, listing.Default)
			}
			if after := open(t, config(store)); after.Status().Keys != 2 || after.Status().SealingKey != listing.Default {
				t.Errorf("a ring opened now: %+v", after.Status())
			}
		})
	}
}

func TestRuleRevokeAllWhateverTheClocks(t *testing.T) {
	store := &fakeStore{}
	fast := config(store)
	fast.Now = func() time.Time { return at.Add(3 * time.Hour) }
	sealed := protect(t, open(t, fast), "made by a clock that is ahead")
	cfg := config(store)
	cfg.Now = func() time.Time { return at }
	m := manage(t, cfg)
	if err := m.RevokeAll(t.Context(), time.Time{}, ""); err != nil {
		t.Fatal(err)
	}
	ring := open(t, cfg)
	if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); !errors.Is(err, dataprotection.ErrInvalidPayload) {
		t.Errorf("the key made ahead opens: %v", err)
	}
	again := protect(t, ring, "y")
	unprotect(t, open(t, cfg), again, "y")
	if n := len(store.names("key-")); n != 2 {
		t.Errorf("%d keys, want 2: the ring must not make one key after the other", n)
	}
	if err := m.RevokeAll(t.Context(), at.Add(time.Minute), ""); err == nil {
		t.Error("a revocation dated in the future was accepted")
	}
}

// A .NET peer revokes all keys and its clock is ahead. What KRP-4 makes an error
// in the reference is a key dated after the revocation here.
func TestRuleNewKeysAreDatedAfterTheLatestRevokeAll(t *testing.T) {
	store := &fakeStore{}
	cfg := config(store)
	cfg.Now = func() time.Time { return at }
	open(t, cfg).Close()
	store.put("revocation-1", `<revocation version="1"><revocationDate>2026-06-15T12:04:00Z</revocationDate><key id="*" /><reason /></revocation>`)
	ring := open(t, cfg)
	unprotect(t, ring, protect(t, ring, "x"), "x")
	if n := len(store.names("key-")); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
	unprotect(t, open(t, cfg), protect(t, ring, "x"), "x")
}

// A scheduled successor that is revoked is replaced once, though its replacement
// is due at the very same moment.
func TestRuleRevokedSuccessorIsReplacedOnce(t *testing.T) {
	for range 10 { // the ids, which decide a tie, are random
		bubbletest.Run(t, func(t *testing.T) {
			store := &fakeStore{}
			cfg := config(store)
			cfg.PollInterval = time.Hour
			ring := open(t, cfg)
			defer ring.Close()
			time.Sleep(88 * 24 * time.Hour)
			m := manage(t, config(store))
			listing, err := m.List(t.Context())
			if err != nil || len(listing.Keys) != 2 {
				t.Fatalf("List = %+v, %v; want a default and its successor", listing, err)
			}
			if err := m.Revoke(t.Context(), listing.Keys[1].ID, "test"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24 * time.Hour)
			if n := len(store.names("key-")); n != 3 {
				t.Fatalf("%d keys a day later, want 3", n)
			}
			time.Sleep(3 * 24 * time.Hour)
			unprotect(t, ring, protect(t, ring, "x"), "x")
			if st := ring.Status(); !st.Healthy || st.Keys != 3 || !st.SealingKeyExpires.After(time.Now()) {
				t.Fatalf("Status = %+v, want the third key in use", st)
			}
		})
	}
}

func TestRuleDuplicates(t *testing.T) {
	store := &fakeStore{}
	sealed := protect(t, open(t, config(store)), "x")
	original := store.elements[0]
	store.put("copy of the key", string(original.XML))
	unprotect(t, open(t, config(store)), sealed, "x")
	bubbletest.Run(t, func(t *testing.T) {
		store.put("edited copy", strings.Replace(string(original.XML), "<expirationDate>2", "<expirationDate>3", 1))
		_, err := dataprotection.Open(t.Context(), config(store))
		if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "edited copy") {
			t.Errorf("Open = %v, want an error that names the conflicting element", err)
		}
	})
}

func TestRuleNoStoreCallForKnownKeys(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		before := store.polls + store.adds
		for range 100 {
			unprotect(t, ring, protect(t, ring, "x"), "x")
		}
		if after := store.polls + store.adds; after != before {
			t.Errorf("%d store calls for 100 payloads, want none", after-before)
		}
	})
}

func TestRuleUnknownKeyCausesOneReload(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		foreign := protect(t, open(t, config(&fakeStore{})), "x")
		before := store.polls
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				_, err := ring.Protector("p").UnprotectString(t.Context(), foreign)
				var unknown *dataprotection.KeyNotFoundError
				if !errors.As(err, &unknown) || !errors.Is(err, dataprotection.ErrInvalidPayload) || unknown.RingKeys != 1 {
					t.Errorf("%v, want *KeyNotFoundError", err)
				}
			})
		}
		wg.Wait()
		if n := store.polls - before; n != 1 {
			t.Errorf("%d reloads for 50 requests, want 1", n)
		}
		time.Sleep(2 * time.Second)
		before = store.polls
		for range 1000 { // three seconds' worth
			ring.Protector("p").UnprotectString(t.Context(), foreign)
			time.Sleep(3 * time.Millisecond)
		}
		if n := store.polls - before; n > 5 {
			t.Errorf("%d reloads in 3 s of made up key ids, want one a second", n)
		}
	})
}

func TestRuleUnknownKeyIsFoundByReload(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		if err := manage(t, config(store)).Revoke(t.Context(), ring.Status().SealingKey, ""); err != nil {
			t.Fatal(err)
		}
		other := open(t, config(store))
		defer other.Close()
		unprotect(t, ring, protect(t, other, "under the new key"), "under the new key")
	})
}

func TestRuleUnknownKeyWhileTheStoreIsAway(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		foreign := protect(t, open(t, config(&fakeStore{})), "x")
		store.set(func(s *fakeStore) { s.loadErr = errors.New("host is down") })
		for range 3 { // the second comes within the rate limit
			_, err := ring.Protector("p").UnprotectString(t.Context(), foreign)
			if !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Errorf("%v, want ErrUnavailable only", err)
			}
		}
	})
}

func TestRuleHungStore(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		sealed := protect(t, ring, "x")
		foreign := protect(t, open(t, config(&fakeStore{})), "x")
		release := make(chan struct{})
		store.set(func(s *fakeStore) { s.hang = release })
		poll()
		unprotect(t, ring, sealed, "x")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := ring.Protector("p").UnprotectString(ctx, foreign); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("an unknown key while the store hangs: %v, want ErrUnavailable", err)
		}
		begin := time.Now()
		ring.Close()
		if d := time.Since(begin); d > 6*time.Second {
			t.Errorf("Close took %v", d)
		}
		close(release)
		ring.Close()
	})
}

func TestRuleInstancesAgree(t *testing.T) {
	for range 20 {
		store := &fakeStore{}
		rings := make([]*dataprotection.KeyRing, 16)
		var wg sync.WaitGroup
		for i := range rings {
			wg.Go(func() { rings[i] = open(t, config(store)) })
		}
		wg.Wait()
		if n := len(store.names("key-")); n != 1 {
			t.Fatalf("%d keys of %d instances, want 1", n, len(rings))
		}
		for _, ring := range rings {
			if got, want := ring.Status().Fingerprint, rings[0].Status().Fingerprint; got != want {
				t.Errorf("fingerprints %s and %s", got, want)
			}
		}
	}
}

func TestRuleNewsWithinAPoll(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		a, b := open(t, config(store)), open(t, config(store))
		defer a.Close()
		defer b.Close()
		sealed := protect(t, a, "x")
		if err := manage(t, config(store)).Revoke(t.Context(), a.Status().SealingKey, ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(dataprotection.DefaultPollInterval + time.Millisecond)
		for _, ring := range []*dataprotection.KeyRing{a, b} {
			if _, err := ring.Protector("p").UnprotectString(t.Context(), sealed); !errors.Is(err, dataprotection.ErrInvalidPayload) {
				t.Errorf("a revoked payload opens after a poll: %v", err)
			}
		}
	})
}

func TestRuleReadOnly(t *testing.T) {
	store := &fakeStore{}
	readOnly := config(store)
	readOnly.ReadOnly = true
	if _, err := dataprotection.Open(t.Context(), readOnly); !errors.Is(err, dataprotection.ErrNoDefaultKey) || !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Open of an empty store = %v, want ErrNoDefaultKey", err)
	}
	sealed := protect(t, open(t, config(store)), "x")
	ring := open(t, readOnly)
	unprotect(t, ring, sealed, "x")
	unprotect(t, ring, protect(t, ring, "y"), "y")
	m := manage(t, readOnly)
	if err := m.RevokeAll(t.Context(), time.Time{}, ""); err == nil || store.adds != 1 {
		t.Errorf("RevokeAll on a read-only manager = %v, %d additions", err, store.adds)
	}
}

func TestRuleSealers(t *testing.T) {
	t.Run("unknown to .NET", func(t *testing.T) {
		cfg := config(&fakeStore{})
		cfg.Sealer = &testSealer{name: "ours"}
		_, err := dataprotection.Open(t.Context(), cfg)
		var ce *dataprotection.ConfigError
		if !errors.As(err, &ce) || !strings.Contains(err.Error(), "GoOnly") {
			t.Errorf("Open = %v, want a *ConfigError that names GoOnly", err)
		}
	})
	t.Run("unsealed key", func(t *testing.T) {
		store := &fakeStore{}
		text := protect(t, open(t, config(store)), "x")
		cfg := sealed(store, &testSealer{name: "ours"})
		if _, err := dataprotection.Open(t.Context(), cfg); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "AllowUnsealed") {
			t.Errorf("Open = %v, want an error that names AllowUnsealed", err)
		}
		cfg.AllowUnsealed = true
		unprotect(t, open(t, cfg), text, "x")
	})
	t.Run("sealed at rest", func(t *testing.T) {
		store := &fakeStore{}
		cfg := sealed(store, &testSealer{name: "ours"})
		text := protect(t, open(t, cfg), "x")
		if xml := string(store.elements[0].XML); strings.Contains(xml, "<value>") || !strings.Contains(xml, `<hidden by="ours" xmlns="">`) {
			t.Errorf("the stored key is not sealed:\n%s", xml)
		}
		unprotect(t, open(t, cfg), text, "x")
	})
}

func TestRuleSlowStoreShowsTheNewKeyLater(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		store.keepBack = func(e dataprotection.Element) bool { return time.Since(at) < 0 }
		ring := open(t, config(store))
		defer ring.Close()
		sealed := protect(t, ring, "x")
		poll()
		poll()
		unprotect(t, ring, sealed, "x")
		if store.adds != 1 {
			t.Errorf("%d keys made, want 1", store.adds)
		}
	})
}

// A server that fails over to a copy may lose what it took last. The store then looks
// as it did before, and yet that is no news to be passed over.
func TestRuleKeyThatTheStoreHasLost(t *testing.T) {
	for name, keys := range map[string][]string{"the first": nil, "a further one": {datedKey(idA, at.AddDate(-1, 0, 0), cbcDescriptor)}} {
		t.Run(name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store := holding(keys...)
				before, version := slices.Clone(store.elements), store.version
				ring := open(t, config(store))
				defer ring.Close()
				if store.adds != 1 {
					t.Fatalf("%d keys made, want 1", store.adds)
				}
				with, withVersion := slices.Clone(store.elements), store.version
				store.set(func(s *fakeStore) { s.elements, s.version = before, version-1 })
				sealed := protect(t, ring, "x")
				poll()
				if st := ring.Status(); !st.Healthy {
					t.Errorf("after a poll: %q; a store may be slow to show a key", st.Problems)
				}
				time.Sleep(3 * time.Minute)
				poll()
				if st := ring.Status(); st.Healthy || !strings.Contains(strings.Join(st.Problems, "\n"), "the store has taken it but does not show it") {
					t.Errorf("after minutes: %q, want a problem about the key", st.Problems)
				}
				unprotect(t, ring, sealed, "x")
				store.set(func(s *fakeStore) { s.elements, s.version = with, withVersion-1 })
				poll()
				if st := ring.Status(); !st.Healthy {
					t.Errorf("when it is shown: %q", st.Problems)
				}
			})
		})
	}
}

func TestRuleNoSecretsInErrorsAndLogs(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		_, after, _ := strings.Cut(string(store.elements[0].XML), "<value>")
		secret := after[:40]
		broken := strings.Replace(string(store.elements[0].XML), "</value>", "</valu", 1)
		store.put("broken.xml", broken)
		poll()
		_, err := dataprotection.Open(t.Context(), cfg)
		said := fmt.Sprintf("%v %+v %#v %v %+v %v", err, err, err, ring.Status(), ring, log)
		if strings.Contains(said, secret) {
			t.Errorf("the secret %s… shows in %s", secret, said)
		}
	})
}
