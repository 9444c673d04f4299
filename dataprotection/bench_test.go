package dataprotection_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/internal/floortest"
	"github.com/sealring/sealring/dataprotection/internal/keyxml"
	"github.com/sealring/sealring/dataprotection/internal/payload"
)

// Every benchmark takes turns with a floor, which makes the same payload straight
// from crypto/*. Times depend on the machine; read the ratio x-floor.

// benchPurposes give an additional authenticated data as long as that of the
// reference's login cookies.
var benchPurposes = []string{"Sealring.Cookies.CookieAuthenticationMiddleware.of.some.usual.length", "Cookies", "v2"}

var benchAlgorithms = []dataprotection.Algorithm{dataprotection.AES256CBC, dataprotection.AES256GCM}

// A bench is a protector and the floor of the same key.
type bench struct {
	p     *dataprotection.Protector
	floor *floortest.Floor
	plain []byte
}

func newBench(tb testing.TB, a dataprotection.Algorithm, size int) *bench {
	store := &fakeStore{}
	cfg := config(store)
	cfg.Algorithm = a
	b := &bench{p: open(tb, cfg).Protector(benchPurposes...), plain: bytes.Repeat([]byte{'x'}, size)}
	id, master := secretOf(tb, store.elements[0].XML)
	aad := payload.AAD(id, payload.AppendPurposes(nil, append([]string{"test"}, benchPurposes...)))
	make := floortest.NewCBC
	if a == dataprotection.AES256GCM {
		make = floortest.NewGCM
	}
	b.floor = make(master, aad, payload.AppendHeader(nil, id), size+256)
	return b
}

// secretOf returns the id and the master key of a key in clear.
func secretOf(tb testing.TB, xml []byte) (id [16]byte, master []byte) {
	tb.Helper()
	parsed, err := keyxml.Parse(xml)
	if err != nil {
		tb.Fatal(err)
	}
	key := parsed.(*keyxml.Key)
	_, master, err = key.Open(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return key.ID, master
}

// TestFloor keeps the benchmarks honest: the floor makes and opens real payloads.
func TestFloor(t *testing.T) {
	for _, a := range benchAlgorithms {
		b := newBench(t, a, 300)
		opened, err := b.p.Unprotect(t.Context(), b.floor.Seal(b.plain))
		if err != nil || !bytes.Equal(opened, b.plain) {
			t.Errorf("%v: Unprotect of the floor's payload = %q, %v", a, opened, err)
		}
		sealed, err := b.p.Protect(b.plain)
		if err != nil || !bytes.Equal(b.floor.Open(sealed), b.plain) {
			t.Errorf("%v: the floor does not open what Protect made: %v", a, err)
		}
	}
}

func forSizes(b *testing.B, run func(b *testing.B, s *bench)) {
	for _, a := range benchAlgorithms {
		for _, size := range []int{32, 256, 1024, 4096} {
			b.Run(fmt.Sprintf("%v/%d", a, size), func(b *testing.B) { run(b, newBench(b, a, size)) })
		}
	}
}

func BenchmarkAppendProtect(b *testing.B) {
	forSizes(b, func(b *testing.B, s *bench) {
		dst := make([]byte, 0, len(s.plain)+256)
		floortest.Compare(b,
			func() { s.p.AppendProtect(dst, s.plain) },
			floortest.Rival{Metric: "x-floor", Do: func() { s.floor.Seal(s.plain) }})
	})
}

func BenchmarkAppendUnprotect(b *testing.B) {
	forSizes(b, func(b *testing.B, s *bench) {
		ctx := b.Context()
		dst := make([]byte, 0, len(s.plain)+256)
		sealed := slices.Clone(s.floor.Seal(s.plain))
		floortest.Compare(b,
			func() { s.p.AppendUnprotect(ctx, dst, sealed) },
			floortest.Rival{Metric: "x-floor", Do: func() { s.floor.Open(sealed) }})
	})
}

// The text calls return new strings. There are two floors: x-floor makes a new
// string, too, x-reused leaves its result in memory that it keeps.

var keep string

func BenchmarkProtectString(b *testing.B) {
	forSizes(b, func(b *testing.B, s *bench) {
		text := string(s.plain)
		room := make([]byte, 0, 2*len(text)+512)
		floor := func() []byte { return base64.RawURLEncoding.AppendEncode(room, s.floor.Seal(s.plain)) }
		floortest.Compare(b,
			func() { keep, _ = s.p.ProtectString(text) },
			floortest.Rival{Metric: "x-floor", Do: func() { keep = string(floor()) }},
			floortest.Rival{Metric: "x-reused", Do: func() { floor() }})
	})
}

func BenchmarkUnprotectString(b *testing.B) {
	forSizes(b, func(b *testing.B, s *bench) {
		ctx := b.Context()
		encoded := base64.RawURLEncoding.AppendEncode(nil, s.floor.Seal(s.plain))
		text, room := string(encoded), make([]byte, 0, len(encoded))
		floor := func() []byte {
			sealed, _ := base64.RawURLEncoding.AppendDecode(room, encoded)
			return s.floor.Open(sealed)
		}
		floortest.Compare(b,
			func() { keep, _ = s.p.UnprotectString(ctx, text) },
			floortest.Rival{Metric: "x-floor", Do: func() { keep = string(floor()) }},
			floortest.Rival{Metric: "x-reused", Do: func() { floor() }})
	})
}

// BenchmarkRefuse compares the cost of payloads that are refused with that of one
// that opens.
func BenchmarkRefuse(b *testing.B) {
	for _, a := range benchAlgorithms {
		s := newBench(b, a, 256)
		good := slices.Clone(s.floor.Seal(s.plain))
		badMAC, unknownKey, noHeader := slices.Clone(good), slices.Clone(good), slices.Clone(good)
		badMAC[len(badMAC)-1] ^= 1
		unknownKey[19] ^= 1
		noHeader[0] ^= 1
		goodText := encode(good)
		for name, bad := range map[string][]byte{"bad MAC": badMAC, "unknown key": unknownKey, "no header": noHeader, "cut": good[:60]} {
			b.Run(fmt.Sprintf("%v/%s", a, name), func(b *testing.B) {
				ctx, text := b.Context(), encode(bad)
				floortest.Compare(b,
					func() { s.p.UnprotectString(ctx, text) },
					floortest.Rival{Metric: "x-good", Do: func() { keep, _ = s.p.UnprotectString(ctx, goodText) }})
			})
		}
	}
}

// BenchmarkManyKeys compares opening with 1000 keys in the ring with opening with one.
func BenchmarkManyKeys(b *testing.B) {
	ctx := b.Context()
	first, _ := growing(b, 1)
	alone := first.Protector(benchPurposes...)
	one := sealBytes(b, alone, make([]byte, 256))
	first, last := growing(b, 1000)
	many := last.Protector(benchPurposes...)
	for name, sealer := range map[string]*dataprotection.KeyRing{"oldest": first, "newest": last} {
		b.Run(name, func(b *testing.B) {
			sealed := sealBytes(b, sealer.Protector(benchPurposes...), make([]byte, 256))
			dst := make([]byte, 0, 512)
			floortest.Compare(b,
				func() { many.AppendUnprotect(ctx, dst, sealed) },
				floortest.Rival{Metric: "x-one-key", Do: func() { alone.AppendUnprotect(ctx, dst, one) }})
		})
	}
}

// growing returns a ring from when the store had one key, and one from when it had n.
func growing(b *testing.B, n int) (first, last *dataprotection.KeyRing) {
	cfg := config(&fakeStore{})
	first = open(b, cfg)
	m := manage(b, cfg)
	for i := 1; i < n; i++ {
		activates := time.Now().Add(time.Duration(i) * time.Millisecond)
		if _, err := m.Create(b.Context(), &dataprotection.KeyDates{Activates: activates, Expires: activates.AddDate(1, 0, 0)}); err != nil {
			b.Fatal(err)
		}
	}
	return first, open(b, cfg)
}
