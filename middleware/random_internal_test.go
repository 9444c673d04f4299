package middleware

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/internal/base64url"
)

// What is drawn is never drawn again, whoever draws, and uses the whole alphabet
// at every place.
func TestDraw(t *testing.T) {
	const drawers, draws = 4, 2000
	var mu sync.Mutex
	seen, places := map[string]bool{}, [22]map[byte]bool{}
	for k := range places {
		places[k] = map[byte]bool{}
	}
	var wg sync.WaitGroup
	for range drawers {
		wg.Go(func() {
			for range draws {
				var id [12]byte
				var nonce [22]byte
				draw(id[:], nonce[:])
				mu.Lock()
				seen[string(id[:])], seen[string(nonce[:])] = true, true
				for k, c := range nonce {
					places[k][c] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if want := 2 * drawers * draws; len(seen) != want {
		t.Errorf("%d different texts, want %d", len(seen), want)
	}
	for k, chars := range places {
		if len(chars) != 64 {
			t.Errorf("%d different characters at place %d, want 64", len(chars), k)
		}
	}
	for text := range seen {
		if strings.ContainsFunc(text, func(c rune) bool {
			_, err := base64url.AppendDecode(nil, strings.Repeat(string(c), 4))
			return err != nil
		}) {
			t.Errorf("%q is no base64", text)
		}
	}
}

// A stock gives each character once and keeps none that somebody has.
func TestStock(t *testing.T) {
	var s stock
	var taken []byte
	for range 3 * len(s.text) / 34 {
		text := make([]byte, 34)
		s.take(text)
		if bytes.Contains(s.text[:], text) {
			t.Fatalf("the stock still has %s", text)
		}
		if bytes.ContainsRune(text, 0) {
			t.Fatalf("nothing in %q", text)
		}
		taken = append(taken, text...)
	}
	for k := 0; k+34 < len(taken); k += 34 {
		if bytes.Contains(taken[k+34:], taken[k:k+12]) {
			t.Fatalf("%s was given twice", taken[k:k+12])
		}
	}
}
