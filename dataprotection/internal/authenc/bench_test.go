package authenc_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/sealring/sealring/dataprotection/internal/authenc"
	"github.com/sealring/sealring/dataprotection/internal/floortest"
)

var (
	cbc256 = authenc.Suite{Mode: authenc.CBC, Cipher: authenc.AES, KeyBits: 256, Hash: authenc.SHA256}
	gcm256 = authenc.Suite{Mode: authenc.GCM, Cipher: authenc.AES, KeyBits: 256}
)

// benchLabel is as long as the additional data of the reference's cookies.
var benchLabel = bytes.Repeat([]byte{7}, 119)

func BenchmarkSeal(b *testing.B) {
	benchmark(b, func(b *testing.B, bound *authenc.Bound, floor *floortest.Floor, plaintext []byte) {
		dst := make([]byte, 0, len(plaintext)+256)
		floortest.Compare(b,
			func() { bound.AppendSeal(dst, plaintext) },
			floortest.Rival{Metric: "x-floor", Do: func() { floor.Seal(plaintext) }})
	})
}

func BenchmarkOpen(b *testing.B) {
	benchmark(b, func(b *testing.B, bound *authenc.Bound, floor *floortest.Floor, plaintext []byte) {
		dst := make([]byte, 0, len(plaintext)+256)
		sealed := slices.Clone(floor.Seal(plaintext))
		floortest.Compare(b,
			func() { bound.AppendOpen(dst, sealed) },
			floortest.Rival{Metric: "x-floor", Do: func() { floor.Open(sealed) }})
	})
}

func benchmark(b *testing.B, run func(*testing.B, *authenc.Bound, *floortest.Floor, []byte)) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		for _, size := range []int{32, 256, 1024, 4096, 65536} {
			b.Run(fmt.Sprintf("%v/%d", suite, size), func(b *testing.B) {
				run(b, benchBound(b, suite), benchFloor(suite, size+256), bytes.Repeat([]byte{'x'}, size))
			})
		}
	}
}

// BenchmarkRefuse shows what a payload with a wrong MAC costs, beside a good open.
func BenchmarkRefuse(b *testing.B) {
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		b.Run(suite.String(), func(b *testing.B) {
			bound := benchBound(b, suite)
			sealed, _ := bound.AppendSeal(nil, make([]byte, 256))
			bad := slices.Clone(sealed)
			bad[len(bad)-1] ^= 1
			dst := make([]byte, 0, 512)
			floortest.Compare(b,
				func() { bound.AppendOpen(dst, bad) },
				floortest.Rival{Metric: "x-open", Do: func() { bound.AppendOpen(dst, sealed) }})
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

func benchMaster() []byte { return bytes.Repeat([]byte{3}, 64) }

func benchBound(tb testing.TB, suite authenc.Suite) *authenc.Bound {
	return newKey(tb, suite, benchMaster()).Bind(benchLabel)
}

func benchFloor(suite authenc.Suite, room int) *floortest.Floor {
	if suite.Mode == authenc.GCM {
		return floortest.NewGCM(benchMaster(), benchLabel, nil, room)
	}
	return floortest.NewCBC(benchMaster(), benchLabel, nil, room)
}

// TestFloor keeps the benchmarks honest: the floor does the whole work.
func TestFloor(t *testing.T) {
	plaintext := bytes.Repeat([]byte{'x'}, 300)
	for _, suite := range []authenc.Suite{cbc256, gcm256} {
		bound, floor := benchBound(t, suite), benchFloor(suite, 1024)
		sealed, _ := bound.AppendSeal(nil, plaintext)
		if !bytes.Equal(floor.Open(sealed), plaintext) {
			t.Errorf("%v: the floor does not open what AppendSeal made", suite)
		}
		if got, err := bound.AppendOpen(nil, floor.Seal(plaintext)); err != nil || !bytes.Equal(got, plaintext) {
			t.Errorf("%v: AppendOpen does not open what the floor made: %v", suite, err)
		}
	}
}
