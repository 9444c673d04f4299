package sealtest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
)

// sizes are lengths of secrets at the edges of block ciphers. The usual one is 64.
var sizes = []int{1, 15, 16, 17, 31, 32, 33, 48, 64, 65, 128, 4096}

func roundTrip(t reporter, h holders) {
	s := h.sealer()
	for i, n := range sizes {
		opens(t, s, seal(t, s, secret(n, byte(i))))
	}
	sample := sealed{fragment: []byte("<sample />")} // with which the ring tries a sealer at its start
	opens(t, s, seal(t, s, sample))
}

func anotherProcess(t reporter, h holders) {
	again := h.fresh()
	k := seal(t, again(), secret(64, 1))
	opens(t, again(), k)
	opens(t, again(), seal(t, again(), k))
}

func inKeyFile(t reporter, h holders) {
	again := h.fresh()
	k := secret(64, 1)
	file, err := keyFile(k, func(fragment []byte) (string, []byte, error) {
		k.fragment = bytes.Clone(fragment) // which the ring clears
		k = seal(t, again(), k)
		return k.decryptorType, k.element, nil
	})
	if err != nil {
		t.Fatalf("the ring cannot write what Seal returned: %v", err)
	}
	for _, form := range []struct {
		name string
		to   func([]byte) ([]byte, error)
	}{{"a file", keyxml.File}, {"indented text", keyxml.Indented}, {"one line", keyxml.OneLine}} {
		text, err := form.to(file)
		if err != nil {
			t.Fatalf("the key cannot be written as %s: %v", form.name, err)
		}
		master, err := masterOf(text, func(decryptorType string, element []byte) ([]byte, error) {
			k.decryptorType, k.element = decryptorType, element
			return open(t, again(), k)
		})
		if err != nil || !bytes.Equal(master, k.master) {
			t.Fatalf("written as %s the key opens to %d bytes, error %v, want the %d bytes that were sealed", form.name, len(master), err, len(k.master))
		}
	}
}

func oneElement(t reporter, h holders) {
	s := h.sealer()
	var types []string
	for _, n := range sizes {
		k := seal(t, s, secret(n, 1))
		if _, err := keyxml.OneLine(k.element); err != nil {
			t.Fatalf("what Seal returned is no XML that a ring can store: %v\n%.200q", err, k.element)
		}
		if bytes.HasPrefix(k.element, []byte("\ufeff")) || bytes.HasPrefix(k.element, []byte("<?")) {
			t.Fatalf("what Seal returned does not begin with its element: %.100q", k.element)
		}
		types = append(types, k.decryptorType)
	}
	if name := keyxml.TypeName(types[0]); name == "" || len(slices.Compact(types)) != 1 {
		t.Fatalf("Seal returned the decryptor types %q, want one and the same, with a name", types)
	}
}

func nothingInClear(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	part := k.master[8:40]
	for _, form := range []string{k.text()[:32], string(part), hex.EncodeToString(part), fmt.Sprintf("%X", part), encoded(k.fragment, 0), encoded(k.fragment, 1), encoded(k.fragment, 2)} {
		if bytes.Contains(k.element, []byte(form)) {
			t.Fatalf("the sealed element holds a part of the key in clear:\n%s", k.element)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, s); bytes.Contains([]byte(text), []byte(k.text()[:32])) {
			t.Fatalf("printed with %s the sealer shows the key that it has sealed", verb)
		}
	}
}

// encoded is how the middle of data looks in base64, from one of three positions.
func encoded(data []byte, shift int) string {
	whole := sealed{master: data[shift:]}.text()
	return whole[40:80]
}

func neverTwiceTheSame(t reporter, h holders) {
	again := h.fresh()
	s := again()
	a, b, c := seal(t, s, secret(64, 1)), seal(t, s, secret(64, 1)), seal(t, again(), secret(64, 1))
	if bytes.Equal(a.element, b.element) || bytes.Equal(a.element, c.element) {
		t.Fatalf("the same fragment was sealed to the same element twice: nothing in it is random")
	}
}

func noAliasing(t reporter, h holders) {
	s := h.sealer()
	k := secret(64, 1)
	given := bytes.Clone(k.fragment)
	var err error
	if k.decryptorType, k.element, err = s.Seal(t.Context(), k.id, given); err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if !bytes.Equal(given, k.fragment) {
		t.Fatalf("Seal has changed the fragment that it was given")
	}
	clear(given) // as the ring does
	kept := bytes.Clone(k.element)
	opened, err := s.Open(t.Context(), k.decryptorType, k.element)
	if err != nil || !same(opened, k.fragment) {
		t.Fatalf("Open, after the fragment that Seal was given was cleared: %.100q, %v", opened, err)
	}
	if !bytes.Equal(kept, k.element) {
		t.Fatalf("Open has changed the element that it was given")
	}
	clear(opened)
	opens(t, s, k)
	seal(t, s, secret(65, 2))
	if !bytes.Equal(kept, k.element) {
		t.Fatalf("a second Seal has changed the element that the first one returned")
	}
}

func restOfTypeName(t reporter, h holders) {
	s := h.sealer()
	k := seal(t, s, secret(64, 1))
	name := keyxml.TypeName(k.decryptorType)
	for _, rest := range []string{"", ", Some.Assembly", ", Some.Assembly, Version=99.0.0.0, Culture=neutral, PublicKeyToken=null"} {
		k.decryptorType = name + rest
		opens(t, s, k)
	}
}

func atTheSameTime(t reporter, h holders) {
	s := h.sealer()
	const workers, turns = 8, 4
	failures := make(chan string, workers*turns)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for turn := range turns {
				k := secret(64+w, byte(w*turns+turn))
				decryptorType, element, err := s.Seal(t.Context(), k.id, bytes.Clone(k.fragment))
				if err != nil {
					failures <- fmt.Sprintf("Seal: %v", err)
					continue
				}
				if opened, err := s.Open(t.Context(), decryptorType, element); err != nil || !same(opened, k.fragment) {
					failures <- fmt.Sprintf("Open: %.100q, %v", opened, err)
				}
			}
		})
	}
	wg.Wait()
	select {
	case failure := <-failures:
		t.Fatalf("with %d goroutines at once: %s", workers, failure)
	default:
	}
}

// knowsItsOwn checks sealers that tell by looking.
func knowsItsOwn(t reporter, h holders) {
	again := h.fresh()
	s, ok := again().(dataprotection.Recognizer)
	if !ok {
		t.Skip("the sealer is no dataprotection.Recognizer")
	}
	k, theirs := seal(t, again(), secret(64, 1)), seal(t, h.sealer(), secret(64, 1))
	switch {
	case !s.Sealed(k.decryptorType, k.element):
		t.Fatalf("Sealed does not know what another process of this holder has sealed: %.200q", k.element)
	case s.Sealed(theirs.decryptorType, theirs.element):
		t.Fatalf("Sealed takes for its own what another holder has sealed: %.200q", theirs.element)
	case s.Sealed("Sealring.Test.Unknown", k.element):
		t.Fatalf("Sealed takes an element of a foreign type for its own")
	case s.Sealed(k.decryptorType, k.element[:len(k.element)/2]), s.Sealed(k.decryptorType, nil):
		t.Fatalf("Sealed takes a cut element for its own")
	}
}
