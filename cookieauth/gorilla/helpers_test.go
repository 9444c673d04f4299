package gorilla_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sealring/sealring/cookieauth/gorilla"
	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/dataprotectiontest"
	"github.com/sealring/sealring/dataprotection/memstore"
)

var (
	hashKey  = []byte("a hash key of 32 bytes, no more.")
	blockKey = []byte("a block key of sixteen+16 bytes!")
)

func newCodec(t testing.TB, cfg gorilla.Config) *gorilla.Codec {
	t.Helper()
	if cfg.KeyRing == nil {
		cfg.KeyRing = dataprotection.Ephemeral("test")
	}
	codec, err := gorilla.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

func encode(t testing.TB, codec securecookie.Codec, name string, value any) string {
	t.Helper()
	text, err := codec.Encode(name, value)
	if err != nil {
		t.Fatalf("Encode(%q, %v) = %v", name, value, err)
	}
	return text
}

// accepted fails the test unless codec decodes text, a string value, as want.
func accepted(t *testing.T, codec securecookie.Codec, name, text, want string) {
	t.Helper()
	var got string
	if err := codec.Decode(name, text, &got); err != nil || got != want {
		t.Errorf("Decode(%q, %.20q…) = %q, %v; want %q", name, text, got, err, want)
	}
}

// refused fails the test unless codec refuses text as gorilla would: an error
// about the value, and nothing else.
func refused(t *testing.T, codec securecookie.Codec, name, text string) error {
	t.Helper()
	var got string
	err := codec.Decode(name, text, &got)
	if kinds(err) != "decode" || got != "" {
		t.Errorf("Decode(%q, %.20q…) = %q, %v, of kind %q; want a decode error", name, text, got, err, kinds(err))
	}
	if !errors.Is(err, dataprotection.ErrInvalidPayload) || errors.Is(err, dataprotection.ErrUnavailable) {
		t.Errorf("Decode(%q, %.20q…) = %v; want it to be ErrInvalidPayload only", name, text, err)
	}
	return err
}

// kinds says what a securecookie.Error says of itself.
func kinds(err error) string {
	var e securecookie.Error
	if !errors.As(err, &e) {
		return "none"
	}
	var all []string
	for kind, is := range map[string]bool{"usage": e.IsUsage(), "decode": e.IsDecode(), "internal": e.IsInternal()} {
		if is {
			all = append(all, kind)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// A fleet is a store that two rings share and that can go down.
type fleet struct {
	*memstore.Store
	down atomic.Bool
}

func newFleet() *fleet { return &fleet{Store: memstore.New()} }

func (f *fleet) Load(ctx context.Context, since dataprotection.Version) (dataprotection.Snapshot, error) {
	if f.down.Load() {
		return dataprotection.Snapshot{}, errors.New("the store is down")
	}
	return f.Store.Load(ctx, since)
}

func (f *fleet) ring(t testing.TB) *dataprotection.KeyRing {
	t.Helper()
	return dataprotectiontest.Open(t, dataprotection.Config{Store: f})
}

func (f *fleet) manager(t testing.TB) *dataprotection.Manager {
	t.Helper()
	m, err := dataprotection.NewManager(t.Context(), dataprotection.Config{
		Application: "test", Store: f, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rotate makes a key that seals from now on. The time that passes is the ring's
// own, so it needs a synctest bubble.
func (f *fleet) rotate(t testing.TB) {
	t.Helper()
	now := time.Now()
	_, err := f.manager(t).Create(t.Context(), &dataprotection.KeyDates{Activates: now, Expires: now.Add(90 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	poll()
}

func (f *fleet) revoke(t testing.TB, id dataprotection.KeyID) {
	t.Helper()
	if err := f.manager(t).Revoke(t.Context(), id, "test"); err != nil {
		t.Fatal(err)
	}
}

func poll() { time.Sleep(dataprotection.DefaultPollInterval + 3*time.Second) }
