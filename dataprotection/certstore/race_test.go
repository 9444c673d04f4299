package certstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/certstore"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// A raced store does something just before it adds a key or removes a certificate.
type raced struct {
	*memstore.Store
	beforeAdd, beforeRemove func()
}

func (r *raced) Add(ctx context.Context, e dataprotection.Element, expected dataprotection.Version) error {
	if f := r.beforeAdd; f != nil && strings.HasPrefix(e.Name, "key-") {
		r.beforeAdd = nil
		f()
	}
	return r.Store.Add(ctx, e, expected)
}

func (r *raced) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	if f := r.beforeRemove; f != nil {
		r.beforeRemove = nil
		f()
	}
	return r.Store.Remove(ctx, elements...)
}

// A certificate is removed on one machine while another makes a key. In either order
// the key can be opened afterwards.
func TestRemovedInTheSameMoment(t *testing.T) {
	cert, root := issue(t, "alice", keyA(), nil, nil), root(t)
	opensFromStart := func(t *testing.T, store dataprotection.Store) {
		t.Helper()
		cfg := ringConfig(store, open(t, certstore.Config{Store: store, Owner: "alice", Root: root}))
		cfg.ReadOnly = true
		ring, err := dataprotection.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer ring.Close()
		if st := ring.Status(); st.Keys != 1 || st.Unusable != 0 {
			t.Errorf("Status = %+v", st)
		}
	}
	makeKey := func(t *testing.T, store dataprotection.Store) {
		t.Helper()
		ring, err := dataprotection.Open(t.Context(), ringConfig(store, open(t, certstore.Config{Store: store, Owner: "alice", Root: root})))
		if err != nil {
			t.Fatal(err)
		}
		ring.Close()
	}
	t.Run("before the key is added", func(t *testing.T) {
		store := &raced{Store: memstore.New()}
		there := open(t, certstore.Config{Store: store.Store, Owner: "alice", Root: root})
		info := add(t, there, pfx(t, keyA(), cert))
		store.beforeAdd = func() {
			if err := there.Remove(t.Context(), info.Thumbprint); err != nil {
				t.Error(err)
			}
		}
		makeKey(t, store)
		opensFromStart(t, store.Store)
	})
	t.Run("after it was found unused", func(t *testing.T) {
		store := &raced{Store: memstore.New()}
		here := open(t, certstore.Config{Store: store, Owner: "alice", Root: root})
		info := add(t, here, pfx(t, keyA(), cert))
		store.beforeRemove = func() { makeKey(t, store.Store) }
		var inUse *certstore.InUseError
		if err := here.Remove(t.Context(), info.Thumbprint); !errors.As(err, &inUse) || len(inUse.Keys) != 1 {
			t.Errorf("Remove = %v", err)
		}
		if all := list(t, here); len(all) != 1 || !all[0].Seals {
			t.Errorf("listed are %+v", all)
		}
		opensFromStart(t, store.Store)
	})
}

// A key that is half written may need the certificate.
func TestRemoveBesideAnUnreadableKey(t *testing.T) {
	for name, broken := range map[string]string{
		"cut short":  `<key id="6a0e2e5c-3d5d-4b56-9a0a-9e0e9c9b6a11" version="1"><creat`,
		"no id":      `<key version="1"/>`,
		"of no date": `<key id="6a0e2e5c-3d5d-4b56-9a0a-9e0e9c9b6a11" version="1"><creationDate>soon</creationDate></key>`,
	} {
		store := memstore.New()
		s := open(t, certstore.Config{Store: store, Owner: "alice", Root: root(t)})
		info := add(t, s, pfx(t, keyA(), issue(t, "alice", keyA(), nil, nil)))
		if err := store.Add(t.Context(), dataprotection.Element{Name: "key-broken", XML: []byte(broken)}, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), info.Thumbprint); err == nil || !strings.Contains(err.Error(), "cannot be read: 2: ") {
			t.Errorf("%s: Remove = %v, want an error that names the element", name, err)
		}
		if len(list(t, s)) != 1 {
			t.Errorf("%s: the certificate is gone", name)
		}
	}
}
