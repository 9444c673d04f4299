package dataprotection_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
	"github.com/sealring/sealring/internal/bubbletest"
)

var oldSealer, newSealer = &testSealer{name: "old"}, &testSealer{name: "new"}

// moving is a configuration at the moment at that seals with the new sealer and opens with both.
func moving(store dataprotection.Store) dataprotection.Config {
	cfg := atNoon(store)
	cfg.Sealer, cfg.GoOnly, cfg.Openers = newSealer, true, []dataprotection.Opener{oldSealer}
	return cfg
}

// ringSealedBy is a store of n keys sealed by s, or in clear, and a payload of the key that seals.
func ringSealedBy(t testing.TB, s dataprotection.Sealer, n int) (store *fakeStore, payload string) {
	t.Helper()
	store = &fakeStore{}
	cfg := atNoon(store)
	cfg.Sealer, cfg.GoOnly = s, s != nil
	m := manage(t, cfg)
	for i := range n {
		activates := at.AddDate(0, 0, i-n)
		if _, err := m.Create(t.Context(), &dataprotection.KeyDates{Activates: activates, Expires: activates.AddDate(0, 6, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	return store, protect(t, open(t, cfg), "x")
}

// outcomes counts what became of the keys.
func outcomes(keys []dataprotection.ResealedKey) map[dataprotection.ResealOutcome]int {
	n := map[dataprotection.ResealOutcome]int{}
	for _, k := range keys {
		n[k.Outcome]++
	}
	return n
}

// hiddenBy counts the elements that a sealer of that name has sealed.
func hiddenBy(store *fakeStore, name string) (n int) {
	for _, e := range store.elements {
		if bytes.Contains(e.XML, []byte(`by="`+name+`"`)) {
			n++
		}
	}
	return n
}

func TestReseal(t *testing.T) {
	inClear := &dataprotection.ResealOptions{DangerouslyInClear: true}
	for _, tc := range []struct {
		name   string
		before dataprotection.Sealer
		opts   *dataprotection.ResealOptions
		want   string // who seals then; "" for nobody
	}{
		{"from one sealer to another", oldSealer, nil, "new"},
		{"from clear to a sealer", nil, nil, "new"},
		{"from a sealer to clear", oldSealer, inClear, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store, payload := ringSealedBy(t, tc.before, 3)
			before := open(t, atNoonFor(store, tc.before)).Status().Fingerprint
			cfg := moving(store)
			cfg.AllowUnsealed = true
			var told []dataprotection.ResealedKey
			opts := &dataprotection.ResealOptions{Progress: func(k dataprotection.ResealedKey) { told = append(told, k) }}
			if tc.opts != nil {
				opts.DangerouslyInClear = tc.opts.DangerouslyInClear
			}
			keys, err := manage(t, cfg).Reseal(t.Context(), opts)
			if err != nil || outcomes(keys)[dataprotection.Resealed] != 3 || len(told) != 3 {
				t.Fatalf("Reseal = %+v, %v, and told %+v", keys, err, told)
			}
			if tc.want != "" && hiddenBy(store, tc.want) != 3 || tc.want == "" && bytes.Count(allXML(store), []byte("<value>")) != 3 {
				t.Errorf("the store holds\n%s", allXML(store))
			}
			after := atNoon(store)
			if tc.want != "" {
				after.Sealer, after.GoOnly = newSealer, true
			}
			ring := open(t, after)
			unprotect(t, ring, payload, "x")
			if st := ring.Status(); st.Fingerprint != before || st.Unusable != 0 {
				t.Errorf("the ring is another one: %+v", st)
			}
			keys, err = manage(t, cfg).Reseal(t.Context(), opts)
			if err != nil || outcomes(keys)[dataprotection.AlreadySealed] != 3 || store.replaces != 3 {
				t.Errorf("once more: %+v, %v after %d replacements", keys, err, store.replaces)
			}
		})
	}
}

func atNoonFor(store dataprotection.Store, s dataprotection.Sealer) dataprotection.Config {
	cfg := atNoon(store)
	cfg.Sealer, cfg.GoOnly = s, s != nil
	return cfg
}

func allXML(store *fakeStore) (all []byte) {
	for _, e := range store.elements {
		all = append(all, e.XML...)
	}
	return all
}

func TestResealRevocationsStay(t *testing.T) {
	store, _ := ringSealedBy(t, oldSealer, 2)
	store.put("revocation-"+idA, revocationXML(idA, at))
	before := bytes.Clone(store.elements[2].XML)
	keys, err := manage(t, moving(store)).Reseal(t.Context(), nil)
	if err != nil || len(keys) != 2 || !bytes.Equal(store.elements[2].XML, before) {
		t.Errorf("Reseal = %+v, %v; the revocation is %s", keys, err, store.elements[2].XML)
	}
}

func TestResealInterrupted(t *testing.T) {
	const n = 4
	for killed := range n + 1 {
		t.Run(fmt.Sprintf("after %d keys", killed), func(t *testing.T) {
			store, payload := ringSealedBy(t, oldSealer, n)
			ctx, kill := context.WithCancel(t.Context())
			store.onReplace = func(i int) error {
				if i == killed {
					kill()
					return context.Canceled
				}
				return nil
			}
			keys, err := manage(t, moving(store)).Reseal(ctx, nil)
			kill()
			if got := hiddenBy(store, "new"); got != killed || (err == nil) != (killed == n) || len(keys) != n {
				t.Fatalf("%d keys resealed, want %d; reported %+v, %v", got, killed, keys, err)
			}
			unprotect(t, open(t, moving(store)), payload, "x") // what is half done works
			store.onReplace = nil
			keys, err = manage(t, moving(store)).Reseal(t.Context(), nil)
			want := map[dataprotection.ResealOutcome]int{dataprotection.Resealed: n - killed, dataprotection.AlreadySealed: killed}
			if got := outcomes(keys); err != nil || got[dataprotection.Resealed] != want[dataprotection.Resealed] || got[dataprotection.AlreadySealed] != want[dataprotection.AlreadySealed] {
				t.Errorf("the second run: %v, %v; want %v", got, err, want)
			}
			unprotect(t, open(t, atNoonFor(store, newSealer)), payload, "x")
		})
	}
}

func TestResealAtTheSameTime(t *testing.T) {
	fake, payload := ringSealedBy(t, oldSealer, 20)
	store := memstore.New()
	for _, e := range fake.elements {
		if err := store.Add(t.Context(), e, ""); err != nil {
			t.Fatal(err)
		}
	}
	var runs sync.WaitGroup
	for range 4 {
		m := manage(t, moving(store))
		runs.Go(func() {
			if keys, err := m.Reseal(t.Context(), nil); err != nil || len(keys) != 20 {
				t.Errorf("Reseal = %d keys, %v", len(keys), err)
			}
		})
	}
	runs.Wait()
	ring := open(t, atNoonFor(store, newSealer))
	unprotect(t, ring, payload, "x")
	if st := ring.Status(); st.Keys != 20 || st.Unusable != 0 {
		t.Errorf("the ring is %+v", st)
	}
}

// A running ring takes the new seals within a poll, and refuses no request.
func TestResealUnderARunningRing(t *testing.T) {
	bubbletest.Run(t, func(t *testing.T) {
		store := &fakeStore{}
		cfg := config(store)
		cfg.Sealer, cfg.GoOnly, cfg.Openers = newSealer, true, []dataprotection.Opener{oldSealer}
		before := cfg
		before.Sealer, before.Openers = oldSealer, []dataprotection.Opener{newSealer}
		ring := open(t, before)
		defer ring.Close()
		payload := protect(t, ring, "x")
		if _, err := manage(t, cfg).Reseal(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			unprotect(t, ring, payload, "x")
			time.Sleep(3 * time.Second)
		}
		if st := ring.Status(); !st.Healthy || st.Keys != 1 {
			t.Errorf("Status = %+v", st)
		}
	})
}

func TestResealLeaves(t *testing.T) {
	reseal := func(t *testing.T, cfg dataprotection.Config, store *fakeStore) (dataprotection.ResealedKey, error) {
		t.Helper()
		before := bytes.Clone(store.elements[0].XML)
		keys, err := manage(t, cfg).Reseal(t.Context(), nil)
		if err == nil || !errors.Is(err, dataprotection.ErrUnavailable) || len(keys) == 0 || keys[0].Outcome != dataprotection.NotResealed || keys[0].Err == nil {
			t.Fatalf("Reseal = %+v, %v; want the first key left, and an error", keys, err)
		}
		if !bytes.Equal(store.elements[0].XML, before) {
			t.Errorf("the element has become\n%s", store.elements[0].XML)
		}
		return keys[0], err
	}
	for _, tc := range []struct {
		name   string
		sealed dataprotection.Sealer
		change func(*dataprotection.Config)
		want   string
	}{
		{"a key that no opener opens", &testSealer{name: "lost"}, nil, "none of the 2 configured openers"},
		{"a key in clear that nobody vouches for", nil, nil, "AllowUnsealed"},
		{"a key that could not be opened again", oldSealer, func(c *dataprotection.Config) { c.Sealer = &testSealer{name: "deaf", lacks: true} }, "could not be opened again here: the private key of deaf is missing"},
		{"a key that the sealer makes another of", oldSealer, func(c *dataprotection.Config) { c.Sealer = swappingSealer{newSealer} }, "opens as another key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store, _ := ringSealedBy(t, tc.sealed, 1)
			good, _ := ringSealedBy(t, oldSealer, 1)
			store.put("good", string(good.elements[0].XML))
			cfg := moving(store)
			if tc.change != nil {
				tc.change(&cfg)
			}
			k, err := reseal(t, cfg, store)
			if !strings.Contains(k.Err.Error(), tc.want) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("said %v, want %q in it", k.Err, tc.want)
			}
			if got := hiddenBy(store, "new"); tc.change == nil && got != 1 {
				t.Errorf("%d keys resealed, want the other one", got)
			}
		})
	}
	t.Run("keys that cannot be read, and two of one id", func(t *testing.T) {
		bubbletest.Run(t, func(t *testing.T) {
			store := holding(`<key id="`+idB+`" />`, keyXML(idD), strings.Replace(keyXML(idD), "2026", "2025", 1), keyXML(idA))
			cfg := moving(store)
			cfg.AllowUnsealed = true
			keys, err := manage(t, cfg).Reseal(t.Context(), nil)
			if got := outcomes(keys); err == nil || got[dataprotection.NotResealed] != 3 || got[dataprotection.Resealed] != 1 {
				t.Errorf("Reseal = %+v, %v", keys, err)
			}
			if not := missing(fmt.Sprint(err), "element-1", "element-2", "element-3", "two different keys"); not != nil {
				t.Errorf("%v lacks %q", err, not)
			}
		})
	})
	t.Run("the store does not write", func(t *testing.T) {
		store, _ := ringSealedBy(t, oldSealer, 2)
		store.onReplace = func(n int) error {
			if n == 0 {
				return errors.New("disk full")
			}
			return nil
		}
		if k, err := reseal(t, moving(store), store); !strings.Contains(k.Err.Error(), "disk full") || hiddenBy(store, "new") != 1 {
			t.Errorf("%v, %d resealed, want the other one", err, hiddenBy(store, "new"))
		}
	})
	t.Run("others write each time", func(t *testing.T) {
		store, _ := ringSealedBy(t, oldSealer, 1)
		store.onReplace = func(int) error { return dataprotection.ErrConflict }
		if _, err := reseal(t, moving(store), store); !errors.Is(err, dataprotection.ErrConflict) || store.replaces != 10 {
			t.Errorf("%v after %d attempts", err, store.replaces)
		}
	})
}

// A swappingSealer seals another secret than it was given.
type swappingSealer struct{ *testSealer }

func (s swappingSealer) Seal(ctx context.Context, id dataprotection.KeyID, fragment []byte) (string, []byte, error) {
	other := bytes.Replace(fragment, []byte("<value>"), []byte("<value>AAAA"), 1)
	return s.testSealer.Seal(ctx, id, other)
}

func TestResealConflict(t *testing.T) {
	t.Run("another has resealed it", func(t *testing.T) {
		store, _ := ringSealedBy(t, oldSealer, 2)
		store.onReplace = func(n int) error {
			if n == 0 { // another run does all of it meanwhile
				_, err := manage(t, moving(store)).Reseal(t.Context(), nil)
				return err
			}
			return nil
		}
		keys, err := manage(t, moving(store)).Reseal(t.Context(), nil)
		if got := outcomes(keys); err != nil || got[dataprotection.AlreadySealed] != 2 || hiddenBy(store, "new") != 2 {
			t.Errorf("Reseal = %+v, %v", keys, err)
		}
	})
	t.Run("another has deleted it", func(t *testing.T) {
		store, _ := ringSealedBy(t, oldSealer, 2)
		store.onReplace = func(n int) error {
			if n == 0 {
				store.set(func(s *fakeStore) { s.elements = s.elements[1:] })
			}
			return nil
		}
		keys, err := manage(t, moving(store)).Reseal(t.Context(), nil)
		if err != nil || len(keys) != 1 || len(store.elements) != 1 {
			t.Errorf("Reseal = %+v, %v; %d elements", keys, err, len(store.elements))
		}
	})
}

func TestResealCopies(t *testing.T) {
	store, payload := ringSealedBy(t, oldSealer, 1)
	store.put("a copy", string(store.elements[0].XML))
	store.onReplace = func(n int) error {
		if n == 1 { // between the two copies, which differ now
			unprotect(t, open(t, moving(store)), payload, "x")
		}
		return nil
	}
	keys, err := manage(t, moving(store)).Reseal(t.Context(), nil)
	if err != nil || len(keys) != 2 || hiddenBy(store, "new") != 2 {
		t.Errorf("Reseal = %+v, %v", keys, err)
	}
	unprotect(t, open(t, moving(store)), payload, "x")
}

func TestResealRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*dataprotection.Config)
		opts   *dataprotection.ResealOptions
		is     error
		want   string
	}{
		{"a read-only configuration", func(c *dataprotection.Config) { c.ReadOnly = true }, nil, nil, "read-only"},
		{"no sealer", func(c *dataprotection.Config) { c.Sealer = nil }, nil, nil, "DangerouslyInClear"},
		{"a store that cannot replace", func(c *dataprotection.Config) { c.Store = onlyStore{c.Store} }, nil, errors.ErrUnsupported, "cannot replace"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store, _ := ringSealedBy(t, oldSealer, 1)
			cfg := moving(store)
			tc.change(&cfg)
			keys, err := manage(t, cfg).Reseal(t.Context(), tc.opts)
			if err == nil || keys != nil || !strings.Contains(err.Error(), tc.want) || tc.is != nil && !errors.Is(err, tc.is) || store.replaces != 0 {
				t.Errorf("Reseal = %v, %v, want %q", keys, err, tc.want)
			}
		})
	}
	t.Run("a zero manager", func(t *testing.T) {
		if _, err := new(dataprotection.Manager).Reseal(t.Context(), nil); !errors.Is(err, dataprotection.ErrUnavailable) {
			t.Error(err)
		}
	})
	t.Run("the store fails", func(t *testing.T) {
		store, _ := ringSealedBy(t, oldSealer, 1)
		m := manage(t, moving(store))
		store.set(func(s *fakeStore) { s.loadErr = errors.New("no route") })
		if keys, err := m.Reseal(t.Context(), nil); !errors.Is(err, dataprotection.ErrUnavailable) || keys != nil {
			t.Errorf("%v, %v", keys, err)
		}
	})
}

// onlyStore hides what a store can do beyond the least.
type onlyStore struct{ dataprotection.Store }

// A Recognizer decides, not whether the sealer opens what another has sealed.
func TestResealRecognizer(t *testing.T) {
	store, _ := ringSealedBy(t, oldSealer, 2)
	cfg := moving(store)
	cfg.Sealer = recognizingSealer{newSealer, oldSealer}
	keys, err := manage(t, cfg).Reseal(t.Context(), nil)
	if got := outcomes(keys); err != nil || got[dataprotection.Resealed] != 2 || !slices.Equal(keys[0].From, []string{testSealerType}) {
		t.Errorf("Reseal = %+v, %v", keys, err)
	}
	keys, err = manage(t, cfg).Reseal(t.Context(), nil)
	if got := outcomes(keys); err != nil || got[dataprotection.AlreadySealed] != 2 {
		t.Errorf("once more: %+v, %v", keys, err)
	}
}

// A recognizingSealer opens what two sealers have sealed, and seals with the first.
type recognizingSealer struct {
	*testSealer
	other *testSealer
}

func (s recognizingSealer) Open(ctx context.Context, decryptorType string, element []byte) ([]byte, error) {
	if opened, err := s.testSealer.Open(ctx, decryptorType, element); err == nil {
		return opened, nil
	}
	return s.other.Open(ctx, decryptorType, element)
}

func (s recognizingSealer) Sealed(decryptorType string, element []byte) bool {
	_, err := s.testSealer.Open(context.Background(), decryptorType, element)
	return err == nil
}
