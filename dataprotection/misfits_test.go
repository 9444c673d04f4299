package dataprotection_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

const misfitText = "most likely made under another application name"

// What is logged of a payload, and whether it is told apart by the caller: never.
func TestMisfits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sealed func(t *testing.T, store *fakeStore, ring *dataprotection.KeyRing) string
		logged int
	}{
		{"another application", func(t *testing.T, store *fakeStore, _ *dataprotection.KeyRing) string {
			cfg := config(store)
			cfg.Application = "tset"
			return protect(t, open(t, cfg), "x")
		}, 1},
		{"no application", func(t *testing.T, store *fakeStore, _ *dataprotection.KeyRing) string {
			cfg := config(store)
			cfg.Application, cfg.NoApplication = "", true
			return protect(t, open(t, cfg), "x")
		}, 1},
		{"another purpose", func(t *testing.T, _ *fakeStore, ring *dataprotection.KeyRing) string {
			sealed, err := ring.Protector("q").ProtectString("x")
			if err != nil {
				t.Fatal(err)
			}
			return sealed
		}, 1},
		{"changed", func(t *testing.T, _ *fakeStore, ring *dataprotection.KeyRing) string {
			return changed(protect(t, ring, "x"))
		}, 1},
		{"its own", func(t *testing.T, _ *fakeStore, ring *dataprotection.KeyRing) string { return protect(t, ring, "x") }, 0},
		{"another ring", func(t *testing.T, _ *fakeStore, _ *dataprotection.KeyRing) string {
			return protect(t, open(t, config(&fakeStore{})), "x")
		}, 0},
		{"no payload", func(*testing.T, *fakeStore, *dataprotection.KeyRing) string { return "AAAA" }, 0},
		{"a revoked key", func(t *testing.T, store *fakeStore, ring *dataprotection.KeyRing) string {
			sealed := protect(t, ring, "x")
			if err := manage(t, config(store)).Revoke(t.Context(), ring.Status().SealingKey, ""); err != nil {
				t.Fatal(err)
			}
			poll()
			return sealed
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubbletest.Run(t, func(t *testing.T) {
				store, log := &fakeStore{}, &logBook{}
				cfg := config(store)
				cfg.Logger = log.logger()
				ring := open(t, cfg)
				defer ring.Close()
				sealed := tt.sealed(t, store, ring)
				_, err := ring.Protector("p").UnprotectString(t.Context(), sealed)
				if tt.logged == 1 && err != dataprotection.ErrInvalidPayload || err != nil && !errors.Is(err, dataprotection.ErrInvalidPayload) {
					t.Errorf("%v, want what every invalid payload gets", err)
				}
				if n := log.count(misfitText); n != tt.logged {
					t.Errorf("logged %d times, want %d:\n%s", n, tt.logged, log)
				}
			})
		})
	}
}

// changed returns the text of a payload with another last but one character.
func changed(sealed string) string {
	i := len(sealed) - 2
	other := "A"
	if sealed[i] == 'A' {
		other = "B"
	}
	return sealed[:i] + other + sealed[i+1:]
}

func TestMisfitsAreToldOncePerHour(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &fakeStore{}, &logBook{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		good := protect(t, ring, "x")
		bad := changed(good)
		try := func(times int) {
			for range times {
				ring.Protector("p").UnprotectString(t.Context(), bad)
			}
		}
		try(1000)
		time.Sleep(59 * time.Minute)
		try(1000)
		if n := log.count(misfitText); n != 1 {
			t.Errorf("logged %d times within an hour, want once", n)
		}
		time.Sleep(time.Minute)
		try(1)
		for _, part := range []string{"payloads=1\n", "payloads=2000\n", "application=test", "key=" + ring.Status().SealingKey.String()} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %q:\n%s", part, log)
			}
		}
		for _, secret := range []string{bad[40:80], good[40:80]} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log has the payload:\n%s", log)
			}
		}
		unprotect(t, ring, good, "x")
		if st := ring.Status(); !st.Healthy {
			t.Errorf("what strangers send makes the ring ill: %v", st.Problems)
		}
		dataprotection.Ephemeral("test").Protector("p").UnprotectString(t.Context(), protect(t, dataprotection.Ephemeral("tset"), "x")) // logs nothing, and has nothing to log to
	})
}
