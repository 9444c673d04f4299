package memstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/sealring/sealring/dataprotection"
	"github.com/sealring/sealring/dataprotection/memstore"
)

func ExampleNew() {
	store := memstore.New()
	ctx := context.Background()
	err := store.Add(ctx, dataprotection.Element{Name: "key-1", XML: []byte("<key />")}, "")
	if err != nil {
		panic(err)
	}
	snap, err := store.Load(ctx, "")
	if err != nil {
		panic(err)
	}
	fmt.Println("elements:", len(snap.Elements))

	_, err = store.Load(ctx, snap.Version)
	fmt.Println("nothing new:", errors.Is(err, dataprotection.ErrNotModified))
	// Output:
	// elements: 1
	// nothing new: true
}
