package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

func TestRoundTripAndRestart(t *testing.T) {
	store := &fakeStore{}
	ring := open(t, config(store))
	sealed := protect(t, ring, "hello")
	unprotect(t, ring, sealed, "hello")
	ring.Close()
	unprotect(t, ring, sealed, "hello") // goes on working
	unprotect(t, open(t, config(store)), sealed, "hello")
	if keys := store.names("key-"); len(keys) != 1 {
		t.Errorf("%d keys after a restart, want 1", len(keys))
	}
}

func TestConfigErrorListsEverything(t *testing.T) {
	_, err := dataprotection.Open(context.Background(), dataprotection.Config{
		KeyLifetime: time.Hour, PollInterval: time.Millisecond, PropagationWindow: -1, Algorithm: 999,
	})
	var ce *dataprotection.ConfigError
	if !errors.As(err, &ce) {
		t.Fatalf("Open = %v, want a *ConfigError", err)
	}
	for _, field := range []string{"Application", "Store", "KeyLifetime", "PollInterval", "PropagationWindow", "Algorithm"} {
		if !strings.Contains(err.Error(), " "+field+": ") {
			t.Errorf("the error does not name %s: %v", field, err)
		}
	}
}

func TestZeroValuesReturnErrors(t *testing.T) {
	ctx := context.Background()
	var ring dataprotection.KeyRing
	if _, err := ring.Protector("p").Protect(nil); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("zero KeyRing: Protect = %v", err)
	}
	sealed, _ := dataprotection.Ephemeral("").Protector("p").Protect(nil)
	if _, err := ring.Protector("p").Unprotect(ctx, sealed); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("zero KeyRing: Unprotect = %v", err)
	}
	var p dataprotection.Protector
	if _, err := p.Protect(nil); err == nil {
		t.Error("zero Protector: Protect succeeded")
	}
	if _, err := p.Unprotect(ctx, sealed); err == nil {
		t.Error("zero Protector: Unprotect succeeded")
	}
	if _, err := p.TimeLimited().Protect(nil, at); err == nil {
		t.Error("zero TimeLimited: Protect succeeded")
	}
	if st := ring.Status(); st.Healthy || ring.Close() != nil {
		t.Errorf("zero KeyRing: Status = %+v", st)
	}
	var m dataprotection.Manager
	if _, err := m.List(ctx); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("zero Manager: List = %v", err)
	}
	if err := m.RevokeAll(ctx, time.Time{}, ""); !errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("zero Manager: RevokeAll = %v", err)
	}
	if err := m.Delete(ctx, nil, nil); err == nil {
		t.Error("zero Manager: Delete succeeded")
	}
	var none *dataprotection.KeyRing
	if _, err := none.Protector("p").Protect(nil); err == nil || none.Close() != nil {
		t.Error("nil KeyRing: Protect succeeded")
	}
}

// Ten years of hourly polls at 90-day keys, with restarts and clocks five minutes
// apart.
func TestTenYears(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		instance := func(skew time.Duration) dataprotection.Config {
			cfg := config(store)
			cfg.PollInterval = time.Hour
			cfg.Now = func() time.Time { return time.Now().Add(skew) }
			return cfg
		}
		skews := []time.Duration{0, 5 * time.Minute, -5 * time.Minute / 2}
		rings := make([]*dataprotection.KeyRing, len(skews))
		restart := func(i int) {
			if rings[i] != nil {
				rings[i].Close()
			}
			ring, err := dataprotection.Open(t.Context(), instance(skews[i]))
			if err != nil {
				t.Fatal(err)
			}
			rings[i] = ring
		}
		for i := range rings {
			restart(i)
		}
		defer func() {
			for _, ring := range rings {
				ring.Close()
			}
		}()
		type payload struct {
			sealed string
			made   time.Time
		}
		var payloads []payload
		start := time.Now()
		for day := 0; day < 3652; day++ {
			time.Sleep(24 * time.Hour)
			if day%45 == 44 {
				restart(day % len(rings))
			}
			sealer := rings[day%len(rings)]
			st := sealer.Status()
			if !st.SealingKeyExpires.After(time.Now().Add(-5 * time.Minute)) {
				t.Fatalf("day %d: the sealing key expired at %v", day, st.SealingKeyExpires)
			}
			if !st.Healthy {
				t.Fatalf("day %d: %v", day, st.Problems)
			}
			payloads = append(payloads, payload{protect(t, sealer, fmt.Sprint(day)), time.Now()})
			for i, p := range payloads[max(0, len(payloads)-90):] {
				_ = i
				for _, ring := range rings {
					if _, err := ring.Protector("p").UnprotectString(t.Context(), p.sealed); err != nil {
						t.Fatalf("day %d: a payload of %v: %v", day, p.made, err)
					}
				}
			}
		}
		elapsed := time.Since(start)
		m := manage(t, instance(0))
		listing, err := m.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// A successor is made three days ahead and lives 90 days from then: one every 87 days.
		if want := int(elapsed/(87*24*time.Hour)) + 1; len(listing.Keys) > want+1 || len(listing.Keys) < want-1 {
			t.Errorf("%d keys in %v, want about %d", len(listing.Keys), elapsed, want)
		}
		for i, k := range listing.Keys[1:] {
			if before := listing.Keys[i]; !k.Activates.Equal(before.Expires) {
				t.Errorf("key %d activates at %v, its predecessor expires at %v", i+1, k.Activates, before.Expires)
			}
			if lead := k.Activates.Sub(k.Created); lead < 3*24*time.Hour-2*time.Hour {
				t.Errorf("key %d was made only %v ahead", i+1, lead)
			}
		}
	})
}
