package authenc_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

// remembering returns a Bound that remembers the payload.
func remembering(t *testing.T, suite authenc.Suite, label string, sealed []byte) *authenc.Bound {
	t.Helper()
	bound := newKey(t, suite, master).Bind([]byte(label))
	for range 4 { // the first finds no table, the second none yet, the third is new in its place
		if _, err := bound.AppendOpen(nil, sealed); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := bound.Remembered(); n != 1 {
		t.Fatalf("%v: %d payloads are remembered, want 1", suite, n)
	}
	return bound
}

// What is remembered of a payload opens that one, and nothing that differs from it in
// a single bit, is cut, or has an end that belongs to another one.
func TestRemembered(t *testing.T) {
	plaintext := []byte("two blocks and a bit of a third one")
	for _, suite := range suites {
		fresh := newKey(t, suite, master).Bind([]byte("label"))
		sealed, other := seal(t, fresh, plaintext), seal(t, fresh, plaintext)
		bound := remembering(t, suite, "label", sealed)
		for range 3 {
			if got, err := bound.AppendOpen([]byte("before"), sealed); err != nil || string(got) != "before"+string(plaintext) {
				t.Fatalf("%v: opened %q, %v", suite, got, err)
			}
		}
		refused := func(what string, payload []byte) {
			t.Helper()
			if got, err := bound.AppendOpen(nil, payload); !errors.Is(err, authenc.ErrOpen) || got != nil {
				t.Errorf("%v: %s: opened %q, %v", suite, what, got, err)
			}
		}
		for bit := range 8 * len(sealed) {
			changed := bytes.Clone(sealed)
			changed[bit/8] ^= 1 << (bit % 8)
			refused(fmt.Sprintf("bit %d changed", bit), changed)
		}
		for n := range len(sealed) {
			refused(fmt.Sprintf("cut after %d bytes", n), sealed[:n])
		}
		refused("longer", append(bytes.Clone(sealed), 0))
		refused("with the modifier of another one", append(bytes.Clone(other[:16]), sealed[16:]...))
		refused("with the rest of another one", append(bytes.Clone(sealed[:16]), other[16:]...))
		if got, err := bound.AppendOpen(nil, other); err != nil || string(got) != string(plaintext) {
			t.Errorf("%v: the other one: %q, %v", suite, got, err)
		}
	}
}

// Two Bounds open each its own, even if chance gives their payloads one modifier.
func TestRememberedIsOnesOwn(t *testing.T) {
	chance := func(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte{7}, len(p))), nil }
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		sealed := map[string][]byte{}
		bounds := map[string]*authenc.Bound{}
		for _, label := range []string{"a", "b"} {
			var err error
			if sealed[label], err = newKey(t, suite, master).Bind([]byte(label)).AppendSealFrom(nil, []byte(label), chance); err != nil {
				t.Fatal(err)
			}
			bounds[label] = remembering(t, suite, label, sealed[label])
		}
		for of, bound := range bounds {
			for label, payload := range sealed {
				got, err := bound.AppendOpen(nil, payload)
				if of == label && string(got) != label || of != label && !errors.Is(err, authenc.ErrOpen) {
					t.Errorf("%v: the bound of %s opens the payload of %s: %q, %v", suite, of, label, got, err)
				}
			}
		}
	}
}

// Only what was authentic is remembered, and of that no more than there are places.
func TestWhatIsRemembered(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		bound := newKey(t, suite, master).Bind([]byte("label"))
		wants := func(when string, n int, hasTable bool) {
			t.Helper()
			if got, has := bound.Remembered(); got != n || has != hasTable {
				t.Errorf("%v: %s: %d are remembered, places %v; want %d, %v", suite, when, got, has, n, hasTable)
			}
		}
		var all [][]byte
		for i := range 4 * authenc.Places {
			sealed, err := bound.AppendSealFrom(nil, fmt.Append(nil, i), func(p []byte) (int, error) {
				rand.Read(p)
				p[0] = byte(i) // so that each place has four
				return len(p), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, sealed)
		}
		forge := func() {
			for _, payload := range all[:100] {
				forged := bytes.Clone(payload)
				forged[len(forged)-1] ^= 1
				if _, err := bound.AppendOpen(nil, forged); !errors.Is(err, authenc.ErrOpen) {
					t.Fatal(err)
				}
			}
		}
		forge()
		wants("after forgeries", 0, false)
		open := func(i int) {
			t.Helper()
			if got, err := bound.AppendOpen(nil, all[i]); err != nil || string(got) != fmt.Sprint(i) {
				t.Fatalf("%v: %d is %q, %v", suite, i, got, err)
			}
		}
		open(0)
		wants("after the first", 0, false)
		open(1)
		wants("after the second", 0, true)
		open(2)
		open(3)
		wants("after two that were there once", 0, true)
		open(2)
		wants("after one that was there twice", 1, true)
		forge()
		wants("after more forgeries", 1, true)
		for i := range all {
			open(i)
			open(i)
		}
		wants("after many", authenc.Places, true)
	}
}

func TestRememberedConcurrently(t *testing.T) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		bound := newKey(t, suite, master).Bind([]byte("label"))
		var all [][]byte
		for i := range 64 {
			sealed, err := bound.AppendSealFrom(nil, fmt.Append(nil, i), func(p []byte) (int, error) {
				for k := range p {
					p[k] = byte(i)
				}
				p[0] = byte(i % 4) // so that many share a place
				return len(p), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, sealed)
		}
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for k := range 512 {
					i := (k*(g+1) + g) % len(all)
					if got, err := bound.AppendOpen(nil, all[i]); err != nil || string(got) != fmt.Sprint(i) {
						t.Errorf("%v: %d is %q, %v", suite, i, got, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}
