package sessiontest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/sealring/sealring/dataprotection"
)

// Benchmark measures what a store is asked most: Load, which an ordinary request
// waits for, with a ticket of 2 KiB; Update, which follows it now and then;
// LoadCutoffs when nothing has changed, which every instance asks every few
// seconds; and what a sign-in and a sign-out cost.
func Benchmark(b *testing.B, store Store) {
	given := session("benchmark")
	given.Ticket = bytes.Repeat([]byte{0xaa}, 2<<10)
	if err := store.Create(b.Context(), given); err != nil {
		b.Fatal(err)
	}
	measure := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	measure("Load", func() error {
		_, err := store.Load(b.Context(), given.ID)
		return err
	})
	measure("Update", func() error { return store.Update(b.Context(), given) })
	measure("CreateAndEnd", func() error {
		another := session("benchmark")
		another.Ticket = given.Ticket
		if err := store.Create(b.Context(), another); err != nil {
			return err
		}
		return store.End(b.Context(), another.ID)
	})
	measure("ByUser", func() error {
		_, err := store.ByUser(b.Context(), given.User)
		return err
	})

	if err := store.AddCutoffs(b.Context(), ofSession(newID()), ofUser("a")); err != nil {
		b.Fatal(err)
	}
	_, version, err := store.LoadCutoffs(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	measure("LoadCutoffs", func() error {
		_, _, err := store.LoadCutoffs(b.Context(), version)
		if errors.Is(err, dataprotection.ErrNotModified) {
			return nil
		}
		return err
	})
}
