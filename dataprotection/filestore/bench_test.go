package filestore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/filestore"
)

// BenchmarkPoll is what a ring does every few seconds: ask whether anything has changed.
func BenchmarkPoll(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%d files", n), func(b *testing.B) {
			dir := b.TempDir()
			past := time.Now().Add(-time.Minute)
			for i := range n {
				path := filepath.Join(dir, fmt.Sprintf("key-%d.xml", i))
				if err := os.WriteFile(path, []byte(strings.Repeat("x", 1000)), 0o600); err != nil {
					b.Fatal(err)
				}
				os.Chtimes(path, past, past)
			}
			s := filestore.New(dir)
			snap, err := s.Load(b.Context(), "")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Load(b.Context(), snap.Version); !errors.Is(err, dataprotection.ErrNotModified) {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	s := filestore.New(b.TempDir())
	e := dataprotection.Element{XML: []byte(strings.Repeat("x", 1000))}
	for b.Loop() {
		if err := s.Add(b.Context(), e, ""); err != nil {
			b.Fatal(err)
		}
	}
}
