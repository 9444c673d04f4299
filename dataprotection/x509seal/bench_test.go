package x509seal_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

// sealedRing is a ring of n keys, each sealed for a certificate with an RSA key of 2048 bits.
func sealedRing(b *testing.B, n int) dataprotection.Config {
	b.Helper()
	source := memstore.New()
	m, err := dataprotection.NewManager(b.Context(), dataprotection.Config{NoApplication: true, Store: source, Logger: quiet})
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		activates := time.Now().AddDate(0, 0, -i)
		if _, err := m.Create(b.Context(), &dataprotection.KeyDates{Activates: activates, Expires: activates.AddDate(1, 0, 0)}); err != nil {
			b.Fatal(err)
		}
	}
	cfg := dataprotection.Config{Application: "shop", Store: memstore.New(), Sealer: certificate(b, "ring", keyA(), "2026-01-01"), Logger: quiet}
	if m, err = dataprotection.NewManager(b.Context(), cfg); err != nil {
		b.Fatal(err)
	}
	if _, err := m.Restore(b.Context(), source, nil); err != nil {
		b.Fatal(err)
	}
	return cfg
}

// BenchmarkOpenRing opens a ring of 1000 sealed keys, as a program does once, at its start.
func BenchmarkOpenRing(b *testing.B) {
	cfg := sealedRing(b, 1000)
	b.Run("and read it again", func(b *testing.B) { benchmarkReadAgain(b, cfg) })
	for _, processors := range []int{1, runtime.NumCPU()} {
		b.Run(fmt.Sprintf("1000 keys on %d processors", processors), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			for b.Loop() {
				ring, err := dataprotection.Open(b.Context(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				ring.Close()
			}
		})
	}
}

// benchmarkReadAgain reads the same ring again, as after each change in its store.
func benchmarkReadAgain(b *testing.B, cfg dataprotection.Config) {
	m, err := dataprotection.NewManager(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := m.List(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
