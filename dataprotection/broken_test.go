package dataprotection_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
	"github.com/sealring/sealring/internal/bubbletest"
)

// halfOpen is a ring whose newest key cannot be opened, so that another one seals.
func halfOpen(t *testing.T, seals ...string) (*fakeStore, dataprotection.Config) {
	t.Helper()
	lost, _ := ringSealedBy(t, &testSealer{name: "lost"}, 1)
	store := holding(seals...)
	store.put("lost", string(lost.elements[0].XML))
	cfg := atNoonFor(store, newSealer)
	cfg.AllowUnsealed = true
	return store, cfg
}

func TestRevokeOnABrokenRing(t *testing.T) {
	older := datedKey(idB, at.AddDate(0, -2, 0), cbcDescriptor)
	revoke := func(t *testing.T, m *dataprotection.Manager) error { return m.Revoke(t.Context(), parseID(t, idA), "") }
	all := func(t *testing.T, m *dataprotection.Manager) error {
		return m.RevokeAll(t.Context(), at.AddDate(0, 0, -2), "") // before the key that is lost was made
	}
	for _, tc := range []struct {
		name  string
		seals []string
		do    func(*testing.T, *dataprotection.Manager) error
		keys  int // made
	}{
		{"the last key that can seal", []string{keyXML(idA)}, revoke, 1},
		{"one of two", []string{keyXML(idA), older}, revoke, 0},
		{"all that can seal", []string{keyXML(idA), older}, all, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store, cfg := halfOpen(t, tc.seals...)
			before := len(store.elements)
			m := manage(t, cfg)
			if err := tc.do(t, m); err != nil {
				t.Fatal(err)
			}
			if made := len(store.elements) - before - 1; made != tc.keys {
				t.Errorf("%d keys made, want %d", made, tc.keys)
			}
			if _, _, adds := store.counts(); adds != tc.keys+1 {
				t.Errorf("%d additions", adds)
			}
			if tc.keys == 1 { // the ring seals again, and another look makes no more keys
				ring := open(t, cfg)
				unprotect(t, ring, protect(t, ring, "x"), "x")
			}
		})
	}
}

func TestManagerWithABrokenSealer(t *testing.T) {
	down := failingSealer{errors.New("the vault does not answer")}
	store := holding(keyXML(idA))
	cfg := atNoonFor(store, down)
	cfg.AllowUnsealed = true
	m := manage(t, cfg)
	if l := list(t, m); len(l.Keys) != 1 || l.Keys[0].Unusable != nil {
		t.Errorf("List = %+v", l)
	}
	if _, err := m.Create(t.Context(), nil); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "vault") || store.adds != 0 {
		t.Errorf("Create = %v after %d additions", err, store.adds)
	}
	cfg.Sealer, cfg.GoOnly = newSealer, false
	var ce *dataprotection.ConfigError
	if _, err := manage(t, cfg).Create(t.Context(), nil); !errors.As(err, &ce) || store.adds != 0 {
		t.Errorf("Create without GoOnly = %v after %d additions", err, store.adds)
	}
	if _, err := manage(t, cfg).Reseal(t.Context(), nil); !errors.As(err, &ce) || store.replaces != 0 {
		t.Errorf("Reseal without GoOnly = %v after %d replacements", err, store.replaces)
	}
}

func TestErrorsNameTheStore(t *testing.T) {
	store := &fakeStore{}
	store.put("key-x.xml", "no XML")
	bubbletest.Run(t, func(t *testing.T) {
		_, err := dataprotection.Open(t.Context(), config(namedStore{store}))
		var re *dataprotection.RingError
		if !errors.As(err, &re) || re.Element != "key-x.xml" || re.Store != "directory /keys" || !strings.Contains(err.Error(), "parse key-x.xml in directory /keys: ") {
			t.Errorf("Open = %v", err)
		}
	})
	lost, _ := ringSealedBy(t, &testSealer{name: "lost"}, 1)
	if _, err := dataprotection.Open(t.Context(), atNoonFor(namedStore{lost}, newSealer)); err == nil || !strings.Contains(err.Error(), "in directory /keys: the newest key cannot be used") {
		t.Errorf("Open = %v", err)
	}
}

// A closed ring cannot tell an unknown key from one that was never made.
func TestUnknownKeyAfterClose(t *testing.T) {
	store := &fakeStore{}
	ring := open(t, config(store))
	known := protect(t, ring, "x")
	foreign := protect(t, open(t, config(&fakeStore{})), "y")
	ring.Close()
	unprotect(t, ring, known, "x")
	for range 2 {
		if _, err := ring.Protector("p").UnprotectString(t.Context(), foreign); !errors.Is(err, dataprotection.ErrUnavailable) || errors.Is(err, dataprotection.ErrInvalidPayload) {
			t.Errorf("Unprotect = %v, want ErrUnavailable", err)
		}
	}
}

// A request that waits for the store while the ring is closed is told that.
func TestCloseDuringAReload(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		ring := open(t, config(store))
		other := open(t, config(&fakeStore{}))
		defer other.Close()
		foreign := protect(t, other, "y")
		hang := make(chan struct{})
		store.set(func(s *fakeStore) { s.hang = hang })
		answered := make(chan error)
		go func() {
			_, err := ring.Protector("p").UnprotectString(t.Context(), foreign)
			answered <- err
		}()
		synctest.Wait()
		go ring.Close()
		synctest.Wait()
		if err := <-answered; !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "closed") {
			t.Errorf("Unprotect = %v, want ErrUnavailable", err)
		}
		close(hang)
	})
}

func TestNegativeRetention(t *testing.T) {
	store := holding(keyXML(idA))
	m := manage(t, atNoon(store))
	opts := &dataprotection.DeleteOptions{Retention: -time.Hour}
	ids := []dataprotection.KeyID{parseID(t, idA)}
	if err := m.Delete(t.Context(), ids, opts); err == nil || !strings.Contains(err.Error(), "negative") || len(store.elements) != 1 {
		t.Errorf("Delete = %v", err)
	}
	if err := m.CheckDelete(t.Context(), ids, opts); err == nil {
		t.Error("CheckDelete takes a negative retention")
	}
}

func TestNilStore(t *testing.T) {
	var none *filestore.Store
	if _, err := dataprotection.Open(t.Context(), config(none)); err == nil || !strings.Contains(err.Error(), "New or Shared") {
		t.Errorf("Open = %v", err)
	}
}

// A store that hangs until it is told to stop does not keep Open for ever.
func TestOpenOnAHungStore(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &patientStore{fakeStore: fakeStore{}}
		begin := time.Now()
		_, err := dataprotection.Open(t.Context(), config(store))
		if took := time.Since(begin); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "did not answer within 30s") || took != 30*time.Second {
			t.Errorf("Open = %v after %v", err, took)
		}
		store.reads = true // and writes hang
		if _, err := dataprotection.Open(t.Context(), config(store)); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "add key-") {
			t.Errorf("Open = %v", err)
		}
		if _, err := manage(t, config(store)).Create(t.Context(), nil); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "did not answer within 30s") {
			t.Errorf("Create = %v", err)
		}
	})
}

// A copy that an editor or a transfer has given other line breaks is the same key.
func TestCopyWithOtherLineBreaks(t *testing.T) {
	store, payload := ringSealedBy(t, nil, 1)
	store.put("copy", strings.ReplaceAll(string(store.elements[0].XML), "\n", "\r\n"))
	ring := open(t, atNoon(store))
	unprotect(t, ring, payload, "x")
	if st := ring.Status(); st.Keys != 1 || !st.Healthy {
		t.Errorf("Status = %+v", st)
	}
}
