package dataprotection_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

type namedStore struct{ *fakeStore }

func (namedStore) String() string { return "directory /keys" }

func TestStatus(t *testing.T) {
	expired := datedKey(idA, at.AddDate(-1, 0, 0), cbcDescriptor)
	revoked := datedKey(idB, at.AddDate(0, -2, 0), cbcDescriptor)
	unusable := strings.Replace(datedKey(idC, at.AddDate(0, -2, 0), cbcDescriptor), "AES_256_CBC", "ROT13", 1)
	cfg := atNoon(namedStore{holding(expired, revoked, unusable, keyXML(idD), revocationXML(idB, at))})
	st := open(t, cfg).Status()
	if st.Keys != 4 || st.Expired != 1 || st.Revoked != 1 || st.Unusable != 1 || st.Unsealed != 4 || st.ReadOnly {
		t.Errorf("counts: %+v", st)
	}
	if st.Healthy || len(st.Problems) != 1 || !strings.Contains(st.Problems[0], "element-3") {
		t.Errorf("problems: %q", st.Problems)
	}
	if st.SealingKey.String() != idD || !st.SealingKeyActivated.Equal(at.AddDate(0, -1, 0)) || !st.SealingKeyExpires.Equal(at.AddDate(0, 2, 0)) || !st.NextRotation.Equal(at.AddDate(0, 2, -3)) {
		t.Errorf("sealing key: %+v", st)
	}
	if st.Store != "directory /keys" || st.Application != "" || !st.LastGoodLoad.Equal(at) || !st.LastFailedLoad.IsZero() || st.LastError != "" {
		t.Errorf("%+v", st)
	}
}

func TestStatusJSON(t *testing.T) {
	data, err := json.Marshal(ringOfKeys(t, keyXML(idA)).Status())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"healthy": true, "sealingKey": idA, "keys": 1.0, "revoked": 0.0, "readOnly": false,
		"nextRotation": "2026-08-12T12:00:00Z", "lastGoodLoad": "2026-06-15T12:00:00Z",
	} {
		if fields[name] != want {
			t.Errorf("%s is %v, want %v, in %s", name, fields[name], want, data)
		}
	}
	for _, absent := range []string{"problems", "lastError", "lastFailedLoad"} {
		if _, there := fields[absent]; there {
			t.Errorf("%s is there without a reason: %s", absent, data)
		}
	}
}

func TestStatusInLogs(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("ring", "status", ringOfKeys(t, keyXML(idA)).Status())
	if not := missing(b.String(), "status.healthy=true", "status.sealingKey="+idA, "status.keys=1", "status.fingerprint=", "status.nextRotation=2026-08-12"); not != nil {
		t.Errorf("%q missing in %s", not, b.String())
	}
}

func TestFingerprint(t *testing.T) {
	of := func(elements ...string) string { return ringOfKeys(t, elements...).Status().Fingerprint }
	one := of(keyXML(idA), keyXML(idB))
	if other := of(keyXML(idB), keyXML(idA)); other != one {
		t.Errorf("the order matters: %s and %s", one, other)
	}
	if other := of(keyXML(idA), keyXML(idA), keyXML(idB), "<other />"); other != one {
		t.Errorf("copies and other elements matter: %s and %s", one, other)
	}
	for name, other := range map[string]string{
		"a key less":   of(keyXML(idA)),
		"a revocation": of(keyXML(idA), keyXML(idB), revocationXML(idA, at)),
		"another date": of(keyXML(idA), datedKey(idB, at.AddDate(0, -1, -1), cbcDescriptor)),
	} {
		if other == one {
			t.Errorf("%s does not show", name)
		}
	}
}

func TestStatusOfFailures(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		begin := time.Now()
		store.set(func(s *fakeStore) { s.loadErr = errors.New("host is down") })
		poll()
		st := ring.Status()
		if st.Healthy || !strings.Contains(st.LastError, "host is down") || !st.LastFailedLoad.After(begin) || !st.LastGoodLoad.Equal(begin) {
			t.Errorf("while it lasts: %+v", st)
		}
		store.set(func(s *fakeStore) { s.loadErr = nil })
		poll()
		if st := ring.Status(); !st.Healthy || st.LastError == "" || !st.LastGoodLoad.After(st.LastFailedLoad) || st.LastFailedLoad.IsZero() {
			t.Errorf("afterwards: %+v", st)
		}
	})
}

// A store's own cancellation is a failure like others, and not the ring being closed.
func TestStatusOfACancelledLoad(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		defer ring.Close()
		store.set(func(s *fakeStore) { s.loadErr = fmt.Errorf("the connection was given up: %w", context.Canceled) })
		poll()
		if st := ring.Status(); st.Healthy || !strings.Contains(st.LastError, "given up") {
			t.Errorf("%+v", st)
		}
	})
}

// A key that cannot be opened is no reason for a new one, so none is announced.
func TestNextRotationOfAKeyThatCannotBeOpened(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		key := expiring(idA, time.Now().AddDate(0, 2, 0))
		store := holding(key)
		ring := open(t, config(store))
		defer ring.Close()
		want := ring.Status().NextRotation
		store.set(func(s *fakeStore) { s.elements[0].XML = []byte(strings.Replace(key, "AES_256_CBC", "ROT13", 1)) })
		poll()
		if st := ring.Status(); st.Unusable != 1 || !st.NextRotation.Equal(want) {
			t.Errorf("next rotation %v, want %v as before: %+v", st.NextRotation, want, st)
		}
	})
}

// A deafStore loses its connection as soon as it listens, until it is mended.
type deafStore struct {
	*fakeStore
	mended atomic.Bool
}

func (s *deafStore) Notify(ctx context.Context, changed func()) error {
	if !s.mended.Load() {
		return errors.New("no connection")
	}
	changed()
	<-ctx.Done()
	return ctx.Err()
}

func TestNotificationsThatEnd(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &deafStore{fakeStore: &fakeStore{}}, &logBook{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		time.Sleep(time.Hour)
		store.mended.Store(true)
		time.Sleep(time.Hour)
		if ended, again := log.count("notifications ended"), log.count("notifies again"); ended != 1 || again != 1 {
			t.Errorf("logged %d and %d times, want once each:\n%s", ended, again, log)
		}
	})
}

// A muteStore has no news, which is nothing to log and nothing to try again.
type muteStore struct {
	*fakeStore
	asked atomic.Int32
}

func (s *muteStore) Notify(context.Context, func()) error {
	s.asked.Add(1)
	return errors.ErrUnsupported
}

func TestStoreWithoutNews(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store, log := &muteStore{fakeStore: &fakeStore{}}, &logBook{}
		cfg := config(store)
		cfg.Logger = log.logger()
		ring := open(t, cfg)
		defer ring.Close()
		time.Sleep(time.Hour)
		if asked := store.asked.Load(); asked != 1 || log.count("notif") != 0 {
			t.Errorf("it was asked %d times, want once, and nothing logged:\n%s", asked, log)
		}
	})
}

func TestErrors(t *testing.T) {
	id := parseID(t, idA)
	for _, tc := range []struct {
		err  error
		is   []error
		text string
	}{
		{dataprotection.ErrInvalidPayload, nil, "dataprotection: the payload is not valid"},
		{dataprotection.ErrExpired, []error{dataprotection.ErrInvalidPayload}, "dataprotection: the payload has expired"},
		{dataprotection.ErrUnavailable, nil, "dataprotection: the key ring is not available"},
		{dataprotection.ErrNoDefaultKey, []error{dataprotection.ErrUnavailable}, "dataprotection: the key ring has no usable key, and a new one may not be made or has not been made yet"},
		{dataprotection.ErrConflict, nil, "dataprotection: the store has changed meanwhile"},
		{dataprotection.ErrNotModified, nil, "dataprotection: the store has not changed"},
		{dataprotection.ErrNotMine, nil, "dataprotection: the key was sealed by another mechanism or for another holder"},
		{&dataprotection.KeyNotFoundError{KeyID: id, RingKeys: 3}, []error{dataprotection.ErrInvalidPayload}, "dataprotection: key " + idA + " is not among the 3 keys of the ring; likely causes: the payload was made with another key directory or before the keys were deleted"},
		{&dataprotection.KeyRevokedError{KeyID: id}, []error{dataprotection.ErrInvalidPayload}, "dataprotection: key " + idA + " has been revoked"},
		{&dataprotection.RingError{Op: "list", Err: errors.ErrUnsupported}, []error{dataprotection.ErrUnavailable, errors.ErrUnsupported}, "dataprotection: list: unsupported operation"},
		{&dataprotection.RingError{Op: "read", Element: "key-1.xml", Err: errors.ErrUnsupported}, []error{dataprotection.ErrUnavailable, errors.ErrUnsupported}, "dataprotection: read key-1.xml: unsupported operation"},
		{&dataprotection.KeyInUseError{KeyID: id, Expires: at}, nil, "dataprotection: key " + idA + " is still in use until 2026-06-15T12:00:00Z: payloads made with it would become unreadable"},
		{&dataprotection.KeyInUseError{KeyID: id, Expires: at, Default: true}, nil, "dataprotection: key " + idA + " is still in use until 2026-06-15T12:00:00Z: it is the key that new payloads are made with, and they would become unreadable"},
		{&dataprotection.ConfigError{Problems: []dataprotection.FieldError{{Field: "A", Reason: "one"}, {Field: "B", Reason: "two"}}}, nil, "dataprotection: invalid configuration: A: one; B: two"},
	} {
		if got := tc.err.Error(); got != tc.text {
			t.Errorf("text %q, want %q", got, tc.text)
		}
		kinds := []error{
			dataprotection.ErrInvalidPayload, dataprotection.ErrExpired, dataprotection.ErrUnavailable, dataprotection.ErrNoDefaultKey,
			dataprotection.ErrConflict, dataprotection.ErrNotModified, dataprotection.ErrNotMine, errors.ErrUnsupported,
		}
		for _, kind := range kinds {
			want := tc.err == kind
			for _, is := range tc.is {
				want = want || kind == is
			}
			if got := errors.Is(tc.err, kind); got != want {
				t.Errorf("%q Is %q: %t, want %t", tc.err, kind, got, want)
			}
		}
	}
}
