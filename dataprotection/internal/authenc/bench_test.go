package authenc_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
)

var (
	cbc256 = authenc.Suite{Mode: authenc.CBC, Cipher: authenc.AES, KeyBits: 256, Hash: authenc.SHA256}
	gcm256 = authenc.Suite{Mode: authenc.GCM, Cipher: authenc.AES, KeyBits: 256}
)

// benchLabel is as long as the additional data of the reference's cookies.
var benchLabel = bytes.Repeat([]byte{7}, 119)

func BenchmarkSeal(b *testing.B) { benchmark(b, sealers) }

func BenchmarkOpen(b *testing.B) { benchmark(b, openers) }

// BenchmarkRefuse shows what a payload with a wrong MAC costs, beside a good open.
func BenchmarkRefuse(b *testing.B) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		b.Run(suite.String(), func(b *testing.B) {
			bound := benchBound(b, suite)
			sealed, _ := bound.AppendSeal(nil, make([]byte, 256))
			bad := slices.Clone(sealed)
			bad[len(bad)-1] ^= 1
			dst := make([]byte, 0, 512)
			compare(b, "x-open", 256,
				func() { bound.AppendOpen(dst, bad) },
				func() { bound.AppendOpen(dst, sealed) })
		})
	}
}

// BenchmarkBind shows what the first use of a key by a protector costs.
func BenchmarkBind(b *testing.B) {
	for _, suite := range []authenc.Suite{cbc256, {KeyBits: 256, Hash: authenc.SHA512}, gcm256} {
		b.Run(suite.String(), func(b *testing.B) {
			key := newKey(b, suite, benchMaster())
			b.ReportAllocs()
			for b.Loop() {
				key.Bind(benchLabel)
			}
		})
	}
}

// benchmark compares the package with the floor. Read x-floor; the times are of
// two things taking turns and include the disturbance of one by the other.
func benchmark(b *testing.B, pair func(*authenc.Bound, *floor, authenc.Suite, []byte) (ours, floor func())) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		for _, size := range []int{32, 256, 1024, 4096, 65536} {
			b.Run(fmt.Sprintf("%v/%d", suite, size), func(b *testing.B) {
				header, _ := suite.ContextHeader()
				n := 64
				if suite.Mode == authenc.GCM {
					n = 32
				}
				f := newFloor(benchMaster(), benchLabel, header, n, size+256)
				plaintext := bytes.Repeat([]byte{'x'}, size)
				ours, floor := pair(benchBound(b, suite), f, suite, plaintext)
				compare(b, "x-floor", size, ours, floor)
			})
		}
	}
}

func sealers(bound *authenc.Bound, f *floor, suite authenc.Suite, plaintext []byte) (ours, theirs func()) {
	dst := make([]byte, 0, len(plaintext)+256)
	ours = func() { bound.AppendSeal(dst, plaintext) }
	if suite.Mode == authenc.GCM {
		return ours, func() { f.sealGCM(dst, plaintext) }
	}
	return ours, func() { f.sealCBC(plaintext) }
}

func openers(bound *authenc.Bound, f *floor, suite authenc.Suite, plaintext []byte) (ours, theirs func()) {
	dst := make([]byte, 0, len(plaintext)+256)
	sealed, err := bound.AppendSeal(nil, plaintext)
	if err != nil {
		panic(err)
	}
	ours = func() { bound.AppendOpen(dst, sealed) }
	if suite.Mode == authenc.GCM {
		return ours, func() { f.openGCM(dst, sealed) }
	}
	return ours, func() { f.openCBC(dst, sealed) }
}

func benchMaster() []byte { return bytes.Repeat([]byte{3}, 64) }

func benchBound(tb testing.TB, suite authenc.Suite) *authenc.Bound {
	key, err := authenc.NewKey(suite, benchMaster())
	if err != nil {
		tb.Fatal(err)
	}
	return key.Bind(benchLabel)
}

// compare runs one and other in turns, so that a busy machine disturbs both, and
// reports the median of the ratios of neighbouring turns.
func compare(b *testing.B, ratio string, size int, one, other func()) {
	turn := max(8, 128*256/(256+size))
	run := func(f func()) time.Duration {
		start := time.Now()
		for range turn {
			f()
		}
		return time.Since(start)
	}
	run(one)
	run(other)
	runtime.GC()
	var ratios []float64
	var times, others []time.Duration
	for i := 0; b.Loop(); i++ {
		var t, o time.Duration
		if i%2 == 0 {
			t = run(one)
			o = run(other)
		} else {
			o = run(other)
			t = run(one)
		}
		times, others = append(times, t), append(others, o)
		ratios = append(ratios, float64(t)/float64(o))
	}
	slices.Sort(times)
	slices.Sort(others)
	slices.Sort(ratios)
	mid := len(ratios) / 2
	b.ReportMetric(float64(times[mid])/float64(turn), "ns/op")
	b.ReportMetric(float64(others[mid])/float64(turn), "other-ns/op")
	b.ReportMetric(ratios[mid], ratio)
	b.ReportMetric(testing.AllocsPerRun(100, one), "our-allocs/op")
	b.ReportMetric(testing.AllocsPerRun(100, other), "other-allocs/op")
}

// TestFloor keeps the benchmarks honest: the floor does the whole work.
func TestFloor(t *testing.T) {
	plaintext := bytes.Repeat([]byte{'x'}, 300)
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		header, _ := suite.ContextHeader()
		bound := benchBound(t, suite)
		sealed, _ := bound.AppendSeal(nil, plaintext)
		dst := make([]byte, 0, 1024)
		var made, opened []byte
		if suite.Mode == authenc.GCM {
			f := newFloor(benchMaster(), benchLabel, header, 32, 1024)
			made, opened = slices.Clone(f.sealGCM(dst, plaintext)), f.openGCM(dst, sealed)
		} else {
			f := newFloor(benchMaster(), benchLabel, header, 64, 1024)
			made, opened = slices.Clone(f.sealCBC(plaintext)), f.openCBC(dst, sealed)
		}
		if !bytes.Equal(opened, plaintext) {
			t.Errorf("%v: the floor does not open what AppendSeal made", suite)
		}
		if got, err := bound.AppendOpen(nil, made); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%v: AppendOpen does not open what the floor made: %v", suite, err)
		}
	}
}
