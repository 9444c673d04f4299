package dataprotection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/internal/bubbletest"
)

func list(t testing.TB, m *dataprotection.Manager) dataprotection.Listing {
	t.Helper()
	l, err := m.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return l
}

func ids(l dataprotection.Listing) (all []string) {
	for _, k := range l.Keys {
		all = append(all, k.ID.String())
	}
	return all
}

func revokedIDs(l dataprotection.Listing) (all []string) {
	for _, k := range l.Keys {
		if k.Revoked {
			all = append(all, k.ID.String())
		}
	}
	return all
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func TestManagerCreate(t *testing.T) {
	create := func(t *testing.T, store *fakeStore, dates *dataprotection.KeyDates) dataprotection.KeyInfo {
		t.Helper()
		info, err := manage(t, atNoon(store)).Create(t.Context(), dates)
		if err != nil {
			t.Fatalf("Create(%v) = %v", dates, err)
		}
		if l := list(t, manage(t, atNoon(store))); !slices.ContainsFunc(l.Keys, func(k dataprotection.KeyInfo) bool {
			return k.ID == info.ID && k.Created.Equal(info.Created) && k.Activates.Equal(info.Activates) && k.Expires.Equal(info.Expires) && k.Algorithm == info.Algorithm
		}) {
			t.Errorf("Create returned %+v, the store has %+v", info, l.Keys)
		}
		return info
	}
	t.Run("XKM-3 KEY-1 KEY-2 dates given", func(t *testing.T) {
		store := &fakeStore{}
		dates := dataprotection.KeyDates{Activates: date(2014, 2, 1), Expires: date(2014, 3, 1)}
		info := create(t, store, &dates)
		if !info.Activates.Equal(dates.Activates) || !info.Expires.Equal(dates.Expires) || info.Created.After(info.Activates) || info.Revoked || info.Unusable != nil || info.SealedBy != nil {
			t.Errorf("made %+v", info)
		}
		if names := store.names(""); !slices.Equal(names, []string{"key-" + info.ID.String()}) {
			t.Errorf("stored as %q", names)
		}
		if not := missing(string(store.elements[0].XML), "<masterKey ", ":requiresEncryption=\"true\"", "<value>", "unencrypted form"); not != nil {
			t.Errorf("the element lacks %q:\n%s", not, store.elements[0].XML)
		}
	})
	t.Run("XKM-3 a ring that runs takes it within a poll", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := &fakeStore{}
			ring := open(t, config(store))
			defer ring.Close()
			time.Sleep(time.Hour)
			info, err := manage(t, config(store)).Create(t.Context(), &dataprotection.KeyDates{Activates: time.Now(), Expires: time.Now().AddDate(0, 1, 0)})
			if err != nil {
				t.Fatal(err)
			}
			poll()
			if st := ring.Status(); st.SealingKey != info.ID || st.Keys != 2 {
				t.Errorf("Status = %+v, want %v in use", st, info.ID)
			}
		})
	})
	t.Run("XKM-5 active in seven days, created now", func(t *testing.T) {
		info := create(t, holding(keyXML(idA)), &dataprotection.KeyDates{Activates: at.AddDate(0, 0, 7), Expires: at.AddDate(0, 2, 0)})
		if !info.Created.Equal(at) {
			t.Errorf("created %v, want %v", info.Created, at)
		}
	})
	t.Run("by policy, the first", func(t *testing.T) {
		info := create(t, &fakeStore{}, nil)
		if !info.Created.Equal(at) || !info.Activates.Equal(at) || !info.Expires.Equal(at.Add(dataprotection.DefaultKeyLifetime)) {
			t.Errorf("made %+v", info)
		}
	})
	t.Run("by policy, beside a good one", func(t *testing.T) {
		info := create(t, holding(keyXML(idA)), nil)
		if activates := at.Add(dataprotection.DefaultPropagationWindow); !info.Activates.Equal(activates) || !info.Expires.Equal(activates.Add(dataprotection.DefaultKeyLifetime)) {
			t.Errorf("made %+v", info)
		}
	})
	t.Run("by policy, after a revoked one of a clock that is ahead", func(t *testing.T) {
		store := holding(datedKey(idA, at.Add(3*time.Minute), cbcDescriptor), revocationXML(idA, at))
		info := create(t, store, nil)
		if l := list(t, manage(t, atNoon(store))); l.Default != info.ID {
			t.Errorf("the default is %v, want the new key, which is to seal at once: %+v", l.Default, l.Keys)
		}
	})
	t.Run("dates with nanoseconds and a zone", func(t *testing.T) {
		activates := at.Add(199).In(time.FixedZone("", 3600))
		info := create(t, holding(keyXML(idA)), &dataprotection.KeyDates{Activates: activates, Expires: activates.AddDate(1, 0, 0)})
		if !info.Activates.Equal(at.Add(100)) || info.Activates.Location() != time.UTC {
			t.Errorf("active from %v", info.Activates)
		}
	})
	t.Run("would expire before it is active", func(t *testing.T) {
		store := &fakeStore{}
		for _, d := range []dataprotection.KeyDates{{}, {Activates: at, Expires: at}, {Activates: at, Expires: at.Add(-1)}} {
			if info, err := manage(t, atNoon(store)).Create(t.Context(), &d); err == nil || info.ID != (dataprotection.KeyID{}) || store.adds != 0 {
				t.Errorf("Create(%v) = %+v, %v", d, info, err)
			}
		}
	})
	t.Run("the store fails", func(t *testing.T) {
		store := &fakeStore{addErr: errors.New("disk full")}
		_, err := manage(t, atNoon(store)).Create(t.Context(), nil)
		var re *dataprotection.RingError
		if !errors.As(err, &re) || re.Op != "add" || !strings.HasPrefix(re.Element, "key-") || !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Errorf("%v, want a *RingError of add", err)
		}
	})
}

func TestManagerList(t *testing.T) {
	t.Run("XKM-6 nothing", func(t *testing.T) {
		l := list(t, manage(t, atNoon(&fakeStore{})))
		if len(l.Keys)+len(l.Problems) != 0 || l.Default != (dataprotection.KeyID{}) || !l.RevokedBefore.IsZero() || l.Version == "" {
			t.Errorf("%+v", l)
		}
	})
	t.Run("XKM-7 an unknown element between two keys", func(t *testing.T) {
		store := holding(keyXML(idA), `<unknown><key id="`+idC+`" /></unknown>`, datedKey(idB, date(2026, 6, 2), cbcDescriptor))
		l := list(t, manage(t, atNoon(store)))
		if !slices.Equal(ids(l), []string{idA, idB}) || revokedIDs(l) != nil || len(l.Problems) != 0 || l.Default.String() != idB {
			t.Errorf("%+v", l)
		}
		if k := l.Keys[1]; !k.Created.Equal(date(2026, 6, 2)) || !k.Activates.Equal(date(2026, 6, 2)) || !k.Expires.Equal(date(2026, 9, 2)) || k.Element != "element-3" || k.Algorithm != "AES_256_CBC, HMACSHA256" {
			t.Errorf("%+v", k)
		}
	})
	t.Run("XKM-8 single revocations and two of all keys", func(t *testing.T) {
		store := holding(
			revocationXML("*", date(2014, 1, 1)), datedKey(idA, date(2015, 1, 1), cbcDescriptor), revocationXML(idD, date(2020, 1, 1)),
			datedKey(idB, date(2016, 1, 1), cbcDescriptor), revocationXML("*", date(2017, 1, 1)),
			datedKey(idC, date(2017, 1, 1), cbcDescriptor), datedKey(idD, date(2018, 1, 1), cbcDescriptor))
		l := list(t, manage(t, atNoon(store)))
		if got := revokedIDs(l); !slices.Equal(got, []string{idA, idB, idD}) || !l.RevokedBefore.Equal(date(2017, 1, 1)) {
			t.Errorf("revoked %v, all before %v", got, l.RevokedBefore)
		}
	})
	t.Run("XKM-10 XKM-11 XKM-12 a key with an unreadable date", func(t *testing.T) {
		log := &logBook{}
		bad := strings.Replace(keyXML(idB), "</expirationDate>", "x</expirationDate><!-- 1A2B3C4D -->", 1)
		cfg := atNoon(holding(keyXML(idA), bad))
		cfg.Logger = log.logger()
		l := list(t, manage(t, cfg))
		if !slices.Equal(ids(l), []string{idA}) || len(l.Problems) != 1 || l.Problems[0].Element != "element-2" {
			t.Errorf("%+v", l)
		}
		open(t, cfg)
		if said := log.String() + fmt.Sprint(l.Problems); strings.Contains(said, "1A2B3C4D") || !strings.Contains(said, "expirationDate") || !strings.Contains(log.String(), "element-2") {
			t.Errorf("said %s", said)
		}
	})
	t.Run("XKM-13 a revocation that cannot be read", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(keyXML(idA), revocationXML("{invalid}", at))
			begin := time.Now()
			_, err := dataprotection.Open(t.Context(), atNoon(store))
			if !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "element-2") || time.Since(begin) < 2*time.Second {
				t.Errorf("Open = %v after %v, want an error that names the element after two seconds", err, time.Since(begin))
			}
			l := list(t, manage(t, atNoon(store))) // the manager bears with it
			if !slices.Equal(ids(l), []string{idA}) || len(l.Problems) != 1 || l.Problems[0].Element != "element-2" {
				t.Errorf("%+v", l)
			}
		})
	})
	t.Run("everything broken at once", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(keyXML(idA), "no XML", `<key id="`+idB+`" />`, strings.Replace(keyXML(idC), "AES_256_CBC", "ROT13", 1),
				keyXML(idD), strings.Replace(keyXML(idD), "2026", "2025", 1))
			store.unreadable = []*dataprotection.RingError{{Op: "read", Element: "locked.xml", Err: errors.New("permission denied")}}
			l := list(t, manage(t, atNoon(store)))
			if got := ids(l); len(got) != 3 {
				t.Errorf("keys %v", got)
			}
			if not := missing(fmt.Sprint(l.Problems), "element-2", "element-3", "element-6", "locked.xml"); not != nil {
				t.Errorf("%v missing among the problems %v", not, l.Problems)
			}
			for _, k := range l.Keys {
				if (k.Unusable != nil) != (k.ID.String() == idC) || (k.Algorithm == "") != (k.Unusable != nil) {
					t.Errorf("%+v", k)
				}
			}
		})
	})
	t.Run("a store that cannot be listed", func(t *testing.T) {
		store := &fakeStore{loadErr: errors.New("no route to host")}
		if _, err := dataprotection.NewManager(t.Context(), atNoon(store)); !errors.Is(err, dataprotection.ErrUnavailable) || !strings.Contains(err.Error(), "no route to host") {
			t.Errorf("NewManager = %v", err)
		}
	})
	t.Run("a bad configuration", func(t *testing.T) {
		var ce *dataprotection.ConfigError
		if _, err := dataprotection.NewManager(t.Context(), dataprotection.Config{}); !errors.As(err, &ce) {
			t.Errorf("NewManager = %v, want *ConfigError", err)
		}
	})
	t.Run("it makes nothing", func(t *testing.T) {
		store := &fakeStore{}
		list(t, manage(t, atNoon(store)))
		if store.adds != 0 {
			t.Errorf("%d elements added", store.adds)
		}
	})
}

func TestManagerRevoke(t *testing.T) {
	t.Run("XKM-15 XKM-16 one key, dated now", func(t *testing.T) {
		store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
		m := manage(t, atNoon(store))
		if err := m.Revoke(t.Context(), parseID(t, idA), "Here's some reason."); err != nil {
			t.Fatal(err)
		}
		e := store.elements[2]
		if not := missing(string(e.XML), "<revocationDate>2026-06-15T12:00:00Z</revocationDate>", `<key id="`+idA+`" />`, "<reason>Here's some reason.</reason>"); e.Name != "revocation-"+idA || not != nil {
			t.Errorf("%s lacks %q:\n%s", e.Name, not, e.XML)
		}
		if l := list(t, m); len(store.elements) != 3 || !slices.Equal(revokedIDs(l), []string{idA}) || l.Default.String() != idB {
			t.Errorf("%d elements, %+v", len(store.elements), l)
		}
	})
	t.Run("XKM-15 a ring that runs takes it within a poll", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
			sealed := sealBytes(t, ringOfKeys(t, keyXML(idA)).Protector("p"), nil)
			ring := open(t, atNoon(store))
			defer ring.Close()
			opens(t, ring.Protector("p"), sealed, []byte{})
			if err := manage(t, atNoon(store)).Revoke(t.Context(), parseID(t, idA), ""); err != nil {
				t.Fatal(err)
			}
			poll()
			var revoked *dataprotection.KeyRevokedError
			if _, err := ring.Protector("p").Unprotect(t.Context(), sealed); !errors.As(err, &revoked) {
				t.Errorf("%v, want *KeyRevokedError", err)
			}
		})
	})
	t.Run("the default: its successor first", func(t *testing.T) {
		store := holding(keyXML(idA))
		m := manage(t, atNoon(store))
		if err := m.Revoke(t.Context(), parseID(t, idA), ""); err != nil {
			t.Fatal(err)
		}
		if names := store.names(""); len(names) != 3 || !strings.HasPrefix(names[1], "key-") || names[2] != "revocation-"+idA {
			t.Errorf("stored %q", names)
		}
	})
	t.Run("the default, and its successor cannot be stored", func(t *testing.T) {
		store := holding(keyXML(idA))
		store.addErr = errors.New("disk full")
		if err := manage(t, atNoon(store)).Revoke(t.Context(), parseID(t, idA), ""); !errors.Is(err, dataprotection.ErrUnavailable) || store.adds != 1 {
			t.Errorf("%v after %d additions; want an error, and no revocation without successor", err, store.adds)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		store := holding(keyXML(idA))
		var unknown *dataprotection.KeyNotFoundError
		if err := manage(t, atNoon(store)).Revoke(t.Context(), parseID(t, idB), ""); !errors.As(err, &unknown) || unknown.KeyID.String() != idB || store.adds != 0 {
			t.Errorf("%v after %d additions, want *KeyNotFoundError", err, store.adds)
		}
	})
	t.Run("unknown, but it may be the one that cannot be read", func(t *testing.T) {
		store := holding(keyXML(idA), `<key id="`+idB+`" />`)
		m := manage(t, atNoon(store))
		if err := m.Revoke(t.Context(), parseID(t, idB), ""); err != nil || !slices.Contains(store.names(""), "revocation-"+idB) {
			t.Errorf("%v, stored %q", err, store.names(""))
		}
	})
	t.Run("twice", func(t *testing.T) {
		store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
		for range 2 {
			if err := manage(t, atNoon(store)).Revoke(t.Context(), parseID(t, idA), ""); err != nil || store.adds != 1 {
				t.Errorf("%v after %d additions", err, store.adds)
			}
		}
	})
	t.Run("revoked with all before", func(t *testing.T) {
		store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB), revocationXML("*", at.AddDate(0, -1, -1)))
		if err := manage(t, atNoon(store)).Revoke(t.Context(), parseID(t, idA), ""); err != nil || store.adds != 0 {
			t.Errorf("%v after %d additions", err, store.adds)
		}
	})
	t.Run("the name is taken by one that cannot be read", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
			store.put("revocation-"+idA, "<revocation>cut off")
			m := manage(t, atNoon(store))
			if err := m.Revoke(t.Context(), parseID(t, idA), ""); err != nil {
				t.Fatal(err)
			}
			if l := list(t, m); !slices.Equal(revokedIDs(l), []string{idA}) || len(l.Problems) != 1 {
				t.Errorf("%+v", l)
			}
		})
	})
	t.Run("a reason that is not XML", func(t *testing.T) {
		store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
		m := manage(t, atNoon(store))
		if err := m.Revoke(t.Context(), parseID(t, idA), "</reason><key id='*'/> \x00\xff & ]]>"); err != nil {
			t.Fatal(err)
		}
		if l := list(t, m); !slices.Equal(revokedIDs(l), []string{idA}) || len(l.Problems) != 0 {
			t.Errorf("%+v", l)
		}
	})
}

func TestManagerRevokeAll(t *testing.T) {
	t.Run("XKM-14 before a date", func(t *testing.T) {
		store := holding(datedKey(idA, date(2015, 1, 1), cbcDescriptor), keyXML(idB))
		m := manage(t, atNoon(store))
		before := time.Date(2015, 3, 1, 19, 13, 19, 757385400, time.FixedZone("", -8*3600))
		if err := m.RevokeAll(t.Context(), before, "Here's a reason."); err != nil {
			t.Fatal(err)
		}
		e := store.elements[2]
		if not := missing(string(e.XML), "<revocationDate>2015-03-02T03:13:19.7573854Z</revocationDate>", "All keys created before the revocation date are revoked.", `<key id="*" />`, "Here's a reason."); e.Name != "revocation-20150302T0313197573854Z" || not != nil {
			t.Errorf("%s lacks %q:\n%s", e.Name, not, e.XML)
		}
		if l := list(t, m); len(store.elements) != 3 || !slices.Equal(revokedIDs(l), []string{idA}) || !l.RevokedBefore.Equal(before) || l.Default.String() != idB {
			t.Errorf("%+v", l)
		}
	})
	t.Run("all that there are, with a successor that is not hit", func(t *testing.T) {
		store := holding(datedKey(idA, at.AddDate(0, -2, 0), cbcDescriptor), keyXML(idB))
		m := manage(t, atNoon(store))
		for n := range 3 {
			if err := m.RevokeAll(t.Context(), time.Time{}, ""); err != nil {
				t.Fatal(err)
			}
			l := list(t, m)
			if len(l.Keys) != 3+n || len(revokedIDs(l)) != 2+n || slices.Contains(revokedIDs(l), l.Default.String()) || l.Default == (dataprotection.KeyID{}) {
				t.Fatalf("%d: %+v", n, l)
			}
		}
		if ring := open(t, atNoon(store)); ring.Status().Keys != 5 || ring.Status().SealingKey != list(t, m).Default {
			t.Errorf("%+v", ring.Status())
		}
	})
	t.Run("nothing there", func(t *testing.T) {
		store := &fakeStore{}
		if err := manage(t, atNoon(store)).RevokeAll(t.Context(), time.Time{}, ""); err != nil || len(store.names("key-")) != 0 {
			t.Errorf("%v, %q", err, store.names(""))
		}
	})
	t.Run("before all time", func(t *testing.T) { // as a null of a database in local time is
		for _, before := range []time.Time{date(-974, 1, 1), time.Date(1, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))} {
			store := holding(keyXML(idA))
			if err := manage(t, atNoon(store)).RevokeAll(t.Context(), before, ""); err == nil || store.adds != 0 {
				t.Errorf("%v: %v after %d additions", before, err, store.adds)
			}
		}
	})
	t.Run("in the future", func(t *testing.T) {
		store := holding(keyXML(idA))
		if err := manage(t, atNoon(store)).RevokeAll(t.Context(), at.Add(time.Second), ""); err == nil || store.adds != 0 {
			t.Errorf("%v after %d additions", err, store.adds)
		}
	})
}

func TestManagerDelete(t *testing.T) {
	keyOf := func(id string, year int) string { return datedKey(id, date(year, 1, 1), cbcDescriptor) }
	t.Run("XKM-19 keys and the revocations that become pointless", func(t *testing.T) {
		store := holding(
			keyOf(idA, 2015), revocationXML("*", date(2015, 6, 1)), keyOf(idB, 2016), revocationXML("*", date(2016, 6, 1)),
			keyOf(idC, 2017), revocationXML(idB, at), revocationXML(idC, at), revocationXML(idC, at), keyOf(idD, 2018))
		m := manage(t, atNoon(store))
		if err := m.Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA), parseID(t, idC)}, nil); err != nil {
			t.Fatal(err)
		}
		if names := store.names(""); !slices.Equal(names, []string{"element-3", "element-4", "element-6", "element-9"}) {
			t.Errorf("left are %q", names)
		}
		if l := list(t, m); !slices.Equal(ids(l), []string{idB, idD}) || !slices.Equal(revokedIDs(l), []string{idB}) {
			t.Errorf("%+v", l)
		}
	})
	t.Run("XKM-19 in this order, up to the first failure", func(t *testing.T) {
		store := &failingRemover{fakeStore: holding(revocationXML(idA, at), revocationXML("*", date(2015, 6, 1)), keyOf(idA, 2015), revocationXML("*", date(2015, 7, 1))), failAfter: 2}
		err := manage(t, atNoon(store)).Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA)}, nil)
		if !errors.Is(err, dataprotection.ErrUnavailable) || !slices.Equal(store.removed, []string{"element-3", "element-1"}) {
			t.Errorf("%v after the removal of %q", err, store.removed)
		}
	})
	t.Run("XKM-20 a store that cannot", func(t *testing.T) {
		store := struct{ dataprotection.Store }{holding(keyOf(idA, 2015))}
		if err := manage(t, atNoon(store)).Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA)}, nil); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v, want errors.ErrUnsupported", err)
		}
	})
	t.Run("while an element cannot be read, only the keys go", func(t *testing.T) {
		store := holding(keyOf(idA, 2015), keyOf(idB, 2018), revocationXML(idA, at), revocationXML(idC, at), `<key id="`+idC+`" />`)
		if err := manage(t, atNoon(store)).Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA)}, nil); err != nil {
			t.Fatal(err)
		}
		if names := store.names(""); !slices.Equal(names, []string{"element-2", "element-3", "element-4", "element-5"}) {
			t.Errorf("left are %q", names)
		}
	})
	t.Run("all copies of a key", func(t *testing.T) {
		store := holding(keyOf(idA, 2015), keyOf(idB, 2018), keyOf(idA, 2015))
		if err := manage(t, atNoon(store)).Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA)}, nil); err != nil || !slices.Equal(store.names(""), []string{"element-2"}) {
			t.Errorf("%v, left are %q", err, store.names(""))
		}
	})
}

// A failingRemover removes one element at a time and fails at some point.
type failingRemover struct {
	*fakeStore
	failAfter int
	removed   []string
}

func (s *failingRemover) Remove(ctx context.Context, elements ...dataprotection.Element) error {
	for _, e := range elements {
		if len(s.removed) == s.failAfter {
			return errors.New("disk error")
		}
		s.removed = append(s.removed, e.Ref)
		if err := s.fakeStore.Remove(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func TestManagerCheckDelete(t *testing.T) {
	// Expired on 1 April 2026; in use for another three months: seal, revoked, active.
	store := holding(datedKey(idA, date(2026, 1, 1), cbcDescriptor), keyXML(idB), datedKey(idC, date(2024, 1, 1), cbcDescriptor), datedKey(idD, date(2026, 1, 2), cbcDescriptor), revocationXML(idD, at))
	m := manage(t, atNoon(store))
	for _, tc := range []struct {
		name string
		ids  []string
		opts *dataprotection.DeleteOptions
		used []string // the ids of the expected errors
	}{
		{"expired long ago", []string{idC}, nil, nil},
		{"expired for less than the lifetime", []string{idA}, nil, []string{idA}},
		{"short retention", []string{idA}, &dataprotection.DeleteOptions{Retention: time.Hour}, nil},
		{"long retention", []string{idC}, &dataprotection.DeleteOptions{Retention: 10 * 365 * 24 * time.Hour}, []string{idC}},
		{"the default", []string{idB}, nil, []string{idB}},
		{"revoked", []string{idD}, nil, nil},
		{"several", []string{idA, idB, idC}, nil, []string{idA, idB}},
		{"forced", []string{idA, idB, idC}, &dataprotection.DeleteOptions{Force: true}, nil},
		{"none", nil, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var all []dataprotection.KeyID
			for _, id := range tc.ids {
				all = append(all, parseID(t, id))
			}
			err := m.CheckDelete(t.Context(), all, tc.opts)
			if (err == nil) != (tc.used == nil) || len(missing(fmt.Sprint(err), tc.used...)) != 0 {
				t.Fatalf("CheckDelete = %v, want it to name %v", err, tc.used)
			}
			var inUse *dataprotection.KeyInUseError
			if err == nil {
				return
			}
			if !errors.As(err, &inUse) || inUse.KeyID.String() != tc.used[0] || inUse.Default != (tc.used[0] == idB) || inUse.Expires.IsZero() {
				t.Errorf("CheckDelete = %#v", inUse)
			}
			if got := m.Delete(t.Context(), all, tc.opts); fmt.Sprint(got) != fmt.Sprint(err) || len(store.elements) != 5 {
				t.Errorf("Delete = %v with %d elements left; want the error of CheckDelete", got, len(store.elements))
			}
		})
	}
	t.Run("not there", func(t *testing.T) {
		missing := []dataprotection.KeyID{{1}}
		var unknown *dataprotection.KeyNotFoundError
		for _, opts := range []*dataprotection.DeleteOptions{nil, {Force: true}} {
			if err := m.CheckDelete(t.Context(), missing, opts); !errors.As(err, &unknown) {
				t.Errorf("CheckDelete = %v, want *KeyNotFoundError", err)
			}
		}
	})
	t.Run("a forced deletion makes payloads unreadable", func(t *testing.T) {
		ring := ringOfKeys(t, keyXML(idB))
		sealed := sealBytes(t, ring.Protector("p"), nil)
		if err := m.Delete(t.Context(), []dataprotection.KeyID{parseID(t, idB)}, &dataprotection.DeleteOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
		var unknown *dataprotection.KeyNotFoundError
		if _, err := open(t, atNoon(store)).Protector("p").Unprotect(t.Context(), sealed); !errors.As(err, &unknown) {
			t.Errorf("%v, want *KeyNotFoundError", err)
		}
	})
}

func TestManagerReadOnly(t *testing.T) {
	store := holding(keyXML(idA))
	cfg := atNoon(store)
	cfg.ReadOnly = true
	m := manage(t, cfg)
	_, created := m.Create(t.Context(), nil)
	for name, err := range map[string]error{
		"Create":    created,
		"Revoke":    m.Revoke(t.Context(), parseID(t, idA), ""),
		"RevokeAll": m.RevokeAll(t.Context(), time.Time{}, ""),
		"Delete":    m.Delete(t.Context(), []dataprotection.KeyID{parseID(t, idA)}, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("%s = %v, want an error", name, err)
		}
	}
	if len(list(t, m).Keys) != 1 || len(store.elements) != 1 || store.adds != 0 {
		t.Errorf("%d elements after %d additions", len(store.elements), store.adds)
	}
}

// An operator without the sealer of the members makes no key that they would refuse,
// neither by itself nor as a successor, and then revokes nothing either.
func TestManagerMakesNoKeyInClearAmongSealed(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(m *dataprotection.Manager, l dataprotection.Listing) error
	}{
		{"Create", func(m *dataprotection.Manager, _ dataprotection.Listing) error {
			_, err := m.Create(t.Context(), nil)
			return err
		}},
		{"Restore", func(m *dataprotection.Manager, _ dataprotection.Listing) error {
			_, err := m.Restore(t.Context(), holding(keyXML(idA)), nil)
			return err
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := &fakeStore{}
			open(t, sealed(store, &testSealer{name: "ours"})).Close()
			cfg := config(store)
			_, _, before := store.counts()
			m := manage(t, cfg)
			if err := tt.do(m, list(t, m)); err == nil || !strings.Contains(err.Error(), "the key would be in clear") {
				t.Errorf("got %v, want an error about keys in clear", err)
			}
			if _, _, adds := store.counts(); adds != before {
				t.Errorf("%d elements were added, want none", adds-before)
			}
			cfg.AllowUnsealed = true
			m = manage(t, cfg)
			if err := tt.do(m, list(t, m)); err != nil || len(list(t, m).Keys) != 2 {
				t.Errorf("with AllowUnsealed: %d keys, %v; want 2", len(list(t, m).Keys), err)
			}
		})
	}
	for name, revoke := range map[string]func(m *dataprotection.Manager, l dataprotection.Listing) error{
		"Revoke": func(m *dataprotection.Manager, l dataprotection.Listing) error {
			return m.Revoke(t.Context(), l.Keys[0].ID, "")
		},
		"RevokeAll": func(m *dataprotection.Manager, _ dataprotection.Listing) error {
			return m.RevokeAll(t.Context(), time.Time{}, "")
		},
	} {
		t.Run(name+" leaves the successor to the members", func(t *testing.T) {
			store, sealer := &fakeStore{}, &testSealer{name: "ours"}
			open(t, sealed(store, sealer)).Close()
			m := manage(t, config(store))
			if err := revoke(m, list(t, m)); err != nil {
				t.Fatal(err)
			}
			if l := list(t, m); len(l.Keys) != 1 || !l.Keys[0].Revoked || l.Default != (dataprotection.KeyID{}) {
				t.Errorf("after the revocation: %+v", l)
			}
			member := open(t, sealed(store, sealer))
			if _, err := member.Protector("p").ProtectString("x"); err != nil || member.Status().Keys != 2 {
				t.Errorf("a member has %d keys, %v; want 2", member.Status().Keys, err)
			}
		})
	}
	t.Run("an old key needs no successor", func(t *testing.T) {
		store := &fakeStore{}
		m := manage(t, sealed(store, &testSealer{name: "ours"}))
		for range 2 {
			if _, err := m.Create(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		waiting := list(t, m).Keys[1].ID
		if err := manage(t, config(store)).Revoke(t.Context(), waiting, ""); err != nil {
			t.Error(err)
		}
	})
}
